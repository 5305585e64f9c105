"""It tolerates the control plane's old taint and not the one that nodes have now.

kubeadm renamed node-role.kubernetes.io/master to node-role.kubernetes.io/control-plane, and since 1.25 sets only the
new taint (KEP-2067). Agents that knew the old one alone silently stayed away from control-plane nodes that joined
after the upgrade, while those on the old nodes went on running.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject

_OLD, _NEW = "node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane"


def check(subject: Subject) -> Iterator[Problem]:
    """The first toleration of the old taint, unless the new one is tolerated by whatever means."""
    for toleration in subject.pod.parts("tolerations"):
        if toleration.text("key") == _OLD and not subject.tolerates(_NEW, "NoSchedule"):
            yield Problem(
                toleration.at("key"),
                f"tolerates {_OLD}, which nodes since 1.25 do not have, and not {_NEW}",
                f"add {{key: {_NEW}, operator: Exists, effect: NoSchedule}}",
            )
            return


RULE = Rule(
    code="DS107",
    name="master-taint",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  both:
    pod:
      tolerations:
        - {key: node-role.kubernetes.io/master, operator: Exists}
        - {key: node-role.kubernetes.io/control-plane, operator: Exists}
bad:
  the old one alone:
    pod: {tolerations: [{key: node-role.kubernetes.io/master, operator: Exists, effect: NoSchedule}]}
    finds: spec.template.spec.tolerations[0].key
""",
)
