"""The DaemonSet itself: selector, update strategy, and what its pod template may not say.

``ValidateDaemonSetSpec`` and ``ValidateRollingUpdateDaemonSet``, with the defaults of ``SetDefaults_DaemonSet``.
"""

from __future__ import annotations

import re
from typing import Any

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.annotations import pod_annotations
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid, not_supported, required
from kubectl_ds.manifest.checks.metadata import annotation_keys, labels
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.selector import label_selector, selects

_MISMATCH = "`selector` does not match template `labels`"


def daemon_set(document: Node) -> Faults:
    """``spec`` and the metadata of the template; the pod has its own checks."""
    spec = document.below("spec")
    template = spec.below("template")
    meta = template.below("metadata")
    yield from _selector(spec, meta)
    yield from labels(meta, "labels")
    yield from annotation_keys(meta)
    yield from pod_annotations(template)
    pod = template.below("spec")
    if pod.text("restartPolicy") in ("OnFailure", "Never"):
        yield not_supported(pod.child("restartPolicy"), pod.text("restartPolicy"), ["Always"])
    if pod.has("activeDeadlineSeconds") and pod.sound("activeDeadlineSeconds"):
        yield forbidden(pod.child("activeDeadlineSeconds"), "activeDeadlineSeconds in DaemonSet is not Supported")
    for name in ("minReadySeconds", "revisionHistoryLimit"):
        number = spec.number(name)
        if number is not None and number < 0:
            yield invalid(spec.child(name), number, "must be greater than or equal to 0")
    yield from _update_strategy(spec.below("updateStrategy"))


def _selector(spec: Node, meta: Node) -> Faults:
    selector = spec.object("selector")
    written = meta.mapping("labels")
    if selector is None:
        if spec.sound("selector"):
            yield required(spec.child("selector"), "", _suggest_selector(written))
        return
    yield from label_selector(selector)
    if not selector.sound("matchLabels") or not selector.sound("matchExpressions") or selector.path in spec.spoiled:
        return
    if not selector.mapping("matchLabels") and not selector.items("matchExpressions"):
        yield invalid(
            selector.path, selector.data, "empty selector is invalid for daemonset", _suggest_selector(written)
        )
    elif meta.sound("labels") and selects(selector, written) is False:
        path = meta.child("labels")
        wanted = {key: value for key, value in selector.mapping("matchLabels").items() if written.get(key) != value}
        lines = ", ".join(f"{key}: {value}" for key, value in wanted.items())
        advice = f"the labels of the template must include all that {selector.path} asks for"
        yield invalid(path, written, _MISMATCH, f"{advice}: {lines}" if lines else advice)


def _suggest_selector(written: dict[str, str]) -> str:
    if not written:
        return "spec.selector and spec.template.metadata.labels are missing: give both the same labels"
    wanted = ", ".join(f"{key}: {value}" for key, value in written.items())
    return f"add under spec: selector: {{matchLabels: {{{wanted}}}}}"


def _update_strategy(strategy: Node) -> Faults:
    kind = strategy.text("type") or "RollingUpdate"
    if kind not in ("RollingUpdate", "OnDelete"):
        yield not_supported(strategy.child("type"), kind, ["RollingUpdate", "OnDelete"])
    if kind != "RollingUpdate" or not strategy.sound("rollingUpdate"):
        return
    rolling = strategy.below("rollingUpdate")
    found: dict[str, int] = {}
    for name, default in (("maxUnavailable", 1), ("maxSurge", 0)):
        value: Any = rolling.data.get(name) if rolling.has(name) else default
        path = rolling.child(name)
        if isinstance(value, str):
            details = formats.percent(value)
            yield from each_invalid(path, value, details)
            found[name] = int(value[:-1]) if not details else _go_integer(value)
            if not details and found[name] > 100:
                yield invalid(path, value, "must not be greater than 100%")
        elif isinstance(value, int):
            found[name] = value
            if value < 0:
                yield invalid(path, value, "must be greater than or equal to 0")
    if found["maxSurge"] and found["maxUnavailable"]:
        advice = "" if rolling.has("maxUnavailable") else "write maxUnavailable: 0 beside it: left out, it is 1"
        detail = "may not be set when maxUnavailable is non-zero"
        yield invalid(rolling.child("maxSurge"), rolling.data.get("maxSurge"), detail, advice)
    elif not found["maxSurge"] and not found["maxUnavailable"]:
        yield required(rolling.child("maxUnavailable"), "cannot be 0 when maxSurge is 0")


def _go_integer(text: str) -> int:
    """``IntOrString.IntValue``: what is no number counts as nothing."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else 0
