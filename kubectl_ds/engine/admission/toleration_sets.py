"""When one toleration makes another one needless, and what follows for lists of them.

Mirrors ``MergeTolerations``, ``VerifyAgainstWhitelist`` and ``isSuperset`` (pkg/util/tolerations, Kubernetes 1.37).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ds.model.taint import NO_EXECUTE, Toleration


def is_superset(wider: Toleration, toleration: Toleration) -> bool:
    """Whether ``wider`` tolerates all that ``toleration`` does.

    A toleration without operator means Equal, yet no other toleration covers it that is not the very same, or Exists.
    """
    if wider == toleration:
        return True
    if toleration.key != wider.key and (wider.key or wider.operator != "Exists"):
        return False
    if wider.effect not in ("", toleration.effect):
        return False
    if wider.effect == NO_EXECUTE and wider.toleration_seconds is not None:
        seconds = toleration.toleration_seconds
        if seconds is None or seconds > wider.toleration_seconds:
            return False
    if wider.operator in ("", "Equal"):
        return toleration.operator == "Equal" and toleration.value == wider.value
    return wider.operator == "Exists"


def merge(first: Iterable[Toleration], second: Iterable[Toleration]) -> tuple[Toleration, ...]:
    """Both lists without those that another one covers, in their order; of equal ones the first stays."""
    everything = (*first, *second)
    merged: list[Toleration] = []
    for number, each in enumerate(everything):
        if any(is_superset(kept, each) for kept in merged):
            continue
        if any(later != each and is_superset(later, each) for later in everything[number + 1 :]):
            continue
        merged.append(each)
    return tuple(merged)


def not_covered(tolerations: Iterable[Toleration], whitelist: Sequence[Toleration]) -> tuple[Toleration, ...]:
    """Those that no entry of the whitelist covers; an empty whitelist restricts nothing."""
    if not whitelist:
        return ()
    return tuple(each for each in tolerations if not any(is_superset(entry, each) for entry in whitelist))
