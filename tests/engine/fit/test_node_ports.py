"""Host ports: who holds which, on which address; rows from upstream's TestNodePorts and TestHostPortInfo_Check."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import PortEvidence
from tests.engine.fit.cells import codes, node, pod, port, preemption, refusals, victims

Object = dict[str, Any]

CLASHES = [
    ("same port", [port(80)], [port(80)], True),
    ("other port", [port(80)], [port(81)], False),
    ("other protocol", [port(80, "UDP")], [port(80)], False),
    ("same port and address", [port(80, address="1.1.1.1")], [port(80, address="1.1.1.1")], True),
    ("other address", [port(80, address="1.1.1.1")], [port(80, address="1.1.1.2")], False),
    ("held on every address", [port(80, address="1.1.1.1")], [port(80)], True),
    ("wanted on every address", [port(80, address="0.0.0.0")], [port(80, address="1.1.1.1")], True),
    ("second of two", [port(79), port(80, "UDP")], [port(80, "UDP")], True),
    ("SCTP beside TCP and UDP", [port(80, "SCTP")], [port(80), port(80, "UDP")], False),
    ("container port alone is no host port", [{"containerPort": 80}], [port(80)], False),
]


@pytest.mark.parametrize(("case", "wanted", "held", "clash"), CLASHES, ids=[row[0] for row in CLASHES])
def test_ports_clash_by_number_protocol_and_address(
    case: str, wanted: list[Object], held: list[Object], clash: bool
) -> None:
    assert codes(pod(ports=wanted), node(), pod("holder", "n1", ports=held)) == (["NodePorts"] if clash else [])


def test_every_port_in_the_way_is_named_with_its_holder() -> None:
    asked = pod(ports=[port(80), port(81), port(82)])
    found = refusals(asked, node(), pod("a", "n1", ports=[port(80)]), pod("b", "n1", ports=[port(82)]))
    assert [each.cause.evidence for each in found] == [
        PortEvidence(host_port=80, protocol="TCP", host_ip="0.0.0.0", holder="ns/a"),
        PortEvidence(host_port=82, protocol="TCP", host_ip="0.0.0.0", holder="ns/b"),
    ]
    assert not any(each.unresolvable for each in found)


def test_sidecars_hold_ports_and_plain_init_containers_do_not() -> None:
    init = [{"name": "i", "ports": [port(80)]}]
    sidecar = [{"name": "s", "restartPolicy": "Always", "ports": [port(80)]}]
    assert codes(pod(ports=[port(80)]), node(), pod("holder", "n1", initContainers=init)) == []
    assert codes(pod(ports=[port(80)]), node(), pod("holder", "n1", initContainers=sidecar)) == ["NodePorts"]


def test_pods_that_are_over_hold_no_ports_and_those_being_deleted_still_do() -> None:
    over = pod("over", "n1", ports=[port(80)], status={"phase": "Failed"})
    going = pod("going", "n1", ports=[port(80)], metadata={"deletionTimestamp": "2026-11-23T12:00:00Z"})
    assert codes(pod(ports=[port(80)]), node(), over) == []
    assert codes(pod(ports=[port(80)]), node(), going) == ["NodePorts"]


def test_ports_on_another_node_are_no_matter() -> None:
    assert codes(pod(ports=[port(80)]), node(), node("n2"), pod("holder", "n2", ports=[port(80)])) == []


def test_evicting_the_holder_frees_the_port() -> None:
    asked = pod(ports=[port(80)], priority=10)
    assert victims(asked, node(), pod("holder", "n1", ports=[port(80)]), pod("other", "n1")) == {"holder"}


def test_a_shared_port_counts_as_free_once_one_of_its_holders_is_taken_away() -> None:
    """As upstream's set of used ports has it: HostPortInfo.Remove does not count holders."""
    asked = pod(ports=[port(80)], priority=10)
    low = pod("low", "n1", ports=[port(80)], priority=1)
    high = pod("high", "n1", ports=[port(80)], priority=20)
    found = preemption(asked, node(), low, high)
    assert [victim.name for victim in found.victims] == ["low"]


def test_unread_pods_leave_it_open_whether_a_port_is_free() -> None:
    found = refusals(pod(ports=[port(80)]), node(), denied=("pods",))
    assert "NodePorts" in [each.cause.code for each in found if each.unknown]
    held = refusals(pod(ports=[port(80)]), node(), pod("holder", "n1", ports=[port(80)]), denied=("pods",))
    assert held[0].cause.code == "NodePorts" and not held[0].unknown
