"""Tolerations that the namespace gives to every pod, and the only ones that it allows, where the plugin is on.

Mirrors ``Plugin.Admit``, ``Validate`` and ``extractNSTolerations`` (plugin/pkg/admission/podtolerationrestriction,
Kubernetes 1.37), with ``json.Unmarshal`` into tolerations. The plugin is off by default, and its lists for the whole
cluster live in a file of the API server: only the two annotations can be read. The whitelist is asked about *every*
toleration, the controller's automatic ones included.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ds.engine.admission.aggregate import is_best_effort
from kubectl_ds.engine.admission.optional_plugin import Standing, standing
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal, toleration_text
from kubectl_ds.engine.admission.toleration_sets import is_superset, merge, not_covered
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.model.pod import Pod, PodSpec
from kubectl_ds.model.taint import NO_SCHEDULE, Toleration

PLUGIN = "PodTolerationRestriction"
DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations"
WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
_MEMORY_PRESSURE = Toleration(key="node.kubernetes.io/memory-pressure", operator="Exists", effect=NO_SCHEDULE)
_TEXT_FIELDS = {"key": "key", "operator": "operator", "value": "value", "effect": "effect"}


class TolerationsError(ValueError):
    """An annotation that is no JSON list of tolerations."""


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with the namespace's tolerations merged in; refused when one is not allowed, or a list is unreadable."""
    if not _annotations(request):
        return pod, Step(plugin=PLUGIN)
    now = _standing(request)
    if now is Standing.OFF:
        return pod, Step(plugin=PLUGIN)
    assumed = now is Standing.ASSUMED
    try:
        defaults = namespace_tolerations(request, DEFAULTS) or ()
    except TolerationsError:
        return pod, _refused("unparsable", (DEFAULTS,), assumed)
    extra = defaults if is_best_effort(pod.spec, request.minor) else (*defaults, _MEMORY_PRESSURE)
    if extra:
        tolerations = merge(pod.spec.tolerations, extra)
        pod = msgspec.structs.replace(pod, spec=msgspec.structs.replace(pod.spec, tolerations=tolerations))
    broken = _check(request, pod, assumed)
    sources = tuple(key for key in (DEFAULTS, WHITELIST) if key in _annotations(request))
    return pod, broken or Step(plugin=PLUGIN, sources=sources, assumed=assumed)


def validate(request: Request, pod: Pod) -> Step:
    """The same check of the whitelist once more, after RuntimeClass may have added tolerations."""
    if not _annotations(request):
        return Step(plugin=PLUGIN)
    now = _standing(request)
    if now is Standing.OFF:
        return Step(plugin=PLUGIN)
    assumed = now is Standing.ASSUMED
    return _check(request, pod, assumed) or Step(plugin=PLUGIN, assumed=assumed)


def namespace_tolerations(request: Request, key: str) -> tuple[Toleration, ...] | None:
    """The list in an annotation of the namespace; None without the annotation, empty for the empty text.

    Raises:
        TolerationsError: it is no JSON list of tolerations.
    """
    text = _annotations(request).get(key)
    if text is None:
        return None
    return parse_tolerations(text) if text else ()


def parse_tolerations(text: str) -> tuple[Toleration, ...]:
    """JSON as Go reads it: field names in any case, unknown fields and nulls passed over, the last of doubles.

    Raises:
        TolerationsError: no JSON, not a list of objects, or a field of another type.
    """
    try:
        data = decode_generic(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise TolerationsError(str(error)) from error
    if data is None:
        return ()
    if not isinstance(data, list):
        raise TolerationsError("not a list")
    return tuple(_toleration(each) for each in data)


def _toleration(data: Any) -> Toleration:
    if data is None:
        return Toleration()
    if not isinstance(data, dict):
        raise TolerationsError("not an object")
    fields: dict[str, Any] = {}
    for key, value in data.items():
        name = key.lower()
        if value is None:
            continue
        if name in _TEXT_FIELDS:
            if not isinstance(value, str):
                raise TolerationsError(f"{key} is no text")
            fields[name] = value
        elif name == "tolerationseconds":
            if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
                raise TolerationsError(f"{key} is no whole number")
            fields["toleration_seconds"] = value
    return Toleration(**fields)


def _annotations(request: Request) -> dict[str, str]:
    """The plugin's annotations of the namespace."""
    namespace = request.namespace
    if namespace is None:
        return {}
    found = namespace.metadata.annotations
    return {key: found[key] for key in (DEFAULTS, WHITELIST) if key in found}


def _standing(request: Request) -> Standing:
    """By the defaults, if there are any that can be read, else by the whitelist, which no pod can carry for sure."""
    try:
        defaults = namespace_tolerations(request, DEFAULTS)
        whitelist = namespace_tolerations(request, WHITELIST) or ()
    except TolerationsError:
        return standing(request, lambda fields: _either(fields.default_tolerations, fields.tolerations_whitelist), _no)
    if defaults:
        return standing(request, lambda fields: fields.default_tolerations, lambda spec: _has(spec, defaults))
    if whitelist:
        return standing(
            request,
            lambda fields: fields.tolerations_whitelist,
            lambda spec: not not_covered(spec.tolerations, whitelist),
        )
    return Standing.ASSUMED if request.assume else Standing.OFF


def _either(one: object, other: object) -> object:
    return one if one is not None else other


def _no(spec: PodSpec) -> bool:
    """Nothing carries what cannot be read; a pod that was made all the same shows that nobody tried."""
    return False


def _has(spec: PodSpec, wanted: tuple[Toleration, ...]) -> bool:
    return all(any(is_superset(own, each) for own in spec.tolerations) for each in wanted)


def _check(request: Request, pod: Pod, assumed: bool) -> Step | None:
    """``VerifyAgainstWhitelist``; None when every toleration is allowed."""
    if not pod.spec.tolerations:
        return None
    try:
        whitelist = namespace_tolerations(request, WHITELIST)
    except TolerationsError:
        return _refused("unparsable", (WHITELIST,), assumed)
    outside = not_covered(pod.spec.tolerations, whitelist or ())
    return _refused("notCovered", tuple(toleration_text(each) for each in outside), assumed) if outside else None


def _refused(rule: str, details: tuple[str, ...], assumed: bool) -> Step:
    evidence = AdmissionEvidence(admission="tolerationWhitelist", rule=rule, details=details, assumed=assumed)
    return Step(plugin=PLUGIN, refusals=(refusal(evidence),), assumed=assumed)
