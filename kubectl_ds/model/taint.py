"""Taints, tolerations, and when one matches the other.

Mirrors ``v1helper.ToleratesTaint`` and ``FindMatchingUntoleratedTaint``
(k8s.io/component-helpers/scheduling/corev1 v0.37).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.model.value import Value

NO_SCHEDULE = "NoSchedule"
NO_EXECUTE = "NoExecute"
PREFER_NO_SCHEDULE = "PreferNoSchedule"


class Taint(Value, frozen=True):
    """A node's taint."""

    key: str = ""
    value: str = ""
    effect: str = ""

    def __str__(self) -> str:
        """``key=value:Effect``, as ``kubectl taint`` takes it."""
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


class Toleration(Value, frozen=True):
    """A pod's toleration."""

    key: str = ""
    operator: str = ""
    """``Equal`` (also when empty) or ``Exists``; ``Lt`` and ``Gt`` only behind a feature gate."""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None

    def tolerates(self, taint: Taint) -> bool:
        """Whether this toleration matches ``taint``: an empty effect or key is a wildcard (the key only with Exists).

        ``Lt`` and ``Gt`` match nothing: the gate TaintTolerationComparisonOperators is off by default.
        """
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        if self.operator in ("", "Equal"):
            return self.value == taint.value
        return self.operator == "Exists"


def untolerated(
    taints: Iterable[Taint], tolerations: Iterable[Toleration], effects: frozenset[str]
) -> tuple[Taint, ...]:
    """The taints of these effects that no toleration matches, in the node's order."""
    known = tuple(tolerations)
    return tuple(
        taint for taint in taints if taint.effect in effects and not any(each.tolerates(taint) for each in known)
    )
