"""A toleration without operator and value does not match the taint that it names.

The operator defaults to Equal, the value to nothing: `{key: dedicated, effect: NoSchedule}` tolerates
`dedicated:NoSchedule`, but not `dedicated=gpu:NoSchedule`. It looks right, and the pods are never made
(kube-vip/kube-vip#178).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.manifest.edit import Put
from kubectl_ds.model.kinds import NODES


def check(subject: Subject) -> Iterator[Problem]:
    """Only where a node has the taint with a value, and nothing else of the list tolerates it."""
    for toleration in subject.pod.parts("tolerations"):
        key, effect = toleration.text("key"), toleration.text("effect")
        if not key or toleration.text("operator") not in ("", "Equal") or toleration.text("value"):
            continue
        missed = sorted(
            {
                str(taint)
                for node in subject.snapshot.nodes
                for taint in node.spec.taints
                if taint.key == key
                and taint.value
                and effect in ("", taint.effect)
                and not subject.tolerates(taint.key, taint.effect, taint.value)
            }
        )
        if missed:
            yield Problem(
                toleration.path,
                f"it does not match the taint {missed[0]}: without an operator the value must be equal",
                "add operator: Exists",
                fix=(Put(toleration.step("operator"), "Exists"),),
            )


RULE = Rule(
    code="DS114",
    name="toleration-without-value",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    fixable=True,
    needs=(NODES,),
    cases="""
good:
  any value:
    pod: {tolerations: [{key: dedicated, operator: Exists}]}
    nodes: [{}, {taints: [{key: dedicated, value: gpu, effect: NoSchedule}]}]
  the taint has no value either:
    pod: {tolerations: [{key: dedicated, effect: NoSchedule}]}
    nodes: [{}, {taints: [{key: dedicated, effect: NoSchedule}]}]
bad:
  the taint has a value:
    pod: {tolerations: [{key: dedicated, effect: NoSchedule}]}
    nodes: [{}, {taints: [{key: dedicated, value: gpu, effect: NoSchedule}]}]
    finds: spec.template.spec.tolerations[0]
""",
)
