"""Ports of containers and of the host (``validateContainerPorts``, ``checkHostPortConflicts``)."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, duplicate, each_invalid, invalid, not_supported, required
from kubectl_ds.manifest.checks.node import Node

_PROTOCOLS = ("SCTP", "TCP", "UDP")


def ports(container: Node) -> Faults:
    """The ports of one container; their names are unique within it."""
    names = set()
    for port in container.items("ports"):
        name = port.text("name")
        if name:
            details = formats.port_name(name)
            yield from each_invalid(port.child("name"), name, details)
            if name in names:
                yield duplicate(port.child("name"), name)
            names.add(name)
        number = port.number("containerPort")
        if not number:
            if port.sound("containerPort"):
                yield required(port.child("containerPort"))
        else:
            yield from each_invalid(port.child("containerPort"), number, formats.port_number(number))
        host = port.number("hostPort")
        if host:
            yield from each_invalid(port.child("hostPort"), host, formats.port_number(host))
        protocol = port.text("protocol")
        if protocol and protocol not in _PROTOCOLS:
            yield not_supported(port.child("protocol"), protocol, _PROTOCOLS)


def duplicate_host_ports(containers: Iterable[Node]) -> Faults:
    """No two containers can have one port of the host."""
    seen = set()
    for container in containers:
        for port in container.items("ports"):
            number = port.number("hostPort")
            if not number:
                continue
            key = f"{port.text('protocol') or 'TCP'}/{port.text('hostIP')}/{number}"
            if key in seen:
                yield duplicate(port.child("hostPort"), key)
            seen.add(key)


def host_network_ports(pod: Node, containers: Iterable[Node]) -> Faults:
    """``validatePodHostNetworkDeps``: in the host's network a port cannot be another one outside."""
    if not pod.flag("hostNetwork"):
        return
    for container in containers:
        for port in container.items("ports"):
            number = port.number("hostPort")
            if number and number != (port.number("containerPort") or 0) and port.sound("containerPort"):
                detail = "must match `containerPort` when `hostNetwork` is true"
                yield invalid(port.child("hostPort"), number, detail)
