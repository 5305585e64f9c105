"""Requests, limits and claims (``validateResourceRequirements``)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import (
    Faults,
    duplicate,
    each_invalid,
    forbidden,
    invalid,
    not_found,
    not_supported,
    required,
)
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.suggest import closest
from kubectl_ds.model import quantity

_STANDARD = ("cpu", "memory", "ephemeral-storage")
_POD_STANDARD = ("cpu", "memory")
HUGE = "hugepages-"


def pod_resource_name(path: str, name: str) -> Faults:
    """``validatePodResourceName``: fewer than a container may have."""
    details = formats.label_key(name)
    yield from each_invalid(path, name, details)
    if not details and name not in _POD_STANDARD and not name.startswith(HUGE):
        yield not_supported(path, name, (*_POD_STANDARD, HUGE))


def container_resource_name(path: str, name: str) -> Faults:
    """``ValidateContainerResourceName``."""
    details = formats.label_key(name)
    near = closest(name, _STANDARD)
    advice = f"did you mean {near}?" if near else ""
    if details:
        yield from each_invalid(path, name, details)
    elif "/" not in name:
        if name not in _STANDARD and not name.startswith(HUGE):
            yield invalid(path, name, "must be a standard resource for containers", advice)
    elif "kubernetes.io/" not in name and (name.startswith("requests.") or formats.label_key(f"requests.{name}")):
        yield invalid(path, name, "doesn't follow extended resource name standard")


def resource_requirements(
    resources: Node, claims: frozenset[str], check_name: Callable[[str, str], Faults] = container_resource_name
) -> Faults:
    """The resources of a container; ``claims`` are those that the pod has."""
    limits = resources.below("limits")
    requests = resources.below("requests")
    for node in (limits, requests):
        for name in node.data:
            path = f"{node.path}[{name}]"
            yield from check_name(path, name)
            yield from _amount(node, path, name)
    for name in requests.data:
        yield from _against_limit(requests, limits, name)
    names = [*limits.data, *requests.data]
    if any(name.startswith(HUGE) for name in names) and not {"cpu", "memory"} & set(names):
        yield forbidden(resources.path, "HugePages require cpu or memory")
    yield from _claims(resources, claims)


def _amount(node: Node, path: str, name: str) -> Faults:
    number = amount(node, name)
    if number is None:
        return
    written = node.data[name]
    if number < 0:
        yield invalid(path, written, "must be greater than or equal to 0")
    extended = "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")
    if extended and number.denominator != 1:
        yield invalid(path, written, "must be an integer")
    if name.startswith(HUGE):
        try:
            page = quantity.parse(name.removeprefix(HUGE))
        except quantity.QuantityError:
            page = Fraction(0)
        if page <= 0 or page.denominator != 1 or _ceil(number) % page:
            yield invalid(path, written, f"{written} is not positive integer multiple of {name}")


def _against_limit(requests: Node, limits: Node, name: str) -> Faults:
    request = amount(requests, name)
    overcommit = not name.startswith(HUGE) and ("/" not in name or "kubernetes.io/" in name)
    path = f"{requests.path}[{name}]"
    if name not in limits.data:
        if not overcommit and limits.path not in limits.spoiled:
            yield required(f"{limits.path}[{name}]", "Limit must be set for non overcommitable resources")
        return
    limit = amount(limits, name)
    if request is None or limit is None:
        return
    written = requests.data[name]
    if request != limit and not overcommit:
        yield invalid(path, written, f"must be equal to {name} limit of {limits.data[name]}")
    elif request > limit:
        yield invalid(path, written, f"must be less than or equal to {name} limit of {limits.data[name]}")


def _claims(resources: Node, claims: frozenset[str]) -> Faults:
    seen: set[str] = set()
    for claim in resources.items("claims"):
        name, request = claim.text("name"), claim.text("request")
        if not name:
            yield required(claim.path)
            continue
        key = f"{name}/{request}" if request else name
        yield from each_invalid(claim.child("request"), request, formats.dns_label(request) if request else [])
        if name in seen or key in seen or (not request and any(each.startswith(f"{name}/") for each in seen)):
            yield duplicate(claim.path, key)
        seen.add(key)
        if name not in claims:
            yield not_found(claim.path, name, "must be one of the names in spec.template.spec.resourceClaims")


def amount(node: Node, name: str) -> Fraction | None:
    """An amount, to the milli as the server rounds it up (``SetDefaults_ResourceList``); None when it is none."""
    value = node.data[name]
    if value is None:
        return Fraction(0)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        return Fraction(_ceil(quantity.parse(value) * 1000), 1000)
    except quantity.QuantityError:
        return None


def _ceil(number: Fraction) -> int:
    return -((-number.numerator) // number.denominator)
