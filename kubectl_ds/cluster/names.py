"""Names that somebody may have meant instead of one that is not there; of a cluster or a capture alike."""

from __future__ import annotations

from collections.abc import Iterable


def name_hint(namespace: str | None, name: str, names_here: list[str], namespaces: list[str]) -> str:
    """The hint, from what is there: names in this namespace, and namespaces that have one of that name."""
    if namespaces:
        return f"there is one in namespace {', '.join(namespaces[:3])}: add -n {namespaces[0]}"
    close = similar_names(name, names_here)
    if close:
        return f"did you mean {' or '.join(close)}?"
    where = f"namespace {namespace}" if namespace else "any namespace"
    return "" if names_here else f"there are no DaemonSets in {where}"


def similar_names(name: str, names: Iterable[str]) -> list[str]:
    """At most three of ``names`` that ``name`` may be a slip of, likeliest first."""
    from difflib import get_close_matches

    return get_close_matches(name, sorted(set(names)), n=3, cutoff=0.6)
