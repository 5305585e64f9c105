"""Two DaemonSets want the same port of the same nodes, and only the first gets it.

The pods of the other wait for good on every node that both are meant for: the classic is a second node exporter on 9100
that came with another chart. The scheduler says only that the node had no free ports, not who holds them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, eligible_nodes
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.kinds import DAEMON_SETS, NODES


def check(subject: Subject) -> Iterator[Problem]:
    """Ports of the host, and under hostNetwork all that are declared; where nodes are known, on a common node."""
    for container in subject.running:
        for port in container.parts("ports"):
            field = "hostPort" if port.has("hostPort") else "containerPort"
            if field == "containerPort" and not subject.pod.true("hostNetwork"):
                continue
            own = (port.value(field), port.text("protocol") or "TCP", port.text("hostIP"))
            rivals = [each.key for each in subject.neighbours() if _wants(each, own) and _meet(subject, each)]
            if rivals:
                yield Problem(
                    port.at(field),
                    f"host port {own[0]}/{own[1]} is also wanted by {', '.join(sorted(rivals))} on the same nodes",
                    "give one of them another port, or nodes of its own",
                )


def _wants(other: DaemonSet, port: tuple[object, str, str]) -> bool:
    spec = other.spec.template.spec
    sidecars = tuple(each for each in spec.init_containers if each.restart_policy == "Always")
    for container in (*spec.containers, *sidecars):
        for each in container.ports:
            number = each.host_port or (each.container_port if spec.host_network else 0)
            address = {each.host_ip or "0.0.0.0", port[2] or "0.0.0.0"}
            if (number, each.protocol) == port[:2] and (len(address) == 1 or "0.0.0.0" in address):
                return True
    return False


def _meet(subject: Subject, other: DaemonSet) -> bool:
    """Whether both should run on one node; where no node is known, whether their node selectors allow it."""
    if subject.snapshot.nodes:
        here = {node.name for node in subject.eligible}
        return any(node.name in here for node in eligible_nodes(subject.snapshot, other))
    own, theirs = subject.pod_spec.node_selector, other.spec.template.spec.node_selector
    return all(theirs.get(key, value) == value for key, value in own.items())


RULE = Rule(
    code="DS401",
    name="host-port-clash",
    level=Level.ERROR,
    why=__doc__,
    check=check,
    uses=(DAEMON_SETS, NODES),
    cases="""
good:
  another port:
    container: {ports: [{containerPort: 9100, hostPort: 9100}]}
    others: [{container: {ports: [{containerPort: 9100, hostPort: 9101}]}}]
  nodes of their own:
    pod: {nodeSelector: {pool: a}}
    container: {ports: [{containerPort: 9100, hostPort: 9100}]}
    others: [{pod: {nodeSelector: {pool: b}}, container: {ports: [{containerPort: 9100, hostPort: 9100}]}}]
bad:
  the same port:
    container: {ports: [{containerPort: 9100, hostPort: 9100}]}
    others: [{container: {ports: [{containerPort: 80, hostPort: 9100}]}}]
    finds: spec.template.spec.containers[0].ports[0].hostPort
  under hostNetwork, on a common node:
    pod: {hostNetwork: true}
    container: {ports: [{containerPort: 9100}]}
    others: [{container: {ports: [{containerPort: 80, hostPort: 9100}]}}]
    nodes: 2
    finds: spec.template.spec.containers[0].ports[0].containerPort
""",
)
