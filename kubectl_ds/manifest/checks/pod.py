"""The pod of the template, as a whole (``ValidatePodSpec``); containers and volumes have files of their own."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.affinity import affinity, topology_spread
from kubectl_ds.manifest.checks.containers import containers, init_containers
from kubectl_ds.manifest.checks.dns import dns, host_aliases
from kubectl_ds.manifest.checks.fault import (
    Faults,
    duplicate,
    each_invalid,
    forbidden,
    invalid,
    not_supported,
    required,
)
from kubectl_ds.manifest.checks.metadata import labels
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.pod_resources import pod_resources
from kubectl_ds.manifest.checks.resources import resource_requirements
from kubectl_ds.manifest.checks.security import host_users, pod_security_context
from kubectl_ds.manifest.checks.tolerations import tolerations
from kubectl_ds.manifest.checks.volumes import volumes
from kubectl_ds.manifest.checks.windows import operating_system

_ENUMS = {
    "restartPolicy": ("Always", "OnFailure", "Never"),
    "dnsPolicy": ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
}


def pod_spec(pod: Node) -> Faults:
    """``spec.template.spec``."""
    for name, supported in _ENUMS.items():
        if pod.text(name) and pod.text(name) not in supported:
            yield not_supported(pod.child(name), pod.text(name), supported)
    preemption = pod.data.get("preemptionPolicy")
    if isinstance(preemption, str) and preemption not in ("PreemptLowerPriority", "Never"):
        yield not_supported(pod.child("preemptionPolicy"), preemption, ("PreemptLowerPriority", "Never"))
    yield from volumes(pod)
    yield from _resource_claims(pod)
    yield from containers(pod)
    yield from init_containers(pod)
    yield from pod_resources(pod)
    if pod.items("ephemeralContainers"):
        yield forbidden(pod.child("ephemeralContainers"), "ephemeral containers not allowed in pod template")
    yield from labels(pod, "nodeSelector")
    yield from pod_security_context(pod)
    yield from host_users(pod)
    yield from affinity(pod)
    yield from topology_spread(pod)
    yield from tolerations(pod)
    yield from dns(pod)
    yield from host_aliases(pod)
    yield from _gates(pod)
    yield from _names(pod)
    yield from operating_system(pod)
    if pod.has("overhead"):
        yield from resource_requirements(Node(pod.path, {"limits": pod.data["overhead"]}, pod.spoiled), frozenset())


def _resource_claims(pod: Node) -> Faults:
    names = set()
    for claim in pod.items("resourceClaims"):
        name = claim.text("name")
        if not name:
            yield required(claim.child("name"))
        elif name in names:
            yield duplicate(claim.child("name"), name)
        else:
            yield from each_invalid(claim.child("name"), name, formats.dns_label(name))
        names.add(name)
        sources = [each for each in ("resourceClaimName", "resourceClaimTemplateName") if claim.has(each)]
        if len(sources) == 2:
            detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            yield invalid(claim.path, name, detail)
        elif not sources:
            yield invalid(claim.path, name, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
        for each in sources:
            yield from each_invalid(claim.child(each), claim.text(each), formats.dns_subdomain(claim.text(each)))


def _gates(pod: Node) -> Faults:
    for gate in pod.items("readinessGates"):
        kind = gate.text("conditionType")
        yield from each_invalid(gate.child("conditionType"), kind, formats.label_key(kind))
    seen = set()
    for gate in pod.items("schedulingGates"):
        name = gate.text("name")
        yield from each_invalid(gate.child("name"), name, formats.label_key(name))
        if name in seen:
            yield duplicate(gate.path, name)
        seen.add(name)


def _names(pod: Node) -> Faults:
    for field in ("serviceAccountName", "nodeName", "priorityClassName"):
        if pod.text(field):
            yield from each_invalid(pod.child(field), pod.text(field), formats.dns_subdomain(pod.text(field)))
    if not pod.text("serviceAccountName") and pod.text("serviceAccount"):
        account = pod.text("serviceAccount")
        yield from each_invalid(pod.child("serviceAccount"), account, formats.dns_subdomain(account))
    for field in ("hostname", "subdomain"):
        if pod.text(field):
            yield from each_invalid(pod.child(field), pod.text(field), formats.dns_label(pod.text(field)))
    runtime = pod.data.get("runtimeClassName")
    if isinstance(runtime, str):
        yield from each_invalid(pod.child("runtimeClassName"), runtime, formats.dns_subdomain(runtime))
    if pod.flag("shareProcessNamespace") and pod.flag("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid(pod.child("shareProcessNamespace"), True, detail)
    override = pod.data.get("hostnameOverride")
    if isinstance(override, str):
        path = pod.child("hostnameOverride")
        if pod.flag("setHostnameAsFQDN"):
            yield forbidden(path, "may not be specified when setHostnameAsFQDN is true")
        if pod.flag("hostNetwork"):
            yield forbidden(path, "may not be specified when hostNetwork is true")
        if formats.length(override) > 64:
            yield invalid(path, override, "may not be more than 64 bytes")
        yield from each_invalid(path, override, formats.dns_subdomain(override))
