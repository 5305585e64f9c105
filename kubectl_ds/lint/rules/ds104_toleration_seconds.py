"""A toleration with a time limit makes an endless circle of pods made, evicted and made again.

The DaemonSet controller asks only whether the taint is tolerated, not for how long. When the seconds are over the pod
is evicted, the controller makes the next one at once, and so on without any back-off, for as long as the taint stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.manifest.edit import Drop

_REPLACED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
"""For these the controller's own toleration, without a limit, takes the place of one with Exists."""


def check(subject: Subject) -> Iterator[Problem]:
    """Every limit on NoExecute but those that the controller takes away."""
    for toleration in subject.pod.parts("tolerations"):
        if not toleration.has("tolerationSeconds") or toleration.text("effect") != "NoExecute":
            continue
        if toleration.text("key") in _REPLACED and toleration.text("operator") == "Exists":
            continue
        seconds = toleration.value("tolerationSeconds")
        yield Problem(
            toleration.at("tolerationSeconds"),
            f"after {seconds} s on such a node its pod is evicted and made again, in a circle without back-off",
            "leave tolerationSeconds out, or the toleration",
            fix=(Drop(toleration.step("tolerationSeconds")),),
        )


RULE = Rule(
    code="DS104",
    name="toleration-seconds",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    fixable=True,
    cases="""
good:
  no limit:
    pod: {tolerations: [{key: maintenance, operator: Exists, effect: NoExecute}]}
  the controller replaces this one:
    pod:
      tolerations:
        - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
bad:
  five minutes:
    pod: {tolerations: [{key: maintenance, operator: Exists, effect: NoExecute, tolerationSeconds: 300}]}
    finds: spec.template.spec.tolerations[0].tolerationSeconds
""",
)
