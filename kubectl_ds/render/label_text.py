"""Labels and selectors in the words of kubectl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_ds.render.go_sort import go_sorted

_OPERATORS = {"In": " in ", "NotIn": " notin "}


def format_labels(labels: Mapping[str, str] | None) -> str:
    """``a=1,b=2``, or ``<none>``. Mirrors ``labels.FormatLabels`` (k8s.io/apimachinery v0.37)."""
    return ",".join(sorted(f"{key}={value}" for key, value in (labels or {}).items())) or "<none>"


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """``app=x,tier in (a,b),!gone``; empty for a selector that restricts nothing.

    Mirrors ``metav1.LabelSelectorAsSelector`` and ``internalSelector.String`` (k8s.io/apimachinery v0.37).
    """
    selector = selector or {}
    labels = sorted((selector.get("matchLabels") or {}).items())
    requirements = [(key, f"{key}={value}") for key, value in labels]
    for each in selector.get("matchExpressions") or ():
        requirements.append((each.get("key", ""), _requirement_text(each)))
    return ",".join(text for _, text in go_sorted(requirements, lambda left, right: left[0] < right[0]))


def format_selector(selector: Mapping[str, Any] | None) -> str:
    """The same, or ``<none>``. Mirrors ``metav1.FormatLabelSelector`` (k8s.io/apimachinery v0.37)."""
    return selector_text(selector) or "<none>"


def _requirement_text(requirement: Mapping[str, Any]) -> str:
    key, operator = requirement.get("key", ""), requirement.get("operator", "")
    if operator in _OPERATORS:
        return f"{key}{_OPERATORS[operator]}({','.join(sorted(requirement.get('values') or ()))})"
    return f"!{key}" if operator == "DoesNotExist" else str(key)
