"""What every admission plugin may look at: the snapshot, the DaemonSet's template as it came, and the version served.

Plugins see the world through this alone. It must not know what any of them decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.evidence import UnknownEvidence
from kubectl_ds.engine.fit.rules import rules_of
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_generic, without_nulls
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import Namespace
from kubectl_ds.model.snapshot import Gap, Snapshot


@dataclass(frozen=True)
class Request:
    """The creation of one DaemonSet's pods, seen by the API server."""

    snapshot: Snapshot
    daemon_set: DaemonSet
    assume: bool = True
    """Whether an optional plugin counts as on when its annotation is there and no pod proves anything."""
    freed: tuple[Pod, ...] = ()
    """Live pods that will be gone before any of the pods is created; their share of the quotas is free."""

    backwards: bool = False
    """Whether LimitRanges are gone through from the last to the first: the API server does so in any order."""

    @property
    def namespace_name(self) -> str:
        """Where the pods are created."""
        return self.daemon_set.namespace

    @property
    def namespace(self) -> Namespace | None:
        """The namespace, if it was read."""
        return self.snapshot.namespaces_by_name.get(self.namespace_name)

    @cached_property
    def minor(self) -> int:
        """The served Kubernetes 1.x; the newest known when nobody knows."""
        return rules_of(self.snapshot.source.version).minor

    @cached_property
    def template(self) -> dict[str, Any]:
        """The pod template with every field that it came with, for what the model does not decode."""
        raw = bytes(self.daemon_set.raw)
        if not raw:
            return without_nulls(msgspec.to_builtins(self.daemon_set.spec.template))  # type: ignore[return-value]
        found = without_nulls(decode_generic(raw))
        for key in ("spec", "template"):
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def template_spec(self) -> dict[str, Any]:
        """The pod spec in ``template``."""
        spec = self.template.get("spec")
        return spec if isinstance(spec, dict) else {}

    def denied(self, resource: str) -> tuple[Cause, ...]:
        """The cause to name when ``resource`` could not be read; empty when it could."""
        gap = self.snapshot.denied(resource, self.namespace_name)
        return () if gap is None else (denied(gap),)


def denied(gap: Gap) -> Cause:
    """What could not be read, as a cause of not knowing."""
    return Cause(code="Denied", evidence=UnknownEvidence(resource=gap.resource, error=gap.error))
