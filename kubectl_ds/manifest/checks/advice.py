"""What the server accepts, and what will surprise whoever wrote it."""

from __future__ import annotations

import re

from kubectl_ds.manifest.checks.fault import Faults, warning
from kubectl_ds.manifest.checks.images import image_host
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.suggest import closest, distance

_GATED = "is refused unless the API server has an alpha feature on"


def daemon_set(document: Node) -> Faults:
    """All warnings about a DaemonSet."""
    template = document.below("spec").below("template")
    pod = template.below("spec")
    yield from _template_metadata(template.below("metadata"))
    yield from _look_alike_labels(document, template.below("metadata"), pod)
    for kind in ("initContainers", "containers"):
        for container in pod.items(kind):
            yield from image_host(container)
            yield from _duplicate_variables(container)
            yield from _absent_ports(container)
    yield from _surge_and_host_ports(document.below("spec"), pod)
    yield from _alpha(pod)


def _template_metadata(meta: Node) -> Faults:
    for name in ("name", "namespace", "generateName"):
        if meta.text(name):
            path = meta.child(name)
            given = "their names" if name != "namespace" else "their namespace"
            yield warning(path, f"{path} has no effect", f"remove it: the pods get {given} from the DaemonSet")


def _duplicate_variables(container: Node) -> Faults:
    seen = set()
    for variable in container.items("env"):
        name = variable.text("name")
        if name and name in seen:
            path = variable.child("name")
            yield warning(path, f"{path}: {name} is set twice: the last value wins", "keep one of the two")
        seen.add(name)


def _absent_ports(container: Node) -> Faults:
    """A probe of a port that the container does not name fails for ever."""
    names = [port.text("name") for port in container.items("ports") if port.text("name")]
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for kind in ("httpGet", "tcpSocket"):
            handler = container.below(probe).below(kind)
            name = handler.text("port")
            if name and name not in names and container.sound("ports"):
                path = handler.child("port")
                near = closest(name, names)
                known = f"the named ports are: {', '.join(names)}" if names else "the container names no port"
                advice = f"did you mean {near}?" if near else known
                yield warning(path, f'{path}: no port of the container is named "{name}": the probe will fail', advice)


def _surge_and_host_ports(spec: Node, pod: Node) -> Faults:
    """Two pods of one node cannot have one port of it (kubernetes/kubernetes#106417)."""
    strategy = spec.below("updateStrategy")
    if strategy.text("type") == "OnDelete" or strategy.below("rollingUpdate").data.get("maxSurge") in (None, 0, "0%"):
        return
    for container in pod.items("containers"):
        for port in container.items("ports"):
            field = "hostPort" if port.number("hostPort") else "containerPort" if pod.flag("hostNetwork") else ""
            if field:
                number = port.number(field)
                yield warning(
                    port.child(field),
                    f"{port.child(field)}: with maxSurge a rollout gets stuck: the new pod waits for port {number}, "
                    "which the old one holds until the new one is ready",
                    "use maxUnavailable instead of maxSurge, or no port of the host",
                )


def _alpha(pod: Node) -> Faults:
    """What an API server takes only where somebody has turned an alpha feature on (kubernetes v1.37.2)."""
    for toleration in pod.items("tolerations"):
        operator, path = toleration.text("operator"), toleration.child("operator")
        if operator in ("Gt", "Lt"):
            yield warning(path, f"{path}: {operator} {_GATED}", "its gate is TaintTolerationComparisonOperators")
    if pod.data.get("hostUsers") is False and pod.flag("hostNetwork"):
        path = pod.child("hostNetwork")
        yield warning(
            path, f"{path}: with hostUsers: false it {_GATED}", "its gate is UserNamespacesHostNetworkSupport"
        )


def _look_alike_labels(document: Node, meta: Node, pod: Node) -> Faults:
    """A value that is one or two slips away from the DaemonSet's own name, or from an image's."""
    names = [document.below("metadata").text("name")]
    for container in pod.items("containers"):
        names += [container.text("name"), *re.split(r"[/-]", container.text("image").partition("@")[0].split(":")[0])]
    known = [name for name in dict.fromkeys(names) if len(name) >= 5]
    for node in (document.below("metadata"), meta):
        for key, value in node.mapping("labels").items():
            if len(value) < 5 or value in names:
                continue
            near = next((name for name in known if 0 < distance(value, name, 2) <= (1 if len(name) < 7 else 2)), "")
            if near and not _is_other_word(value, near):
                path = f"{node.child('labels')}[{key}]"
                yield warning(path, f'label {key}: "{value}" looks like a slip of "{near}"', f"did you mean {near}?")


def _is_other_word(value: str, name: str) -> bool:
    """Numbers and versions differ on purpose: ``agent-1`` and ``agent-2``, ``agentv2``."""
    return bool(re.sub(r"[^0-9]", "", value) != re.sub(r"[^0-9]", "", name))
