"""It asks for more than some of its nodes have in all, so there it waits for good.

Requests that suit the large machines make the DaemonSet Pending on every small one, where no eviction can help, and its
rollout never ends. It often comes to light when a pool of smaller machines is added.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.engine.requests import pod_requests
from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of
from kubectl_ds.model.kinds import NODES
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.quantity import in_words, scheduler_units


def check(subject: Subject) -> Iterator[Problem]:
    """What the scheduler sums, against what each node that it should run on can give at all."""
    for name, asked in pod_requests(Pod(spec=subject.pod_spec)).items():
        short = [
            (scheduler_units(name, node.status.allocatable[name]), node.name)
            for node in subject.eligible
            if name in node.status.allocatable and scheduler_units(name, node.status.allocatable[name]) < asked
        ]
        if short:
            least, where = min(short)
            yield Problem(
                subject.pod.at("containers"),
                f"asks {in_words(name, asked)} {name}; {nodes_of(len(short))} have less in all, "
                f"{where} {in_words(name, least)}",
                "ask for less, or leave those nodes out by a nodeSelector and give them a DaemonSet of their own",
            )


RULE = Rule(
    code="DS206",
    name="larger-than-node",
    level=Level.ERROR,
    why=__doc__,
    check=check,
    needs=(NODES,),
    cases="""
good:
  there is room:
    nodes: [{cpu: "1"}]
bad:
  more than the small node:
    container: {resources: {requests: {cpu: "2"}}}
    nodes: [{cpu: "4"}, {cpu: "1"}]
    finds: spec.template.spec.containers
""",
)
