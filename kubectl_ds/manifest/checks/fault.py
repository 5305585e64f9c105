"""What is wrong with a field, in the words of the API server (apimachinery v0.37.2, ``field.Error``)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubectl_ds.manifest.finding import Severity
from kubectl_ds.manifest.suggest import closest

Faults = Iterator["Fault"]


@dataclass(frozen=True)
class Fault:
    """One problem."""

    path: str
    """Of the field, as the API server writes it; the field itself may be missing."""
    message: str
    suggestion: str = ""
    severity: Severity = Severity.ERROR


def required(path: str, detail: str = "", suggestion: str = "") -> Fault:
    """A field that must be there."""
    return Fault(path, f"{path}: Required value{f': {detail}' if detail else ''}", suggestion)


def invalid(path: str, value: object, detail: str, suggestion: str = "") -> Fault:
    """A value that cannot be."""
    return Fault(path, f"{path}: Invalid value: {json.dumps(value, ensure_ascii=False)}: {detail}", suggestion)


def forbidden(path: str, detail: str, suggestion: str = "") -> Fault:
    """A field that must not be there."""
    return Fault(path, f"{path}: Forbidden: {detail}", suggestion)


def duplicate(path: str, value: object) -> Fault:
    """A value that must be there only once."""
    return Fault(path, f"{path}: Duplicate value: {json.dumps(value, ensure_ascii=False)}")


def not_found(path: str, value: str, suggestion: str = "") -> Fault:
    """A reference to what is not there."""
    return Fault(path, f"{path}: Not found: {json.dumps(value, ensure_ascii=False)}", suggestion)


def not_supported(path: str, value: object, supported: Iterable[str]) -> Fault:
    """A value that is none of those that can be; the nearest of them is suggested."""
    known = list(supported)
    near = closest(value, known) if isinstance(value, str) else None
    written = ", ".join(json.dumps(each) for each in known)
    message = f"{path}: Unsupported value: {json.dumps(value, ensure_ascii=False)}: supported values: {written}"
    return Fault(path, message, f"did you mean {near}?" if near else "")


def warning(path: str, message: str, suggestion: str = "") -> Fault:
    """What the server accepts, and what is worth knowing."""
    return Fault(path, message, suggestion, Severity.WARNING)


def each_invalid(path: str, value: object, details: Iterable[str]) -> Faults:
    """The same value, wrong in several ways."""
    return (invalid(path, value, detail) for detail in details)
