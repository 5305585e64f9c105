"""A toleration of every taint puts the agent on nodes that cannot run it, and keeps dead nodes in the rollout.

Virtual and serverless nodes keep DaemonSets away by a taint alone. A chart whose default became `operator: Exists` left
its pods Pending on every Fargate node for ever (aws/amazon-cloudwatch-agent-operator#183). Unreachable nodes stay
desired too, count as unavailable, and eat maxUnavailable until the rollout stops (kubernetes/kubernetes#139226).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Plug-ins and node-critical agents must be everywhere, and may."""
    if subject.critical or subject.network_plugin or subject.storage_plugin:
        return
    for toleration in subject.pod.parts("tolerations"):
        wide = not toleration.has("key") or toleration.text("key") == ""
        if wide and toleration.text("operator") == "Exists" and toleration.text("effect") in ("", "NoSchedule"):
            what = toleration.text("effect") or "every"
            yield Problem(
                toleration.path,
                f"tolerates {what} taint{'s of any key' if what != 'every' else ''}: it also goes to virtual nodes "
                "and stays desired on dead ones",
                "name the taints that are meant; `kubectl ds tolerations` finds the smallest list",
            )
            return


RULE = Rule(
    code="DS103",
    name="blanket-toleration",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  one key of any value:
    pod: {tolerations: [{key: dedicated, operator: Exists}]}
  a node-critical agent must be everywhere:
    pod: {priorityClassName: system-node-critical, tolerations: [{operator: Exists}]}
bad:
  everything:
    pod: {tolerations: [{operator: Exists}]}
    finds: spec.template.spec.tolerations[0]
  everything that keeps pods away:
    pod: {tolerations: [{key: dedicated, operator: Exists}, {operator: Exists, effect: NoSchedule}]}
    finds: spec.template.spec.tolerations[1]
""",
)
