"""What differs between the schedulers of the supported Kubernetes versions, under upstream's default feature gates.

It must not know what the rules are used for. A version that nobody knows counts as the newest.
"""

from __future__ import annotations

import re

from kubectl_ds.model.value import Value

_NEWEST = 37
_MINOR = re.compile(r"v?1\.(\d+)")


class Rules(Value, frozen=True):
    """The scheduler's rules in one minor version of Kubernetes 1.x."""

    minor: int = _NEWEST

    @property
    def excess_is_unresolvable(self) -> bool:
        """Whether a request above a node's allocatable rules preemption out at once (1.34, ``Fit.Filter``)."""
        return self.minor >= 34

    @property
    def budgets_stop_at_first(self) -> bool:
        """Whether a pod uses up no further budget once one is broken (1.37, ``FilterVictimsWithPDBViolation``)."""
        return self.minor >= 37

    @property
    def resize_by_pod(self) -> bool:
        """Whether resized pods hold the larger total, not the larger of each container (1.37, ``PodRequests``)."""
        return self.minor >= 37

    @property
    def drivers_may_be_required(self) -> bool:
        """Whether ``preventPodSchedulingIfMissing`` of a CSI driver counts (1.37, gate VolumeLimitScaling)."""
        return self.minor >= 37

    @property
    def nodes_declare_features(self) -> bool:
        """Whether the plugin NodeDeclaredFeatures is on (1.36)."""
        return self.minor >= 36


def rules_of(version: str | None) -> Rules:
    """The rules of a server's gitVersion, such as ``v1.33.13`` or ``v1.34.2-gke.100``."""
    match = _MINOR.match(version or "")
    return Rules(minor=int(match[1])) if match else Rules()
