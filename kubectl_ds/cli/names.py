"""NAME in all the forms that kubectl takes: ``fluentd``, ``ds/fluentd``, ``daemonset.apps/fluentd``."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.errors import UsageError

_TYPES = frozenset({"ds", "daemonset", "daemonsets", "daemonset.apps", "daemonsets.apps", "daemonsets.v1.apps"})


def daemon_set_names(arguments: Iterable[str]) -> tuple[str, ...]:
    """The bare names, in the order given.

    Raises:
        UsageError: an argument names another type, or nothing.
    """
    return tuple(_name(argument) for argument in arguments)


def is_type_word(argument: str) -> bool:
    """Whether it is kubectl's word for the type, as in ``get ds fluentd``."""
    return argument.lower() in _TYPES


def _name(argument: str) -> str:
    kind, slash, name = argument.partition("/")
    if not slash:
        kind, name = "ds", argument
    if kind.lower() not in _TYPES | {"daemonset.v1.apps"}:
        raise UsageError(f"{argument!r} is not a DaemonSet; give its name, or ds/NAME")
    if not name or "/" in name:
        raise UsageError(f"{argument!r} names no DaemonSet; write ds/NAME")
    return name
