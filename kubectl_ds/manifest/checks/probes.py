"""Probes and lifecycle hooks (``validateProbe``, ``validateHandler``, ``validateLifecycle``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid, not_supported, required
from kubectl_ds.manifest.checks.node import Node

_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_HOOKS = ("exec", "httpGet", "tcpSocket", "sleep")
_GRACE = 30


def probes(pod: Node, container: Node) -> Faults:
    """The three probes of a container."""
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.object(name)
        if probe is not None:
            yield from _probe(pod, probe, name)


def _probe(pod: Node, probe: Node, name: str) -> Faults:
    yield from _handler(pod, probe, _HANDLERS)
    for field in _COUNTS:
        number = probe.number(field)
        if number is not None and number < 0:
            yield invalid(probe.child(field), number, "must be greater than or equal to 0")
    grace = probe.number("terminationGracePeriodSeconds")
    if grace is not None and name == "readinessProbe":
        yield invalid(probe.child("terminationGracePeriodSeconds"), grace, "must not be set for readinessProbes")
    elif grace is not None and grace <= 0:
        yield invalid(probe.child("terminationGracePeriodSeconds"), grace, "must be greater than 0")
    successes = probe.number("successThreshold")
    if name != "readinessProbe" and successes not in (None, 0, 1):
        yield invalid(probe.child("successThreshold"), successes, "must be 1")


def lifecycle(pod: Node, container: Node) -> Faults:
    """The hooks of a container; its signal is alpha, and where it is off the server drops it unread."""
    found = container.object("lifecycle")
    if found is None:
        return
    for name in ("postStart", "preStop"):
        hook = found.object(name)
        if hook is not None:
            yield from _handler(pod, hook, _HOOKS)


def _handler(pod: Node, node: Node, kinds: tuple[str, ...]) -> Faults:
    given = [each for each in kinds if node.has(each)]
    for other in given[1:]:
        yield forbidden(node.child(other), "may not specify more than 1 handler type")
    if not given:
        if all(node.sound(each) for each in kinds):
            yield required(node.path, "must specify a handler type")
        return
    kind = given[0]
    handler = node.below(kind)
    if kind == "exec":
        if not handler.texts("command") and handler.sound("command"):
            yield required(handler.child("command"))
    elif kind == "httpGet":
        yield from _http(handler)
    elif kind == "sleep":
        grace = pod.number("terminationGracePeriodSeconds")
        limit = _GRACE if grace is None else grace
        seconds = handler.number("seconds") or 0
        if not 0 <= seconds <= limit and handler.sound("seconds"):
            detail = f"must be non-negative and less than terminationGracePeriodSeconds ({limit})"
            yield invalid(handler.child("seconds"), seconds, detail)
    else:
        yield from _port(handler)


def _http(handler: Node) -> Faults:
    yield from _port(handler)
    scheme = handler.text("scheme")
    if scheme and scheme not in ("HTTP", "HTTPS"):
        yield not_supported(handler.child("scheme"), scheme, ("HTTP", "HTTPS"))
    for header in handler.items("httpHeaders"):
        name = header.text("name")
        if header.sound("name"):
            yield from each_invalid(header.child("name"), name, formats.header_name(name))


def _port(handler: Node) -> Faults:
    port, path = handler.data.get("port"), handler.child("port")
    if not handler.sound("port"):
        return
    if isinstance(port, str):
        yield from each_invalid(path, port, formats.port_name(port))
    else:
        number = port if isinstance(port, int) else 0
        details = formats.port_number(number)
        if port is None:
            yield required(path, details[0])
        else:
            yield from each_invalid(path, number, details)
