"""A system-*-critical class outside kube-system is refused on clusters that limit it.

GKE, and every API server that limits these classes by a quota, answers `insufficient quota to match these scopes`: the
DaemonSet is created, and none of its pods (odigos-io/odigos#1321, cilium/cilium#13852). The only trace is an event.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import QUOTAS


def check(subject: Subject) -> Iterator[Problem]:
    """Silent where the namespace has a quota that speaks of priority classes, and where pods were made already."""
    made = subject.daemon_set.status.current_number_scheduled > 0
    if not subject.critical or made or subject.daemon_set.namespace == "kube-system":
        return
    for quota in subject.snapshot.quotas:
        scopes = quota.spec.scope_selector.match_expressions if quota.spec.scope_selector else ()
        if quota.metadata.namespace == subject.daemon_set.namespace and any(
            each.scope_name == "PriorityClass" for each in scopes
        ):
            return
    yield Problem(
        subject.pod.at("priorityClassName"),
        f"{subject.pod_spec.priority_class_name} outside kube-system: GKE and others create no pod without a quota",
        "add a ResourceQuota with scope PriorityClass to the namespace, or use a class of your own",
    )


RULE = Rule(
    code="DS205",
    name="critical-elsewhere",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    uses=(QUOTAS,),
    cases="""
good:
  pods were made, so this cluster allows it:
    root: {status: {currentNumberScheduled: 3}}
    pod: {priorityClassName: system-node-critical}
  in kube-system:
    metadata: {namespace: kube-system}
    pod: {priorityClassName: system-node-critical}
  the namespace has the quota:
    pod: {priorityClassName: system-node-critical}
    objects:
      - kind: ResourceQuota
        metadata: {name: critical, namespace: agents}
        spec:
          hard: {pods: 1k}
          scopeSelector:
            matchExpressions: [{scopeName: PriorityClass, operator: In, values: [system-node-critical]}]
bad:
  elsewhere:
    pod: {priorityClassName: system-node-critical}
    finds: spec.template.spec.priorityClassName
""",
)
