"""Containers and init containers (``validateContainers``, ``validateInitContainers``, ``validateContainerCommon``)."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.env import env, env_from
from kubectl_ds.manifest.checks.fault import (
    Faults,
    duplicate,
    each_invalid,
    forbidden,
    invalid,
    not_supported,
    required,
)
from kubectl_ds.manifest.checks.mounts import volume_devices, volume_mounts
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.ports import duplicate_host_ports, host_network_ports, ports
from kubectl_ds.manifest.checks.probes import lifecycle, probes
from kubectl_ds.manifest.checks.resources import resource_requirements
from kubectl_ds.manifest.checks.security import security_context

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MESSAGE_POLICIES = ("FallbackToLogsOnError", "File")
_NOT_FOR_INIT = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")


def containers(pod: Node) -> Faults:
    """The containers that run side by side."""
    found = pod.items("containers")
    if not found:
        if pod.sound("containers"):
            yield required(pod.child("containers"))
        return
    names = set()
    for container in found:
        yield from _common(pod, container)
        name = container.text("name")
        if name in names and container.sound("name"):
            yield duplicate(container.child("name"), name)
        names.add(name)
        yield from lifecycle(pod, container)
        yield from probes(pod, container)
        yield from _restart_rules(container)
    yield from duplicate_host_ports(found)
    yield from host_network_ports(pod, found)


def init_containers(pod: Node) -> Faults:
    """The containers that run before; those that restart always run beside."""
    names = {each.text("name") for each in pod.items("containers")}
    for container in pod.items("initContainers"):
        yield from _common(pod, container)
        name = container.text("name")
        if name and name in names:
            yield duplicate(container.child("name"), name)
        names.add(name)
        yield from _restart_rules(container)
        yield from duplicate_host_ports((container,))
        sidecar = container.text("restartPolicy") == "Always"
        if sidecar:
            yield from lifecycle(pod, container)
            yield from probes(pod, container)
            continue
        for field in _NOT_FOR_INIT:
            if container.has(field):
                yield forbidden(
                    container.child(field), "may not be set for init containers without restartPolicy=Always"
                )
        for policy in container.items("resizePolicy"):
            if policy.text("restartPolicy") == "RestartContainer":
                detail = "must not be set to 'RestartContainer' for non-sidecar initContainers"
                yield invalid(policy.child("restartPolicy"), "RestartContainer", detail)


def _common(pod: Node, container: Node) -> Faults:
    name = container.text("name")
    if not name:
        if container.sound("name"):
            yield required(container.child("name"))
    else:
        yield from each_invalid(container.child("name"), name, formats.dns_label(name))
    if not container.text("image") and container.sound("image"):
        yield required(container.child("image"))
    yield from _enum(container, "terminationMessagePolicy", _MESSAGE_POLICIES)
    yield from _enum(container, "imagePullPolicy", _PULL_POLICIES)
    yield from ports(container)
    yield from env(pod, container)
    yield from env_from(container)
    yield from volume_mounts(pod, container)
    yield from volume_devices(pod, container)
    claims = frozenset(each.text("name") for each in pod.items("resourceClaims"))
    yield from resource_requirements(container.below("resources"), claims)
    yield from _resize_policies(container)
    yield from security_context(pod, container)


def _enum(node: Node, name: str, supported: Iterable[str]) -> Faults:
    if node.text(name) and node.text(name) not in supported:
        yield not_supported(node.child(name), node.text(name), supported)


def _resize_policies(container: Node) -> Faults:
    seen = set()
    for policy in container.items("resizePolicy"):
        resource = policy.text("resourceName")
        if resource in seen:
            yield duplicate(policy.path, resource)
        seen.add(resource)
        for field, supported in (
            ("resourceName", ("cpu", "memory")),
            ("restartPolicy", ("NotRequired", "RestartContainer")),
        ):
            if not policy.text(field):
                yield required(policy.child(field))
            yield from _enum(policy, field, supported)


def _restart_rules(container: Node) -> Faults:
    """``validateContainerRestartPolicy``; the feature is on by default since 1.35."""
    policy = container.data.get("restartPolicy")
    rules = container.items("restartPolicyRules")
    if policy is None and rules and container.sound("restartPolicy"):
        yield required(container.child("restartPolicy"), "must specify restartPolicy when restart rules are used")
    elif isinstance(policy, str) and policy not in ("Always", "Never", "OnFailure"):
        yield not_supported(container.child("restartPolicy"), policy, ("Always", "Never", "OnFailure"))
    if len(rules) > 20:
        yield invalid(container.child("restartPolicyRules"), len(rules), "must have at most 20 items")
    for rule in rules:
        if rule.text("action") not in ("Restart", "RestartAllContainers"):
            yield not_supported(rule.child("action"), rule.text("action"), ("Restart", "RestartAllContainers"))
        if not rule.has("exitCodes"):
            yield required(rule.child("exitCodes"), "must be specified")
            continue
        codes = rule.below("exitCodes")
        if codes.text("operator") not in ("In", "NotIn"):
            yield not_supported(codes.child("operator"), codes.text("operator"), ("In", "NotIn"))
