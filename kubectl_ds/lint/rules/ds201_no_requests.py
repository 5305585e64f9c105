"""It asks for no cpu or memory, so it is the first to go and nobody leaves room for it.

A pod without requests is BestEffort: under memory pressure the kubelet evicts it before all others, and the DaemonSet
makes it again, hundreds of times (kubernetes/kubernetes#65240). Autoscalers size new nodes without it, and the
scheduler fills the node as if it were not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import LIMIT_RANGES


def check(subject: Subject) -> Iterator[Problem]:
    """Limits count as requests; so do the pod's own resources and the defaults of a LimitRange."""
    whole = subject.pod.part("resources")
    given = {*whole.part("requests").data, *whole.part("limits").data}
    for limit_range in subject.snapshot.limit_ranges:
        if limit_range.metadata.namespace == subject.daemon_set.namespace:
            for item in limit_range.spec.limits:
                given |= {*item.default_request, *item.default} if item.type == "Container" else set()
    for container in subject.running:
        resources = container.part("resources")
        own = given | {*resources.part("requests").data, *resources.part("limits").data}
        missing = [name for name in ("cpu", "memory") if name not in own]
        if missing:
            yield Problem(
                container.at("resources"),
                f"container {container.text('name')} asks for no {' and no '.join(missing)}",
                "set resources.requests to what it really uses",
            )


RULE = Rule(
    code="DS201",
    name="no-requests",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    uses=(LIMIT_RANGES,),
    cases="""
good:
  limits are requests too:
    container: {resources: {requests: null, limits: {cpu: 100m, memory: 100Mi}}}
  a LimitRange gives them:
    container: {resources: null}
    objects:
      - kind: LimitRange
        metadata: {name: defaults, namespace: agents}
        spec: {limits: [{type: Container, defaultRequest: {cpu: 10m, memory: 10Mi}}]}
bad:
  nothing:
    container: {resources: null}
    finds: spec.template.spec.containers[0].resources
  cpu alone:
    container: {resources: {requests: {cpu: 10m, memory: null}, limits: null}}
    finds: spec.template.spec.containers[0].resources
""",
)
