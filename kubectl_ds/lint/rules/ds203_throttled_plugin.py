"""A cpu limit throttles a plug-in on which every pod of the node depends.

When a network or storage plug-in, or another node-critical agent, has used up its quota, it stands still for the rest
of the period, and with it pod starts, service routes and mounts on that node; the busier the node, the worse. Requests
alone give it its share without the pause.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Plug-ins and node-critical agents."""
    if not (subject.critical or subject.network_plugin or subject.storage_plugin):
        return
    for container in subject.running:
        limits = container.part("resources").part("limits")
        if limits.has("cpu"):
            yield Problem(
                limits.at("cpu"),
                f"container {container.text('name')} is throttled at {limits.value('cpu')} cpu, and its node with it",
                "leave out the cpu limit, keep the request",
            )


RULE = Rule(
    code="DS203",
    name="throttled-plugin",
    level=Level.INFO,
    why=__doc__,
    check=check,
    cases="""
good:
  no plug-in:
    container: {resources: {limits: {cpu: 100m}}}
bad:
  a network plug-in:
    mount: /etc/cni/net.d
    container: {resources: {limits: {cpu: 100m}}}
    finds: spec.template.spec.containers[0].resources.limits.cpu
""",
)
