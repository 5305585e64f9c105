"""NAME in all the forms that kubectl takes: ``fluentd``, ``ds/fluentd``, ``daemonset.apps/fluentd``."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kubectl_ds.errors import UsageError

_TYPES = frozenset(
    {"ds", "daemonset", "daemonsets", "daemonset.apps", "daemonsets.apps", "daemonset.v1.apps", "daemonsets.v1.apps"}
)
_MIXED = (
    "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form "
    "(e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
)


class Arguments(msgspec.Struct, frozen=True):
    """What stands after a verb, as kubectl's builder takes it."""

    names: tuple[str, ...] = ()
    typed: bool = False
    """Whether each name had its type before a slash."""
    word: bool = False
    """Whether the type stood as a word of its own."""


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
    if kind.lower() not in _TYPES:
        raise UsageError(f"{argument!r} is not a DaemonSet; give its name, or ds/NAME")
    if not name or "/" in name:
        raise UsageError(f"{argument!r} names no DaemonSet; write ds/NAME")
    return name


def kubectl_arguments(arguments: Iterable[str]) -> Arguments:
    """The names in ``NAME…``, ``ds NAME…`` or ``ds/NAME…``, which kubectl does not mix.

    Mirrors ``Builder.ResourceTypeOrNameArgs`` (k8s.io/cli-runtime v0.37), sentences included.

    Raises:
        UsageError: they are mixed, or name another type.
    """
    given = tuple(arguments)
    slashes = sum("/" in each for each in given)
    if not slashes:
        word = bool(given) and is_type_word(given[0])
        return Arguments(given[1:] if word else given, word=word)
    if slashes < len(given):
        raise UsageError(_MIXED)
    for each in given:
        if each.count("/") > 1:
            raise UsageError("arguments in resource/name form may not have more than one slash")
        if not all(each.split("/")) or "," in each.partition("/")[0]:
            raise UsageError("arguments in resource/name form must have a single resource and name")
    return Arguments(daemon_set_names(given), typed=True)
