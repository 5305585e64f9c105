"""Put a list of tolerations in place: first a dry run by the server, then a look at what coverage becomes of it.

A list under which nodes would be left out that are covered now is not applied unless that is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.source import Source
from kubectl_ds.engine.coverage import DaemonSetCoverage, cover_one
from kubectl_ds.engine.decision import COVERED, Verdict
from kubectl_ds.engine.predict import predict
from kubectl_ds.engine.toleration_list import Suggestion, with_tolerations
from kubectl_ds.flow.foretell import read_for_prediction
from kubectl_ds.flow.patch import patch_daemon_set
from kubectl_ds.model.daemonset import DaemonSet


@dataclass(frozen=True)
class Rehearsal:
    """What would come of a list."""

    now: DaemonSetCoverage
    then: DaemonSetCoverage

    @property
    def loses(self) -> tuple[str, ...]:
        """Nodes that are covered now, and would not be."""
        kept = {each.node for each in self.then.decisions if each.verdict in (Verdict.RUNS, Verdict.PREEMPTS)}
        return tuple(each.node for each in self.now.decisions if each.verdict in COVERED and each.node not in kept)


def rehearse(
    client: LiveClient, source: Source, daemon_set: DaemonSet, suggestion: Suggestion, body: dict[str, Any]
) -> Rehearsal:
    """Let the server judge the patch, and foretell what coverage becomes.

    Raises:
        ApiError: the server refuses the patch.
    """
    patch_daemon_set(client, daemon_set, body, dry_run=True)
    changed = with_tolerations(daemon_set, suggestion.whole)
    snapshot = read_for_prediction(source, (changed,))
    live = next((each for each in snapshot.daemon_sets if each.key == changed.key), daemon_set)
    return Rehearsal(now=cover_one(snapshot, live), then=predict(snapshot, (changed,)).daemon_sets[0])
