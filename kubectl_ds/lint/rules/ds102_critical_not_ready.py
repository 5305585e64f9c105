"""An agent that nodes cannot do without leaves `desired` as soon as a node is NotReady.

The taint node.kubernetes.io/not-ready:NoSchedule is not among the tolerations that DaemonSet pods get. Without one of
its own the DaemonSet no longer wants the NotReady node: `desired` falls, its pod counts as misscheduled, and once that
pod is gone no other comes, on the very node that needs it to recover (kubernetes/kubernetes#21714).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject

_TAINT = "node.kubernetes.io/not-ready"


def check(subject: Subject) -> Iterator[Problem]:
    """Only of what says by its class or its mounts that nodes need it; network plug-ins have a rule of their own."""
    needed = (subject.critical or subject.storage_plugin) and not subject.network_plugin
    if needed and not subject.tolerates(_TAINT, "NoSchedule"):
        yield Problem(
            subject.pod.at("tolerations"),
            f"node-critical, yet it leaves NotReady nodes: no toleration of {_TAINT}:NoSchedule",
            f"add the toleration {{key: {_TAINT}, operator: Exists, effect: NoSchedule}}",
        )


RULE = Rule(
    code="DS102",
    name="critical-not-ready",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  a log collector may leave:
    pod: {tolerations: null}
  critical and tolerating everything:
    pod: {priorityClassName: system-node-critical, tolerations: [{operator: Exists}]}
bad:
  critical without the toleration:
    pod: {priorityClassName: system-node-critical, tolerations: null}
    finds: spec.template.spec.tolerations
  a CSI driver without the toleration:
    mount: /var/lib/kubelet/plugins/csi.example
    pod: {tolerations: null}
    finds: spec.template.spec.tolerations
""",
)
