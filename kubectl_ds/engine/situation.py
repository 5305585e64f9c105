"""What a cure is sought for, and how a change of a DaemonSet is written as a command that can be pasted."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

import msgspec

from kubectl_ds.engine.decision import Decision
from kubectl_ds.engine.rollout_budget import Budget
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot


@dataclass(frozen=True)
class Situation:
    """What a cure is sought for."""

    snapshot: Snapshot
    daemon_set: DaemonSet
    decision: Decision
    scheduler: Scheduler
    missing: int = 1
    """On how many nodes the DaemonSet has no pod, for quotas."""
    predicted: bool = False
    """Whether the DaemonSet is a manifest yet, which no command can change."""
    budget: Budget | None = None
    """How its update stands, where anybody knows."""

    @property
    def node(self) -> str:
        """The node's name."""
        return self.decision.node

    @property
    def target(self) -> str:
        """The DaemonSet as the last words of a kubectl command."""
        return f"daemonset {self.daemon_set.name} -n {self.daemon_set.namespace}"

    def patch(self, body: object) -> str:
        """A merge of ``body`` into the DaemonSet's pod spec."""
        return self.patch_whole({"spec": {"template": {"spec": body}}})

    def patch_whole(self, body: object) -> str:
        """A strategic merge patch of the DaemonSet."""
        return f"kubectl patch {self.target} -p {quote(msgspec.json.encode(body).decode())}"

    def remove(self, field: str) -> str:
        """Take a field out of the DaemonSet's pod spec."""
        operation = [{"op": "remove", "path": f"/spec/template/spec/{field}"}]
        body = msgspec.json.encode(operation).decode()
        return f"kubectl patch {self.target} --type=json -p {quote(body)}"
