"""The containers of a pod template in ``kubectl describe``: image, ports, resources, probes, environment, mounts.

Mirrors ``describeContainers`` and what it calls (k8s.io/kubectl v0.37 pkg/describe/describe.go). A template has no
container statuses, so their lines never appear; neither do lifecycle hooks, which upstream leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from kubectl_ds.model import quantity
from kubectl_ds.render.go_sort import go_sorted
from kubectl_ds.render.go_text import host_and_port, quoted, text_of, url
from kubectl_ds.render.prefix_writer import PrefixWriter

Json = Mapping[str, Any]

_RESOURCES = ("cpu", "memory", "ephemeral-storage")


def write_containers(writer: PrefixWriter, title: str, containers: Sequence[Json]) -> None:
    """``describeContainers`` of a pod template."""
    writer.write(0, f"  {title}:{'' if containers else ' <none>'}\n")
    for container in containers:
        _write_basic_info(writer, container)
        _write_command(writer, "Command", container.get("command") or ())
        _write_command(writer, "Args", container.get("args") or ())
        _write_resources(writer, container.get("resources") or {})
        for title, field in (
            ("Liveness", "livenessProbe"),
            ("Readiness", "readinessProbe"),
            ("Startup", "startupProbe"),
        ):
            if container.get(field) is not None:
                writer.write(2, f"{title}:\t{probe_text(container[field])}\n")
        _write_environment_sources(writer, container.get("envFrom") or ())
        _write_environment(writer, container)
        _write_mounts(writer, container)


def probe_text(probe: Json) -> str:
    """``DescribeProbe``: the check, then its timing."""
    timing = (
        f"delay={probe.get('initialDelaySeconds') or 0}s timeout={probe.get('timeoutSeconds') or 0}s "
        f"period={probe.get('periodSeconds') or 0}s successThreshold={probe.get('successThreshold') or 0} "
        f"failureThreshold={probe.get('failureThreshold') or 0}"
    )
    if (command := probe.get("exec")) is not None:
        return f"exec {text_of(command.get('command') or [])} {timing}"
    if (request := probe.get("httpGet")) is not None:
        port, host = _port_of(request), request.get("host") or ""
        address = url(
            (request.get("scheme") or "").lower(),
            host_and_port(host, port) if port else host,
            request.get("path") or "",
        )
        return f"http-get {address} {timing}"
    if (socket := probe.get("tcpSocket")) is not None:
        return f"tcp-socket {socket.get('host') or ''}:{_port_of(socket)} {timing}"
    if (call := probe.get("grpc")) is not None:
        return f"grpc <pod>:{call.get('port') or 0} {call.get('service') or ''} {timing}"
    return f"unknown {timing}"


def _port_of(check: Json) -> str:
    """``IntOrString.String``: a port's number or name."""
    port = check.get("port")
    return "0" if port is None else str(port)


def _write_basic_info(writer: PrefixWriter, container: Json) -> None:
    """``describeContainerBasicInfo``."""
    writer.write(1, f" {container.get('name') or ''}:\n")
    writer.write(2, f"Image:\t{container.get('image') or ''}\n")
    for title, field in (("Port", "containerPort"), ("Host Port", "hostPort")):
        ports = ", ".join(_port_text(port, field) for port in container.get("ports") or ())
        writer.write(2, f"{title}s:\t{ports}\n" if "," in ports else f"{title}:\t{ports or '<none>'}\n")
    profile = (container.get("securityContext") or {}).get("seccompProfile")
    if profile is not None:
        writer.write(2, f"SeccompProfile:\t{profile.get('type') or ''}\n")
        if profile.get("type") == "Localhost":
            writer.write(3, f"LocalhostProfile:\t{profile.get('localhostProfile') or ''}\n")


def _port_text(port: Json, field: str) -> str:
    name = f" ({port['name']})" if port.get("name") else ""
    return f"{port.get(field) or 0}/{port.get('protocol') or ''}{name}"


def _write_command(writer: PrefixWriter, title: str, words: Sequence[str]) -> None:
    """``describeContainerCommand``: each line of each word on a line of its own."""
    if words:
        writer.write(2, f"{title}:\n")
    for word in words:
        for line in word.split("\n"):
            writer.write(3, f"{line}\n")


def _write_resources(writer: PrefixWriter, resources: Json) -> None:
    """``describeResources``."""
    for title, field in (("Limits", "limits"), ("Requests", "requests")):
        amounts = resources.get(field) or {}
        if amounts:
            writer.write(2, f"{title}:\n")
        for name in sorted(amounts):
            writer.write(3, f"{name}:\t{amounts[name]}\n")


def _write_environment_sources(writer: PrefixWriter, sources: Sequence[Json]) -> None:
    """``describeContainerEnvFrom``."""
    if sources:
        writer.write(2, "Environment Variables from:\n")
    for source in sources:
        config_map, secret = source.get("configMapRef"), source.get("secretRef")
        reference = config_map if config_map is not None else secret if secret is not None else {}
        kind = "ConfigMap" if config_map is not None else "Secret" if secret is not None else ""
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        writer.write(3, f"{reference.get('name') or ''}\t{kind}{prefix}\tOptional: {_optional(reference)}\n")


def _write_environment(writer: PrefixWriter, container: Json) -> None:
    """``describeContainerEnvVars`` without a pod: a field's value is not known."""
    variables = container.get("env") or ()
    writer.write(2, "Environment:\n" if variables else "Environment:\t<none>\n")
    for variable in variables:
        name, source = variable.get("name") or "", variable.get("valueFrom")
        if source is None:
            for number, line in enumerate((variable.get("value") or "").split("\n")):
                writer.write(3, f"\t{line}\n" if number else f"{name}:\t{line}\n")
        elif (field := source.get("fieldRef")) is not None:
            writer.write(3, f"{name}:\t ({field.get('apiVersion') or ''}:{field.get('fieldPath') or ''})\n")
        elif (resource := source.get("resourceFieldRef")) is not None:
            writer.write(3, f"{name}:\t{_resource_value(resource, container)} ({resource.get('resource') or ''})\n")
        elif (key := source.get("secretKeyRef")) is not None:
            place = f"key '{key.get('key') or ''}' in secret '{key.get('name') or ''}'"
            writer.write(3, f"{name}:\t<set to the {place}>\tOptional: {_optional(key)}\n")
        elif (key := source.get("configMapKeyRef")) is not None:
            place = f"key '{key.get('key') or ''}' of config map '{key.get('name') or ''}'"
            writer.write(3, f"{name}:\t<set to the {place}>\tOptional: {_optional(key)}\n")


def _write_mounts(writer: PrefixWriter, container: Json) -> None:
    """``describeContainerVolumes``; ``<none>`` after Devices speaks of the mounts, as upstream has it."""
    mounts, devices = container.get("volumeMounts") or (), container.get("volumeDevices") or ()
    none = "" if mounts else "\t<none>"
    writer.write(2, f"Mounts:{none}\n")
    for mount in _sorted_by(mounts, "mountPath"):
        flags = "ro" if mount.get("readOnly") else "rw"
        if mount.get("subPath"):
            flags += f",path={quoted(mount['subPath'])}"
        writer.write(3, f"{mount.get('mountPath') or ''} from {mount.get('name') or ''} ({flags})\n")
    if devices:
        writer.write(2, f"Devices:{none}\n")
    for device in _sorted_by(devices, "devicePath"):
        writer.write(3, f"{device.get('devicePath') or ''} from {device.get('name') or ''}\n")


def _sorted_by(items: Sequence[Json], field: str) -> list[Json]:
    return go_sorted(items, lambda left, right: (left.get(field) or "") < (right.get(field) or ""))


def _optional(reference: Json) -> str:
    return "true" if reference.get("optional") else "false"


def _resource_value(reference: Json, container: Json) -> str:
    """``ExtractContainerResourceValue`` (pkg/util/resource), and what describe makes of 0 and of an unknown name."""
    resource = reference.get("resource") or ""
    kind, _, name = resource.partition(".")
    if kind not in ("limits", "requests") or not (name in _RESOURCES or name.startswith("hugepages-")):
        return ""
    amounts = (container.get("resources") or {}).get(kind) or {}
    unit = 1000 if name == "cpu" else 1
    divisor = _units(reference.get("divisor") or "0", unit) or unit
    value = math.ceil(float(_units(amounts.get(name, "0"), unit)) / float(divisor))
    return "node allocatable" if value == 0 and resource in ("limits.cpu", "limits.memory") else str(value)


def _units(amount: str | int | float, unit: int) -> int:
    """``Quantity.MilliValue`` for a unit of 1000, ``Quantity.Value`` for 1: rounded up."""
    try:
        return math.ceil(quantity.parse(amount) * Fraction(unit))
    except quantity.QuantityError:
        return 0
