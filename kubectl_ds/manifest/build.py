"""A DaemonSet from a name, an image and what else people set on a command line: apps/v1, and nothing invented.

Labels, selector and the container's name are those that ``kubectl create deployment`` gives
(k8s.io/kubectl v0.37.2 pkg/cmd/create/create_deployment.go). Requests are not
made up: whoever leaves them out gets none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kubectl_ds.errors import UsageError
from kubectl_ds.manifest.upgrade_table import SERVED

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_NOT_A_NAME = re.compile(r"[^a-z0-9-]+")
_ENV_NAME = re.compile(r"[^=\s]+")


@dataclass(frozen=True)
class Blueprint:
    """What was asked for; texts are as they were typed."""

    name: str
    image: str
    namespace: str = ""
    """Written into the object only when it was asked for."""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    """``KEY=VALUE``."""
    env_from: tuple[str, ...] = ()
    """``configmap/NAME`` or ``secret/NAME``."""
    ports: tuple[str, ...] = ()
    """``PORT[/PROTOCOL]``."""
    host_ports: tuple[str, ...] = ()
    """``PORT[:CONTAINER_PORT][/PROTOCOL]``."""
    host_paths: tuple[str, ...] = ()
    """``PATH[:MOUNT_PATH][:ro]``."""
    requests: str = ""
    """``cpu=100m,memory=64Mi``."""
    limits: str = ""
    labels: tuple[str, ...] = ()
    """``KEY=VALUE[,…]``."""
    node_selector: tuple[str, ...] = ()
    tolerations: tuple[str, ...] = ()
    """``KEY[=VALUE][:EFFECT]``, as taints are written."""
    tolerate_all: bool = False
    priority_class: str = ""
    service_account: str = ""
    host_network: bool = False
    host_pid: bool = False
    privileged: bool = False
    update_strategy: str = ""
    """``RollingUpdate`` or ``OnDelete``."""
    max_unavailable: str = ""
    readiness: str = ""
    """``http:PORT/PATH``, ``tcp:PORT`` or ``exec:COMMAND``."""
    liveness: str = ""


def build(plan: Blueprint) -> dict[str, Any]:
    """The object, as it is sent and printed.

    Raises:
        UsageError: a value cannot be understood; names the flag.
    """
    labels = {"app": plan.name}
    extra = _pairs("--labels", plan.labels)
    metadata: dict[str, Any] = {"name": plan.name}
    if plan.namespace:
        metadata["namespace"] = plan.namespace
    metadata["labels"] = {**labels, **extra}
    if extra.get("app", plan.name) != plan.name:
        raise UsageError("--labels cannot set app: it is what the selector of the DaemonSet asks for")
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}}
    strategy = _strategy(plan)
    if strategy:
        spec["updateStrategy"] = strategy
    spec["template"] = {"metadata": {"labels": {**labels, **extra}}, "spec": _pod(plan)}
    return {"apiVersion": SERVED, "kind": "DaemonSet", "metadata": metadata, "spec": spec}


def container_name(image: str) -> str:
    """The last part of an image without tag and digest, as far as a name may hold it."""
    last = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return _NOT_A_NAME.sub("-", last.lower()).strip("-")[:63].strip("-") or "main"


def _pod(plan: Blueprint) -> dict[str, Any]:
    mounts, volumes = _host_paths(plan.host_paths)
    pod: dict[str, Any] = {}
    if plan.node_selector:
        pod["nodeSelector"] = _pairs("--node-selector", plan.node_selector)
    tolerations = [{"operator": "Exists"}] if plan.tolerate_all else []
    tolerations += [_toleration(each) for each in _parts(plan.tolerations)]
    if tolerations:
        pod["tolerations"] = tolerations
    if plan.priority_class:
        pod["priorityClassName"] = plan.priority_class
    if plan.service_account:
        pod["serviceAccountName"] = plan.service_account
    if plan.host_network:
        pod |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    if plan.host_pid:
        pod["hostPID"] = True
    pod["containers"] = [_container(plan, mounts)]
    if volumes:
        pod["volumes"] = volumes
    return pod


def _container(plan: Blueprint, mounts: list[dict[str, Any]]) -> dict[str, Any]:
    resources = {
        field: amounts
        for field, amounts in (
            ("requests", _pairs("--requests", (plan.requests,))),
            ("limits", _pairs("--limits", (plan.limits,))),
        )
        if amounts
    }
    optional = {
        "command": list(plan.command),
        "args": list(plan.args),
        "env": [_variable(each) for each in plan.env],
        "envFrom": [_env_from(each) for each in _parts(plan.env_from)],
        "ports": _ports(plan),
        "resources": resources,
        "volumeMounts": mounts,
        "readinessProbe": _probe("--readiness", plan.readiness),
        "livenessProbe": _probe("--liveness", plan.liveness),
        "securityContext": {"privileged": True} if plan.privileged else {},
    }
    named = {"name": container_name(plan.image), "image": plan.image}
    return {**named, **{field: value for field, value in optional.items() if value}}


def _ports(plan: Blueprint) -> list[dict[str, Any]]:
    ports = []
    for text in _parts(plan.ports):
        number, protocol = _protocol("--port", text)
        ports.append({"containerPort": _number("--port", number), **protocol})
    for text in _parts(plan.host_ports):
        both, protocol = _protocol("--host-port", text)
        outer, _, inner = both.partition(":")
        host = _number("--host-port", outer)
        ports.append({"containerPort": _number("--host-port", inner) if inner else host, "hostPort": host, **protocol})
    return ports


def _protocol(flag: str, text: str) -> tuple[str, dict[str, str]]:
    rest, _, protocol = text.partition("/")
    if not protocol:
        return rest, {}
    if protocol.upper() not in _PROTOCOLS:
        raise UsageError(f"{flag}={text}: the protocol is one of {', '.join(_PROTOCOLS)}")
    return rest, {"protocol": protocol.upper()}


def _number(flag: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise UsageError(f'{flag}: "{text}" is not a port between 1 and 65535')
    return int(text)


def _host_paths(texts: Iterable[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The mounts and the volumes; a volume is named after its path."""
    mounts: list[dict[str, Any]] = []
    volumes: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for text in _parts(texts):
        path, *rest = text.split(":")
        read_only = bool(rest) and rest[-1] == "ro"
        inner = rest[: len(rest) - read_only]
        if not path.startswith("/") or len(inner) > 1 or any(not each.startswith("/") for each in inner):
            raise UsageError(f"--host-path={text} is not PATH[:MOUNT_PATH][:ro], with paths that begin with /")
        if path not in names:
            names[path] = _volume_name(path, taken=set(names.values()))
            volumes.append({"name": names[path], "hostPath": {"path": path}})
        mount: dict[str, Any] = {"name": names[path], "mountPath": inner[0] if inner else path}
        mounts.append({**mount, "readOnly": True} if read_only else mount)
    return mounts, volumes


def _volume_name(path: str, taken: set[str]) -> str:
    base = _NOT_A_NAME.sub("-", path.lower()).strip("-")[-58:].strip("-") or "root"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _toleration(text: str) -> dict[str, Any]:
    taint, _, effect = text.partition(":")
    key, equals, value = taint.partition("=")
    if not key or effect not in ("", "NoSchedule", "PreferNoSchedule", "NoExecute"):
        raise UsageError(
            f"--toleration={text} is not KEY[=VALUE][:EFFECT], with NoSchedule, PreferNoSchedule or NoExecute as effect"
        )
    made: dict[str, Any] = {"key": key, "operator": "Equal", "value": value} if equals else {"key": key}
    made.setdefault("operator", "Exists")
    return {**made, "effect": effect} if effect else made


def _variable(text: str) -> dict[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not _ENV_NAME.fullmatch(name):
        raise UsageError(f"--env={text} is not KEY=VALUE")
    return {"name": name, "value": value}


def _env_from(text: str) -> dict[str, Any]:
    kind, _, name = text.partition("/")
    fields = {"configmap": "configMapRef", "cm": "configMapRef", "secret": "secretRef"}
    if kind.lower() not in fields or not name:
        raise UsageError(f"--env-from={text} is neither configmap/NAME nor secret/NAME")
    return {fields[kind.lower()]: {"name": name}}


def _strategy(plan: Blueprint) -> dict[str, Any]:
    kinds = {"rollingupdate": "RollingUpdate", "ondelete": "OnDelete"}
    kind = kinds.get(plan.update_strategy.lower(), "") if plan.update_strategy else ""
    if plan.update_strategy and not kind:
        raise UsageError(f"--update-strategy={plan.update_strategy} is neither RollingUpdate nor OnDelete")
    if not plan.max_unavailable:
        return {"type": kind} if kind else {}
    if kind == "OnDelete":
        raise UsageError("--max-unavailable has a meaning for RollingUpdate only")
    text = plan.max_unavailable
    if not re.fullmatch(r"\d+%?", text, re.ASCII):
        raise UsageError(f"--max-unavailable={text} is neither a number nor a percentage")
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": int(text) if text.isdecimal() else text}}


def _probe(flag: str, text: str) -> dict[str, Any]:
    kind, _, rest = text.partition(":")
    if not text:
        return {}
    if kind in ("http", "https") and rest:
        port, _, path = rest.partition("/")
        get = {"path": f"/{path}", "port": _number(flag, port)}
        return {"httpGet": {**get, "scheme": "HTTPS"} if kind == "https" else get}
    if kind == "tcp" and rest:
        return {"tcpSocket": {"port": _number(flag, rest)}}
    if kind == "exec" and rest:
        import shlex

        try:
            return {"exec": {"command": shlex.split(rest)}}
        except ValueError as error:
            raise UsageError(f"{flag}={text}: {error}".replace("No closing", "no closing")) from error
    raise UsageError(f"{flag}={text} is not http:PORT/PATH, https:PORT/PATH, tcp:PORT or exec:COMMAND")


def _pairs(flag: str, texts: Iterable[str]) -> dict[str, str]:
    """``KEY=VALUE`` pairs, with commas between them or one by one."""
    found = {}
    for text in _parts(texts):
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError(f"{flag}={text} is not KEY=VALUE")
        found[key] = value
    return found


def _parts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(part for text in texts for part in text.split(",") if part)
