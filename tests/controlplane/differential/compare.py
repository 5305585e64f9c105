"""One scenario on a real cluster: foretell each DaemonSet, create it, and compare node by node with what happens.

Compared are (a) where a pod exists with the controller, (b) whether it runs with the scheduler, (c) the first filter
with the scheduler's own words, (d) the victims with those that were evicted, (e) every counter with ``.status``.
What upstream itself leaves to chance is foretold as ``unknown``, counted, and used for nothing else.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.connection import ConnectionOptions
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.record import capture_bytes
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import cover
from kubectl_ds.engine.decision import Decision, Verdict
from kubectl_ds.engine.evidence import OrderEvidence
from kubectl_ds.engine.predict import predict
from kubectl_ds.engine.scheduler_phrases import filters_of
from kubectl_ds.engine.scheduler_words import scheduler_message, words_for_target
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot
from tests.controlplane.client import ApiError
from tests.controlplane.cluster import Cluster
from tests.controlplane.differential.generator import Scenario
from tests.engine.values import daemon_set_value

Object = dict[str, Any]
PATIENCE = 12.0
"""Seconds for a DaemonSet to come to rest; two can preempt each other without end."""

QUIET = 0.12


@dataclass(frozen=True)
class Disagreement:
    """One cell in which we were wrong, with all that is needed to look at it again."""

    seed: int
    daemon_set: Object
    node: str
    what: str
    capture: bytes
    """The cluster before the DaemonSet was created."""


@dataclass
class Tally:
    """What was compared, and how it came out."""

    clusters: int = 0
    cells: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    """How often each verdict, cause and reason occurred."""
    disagreements: list[Disagreement] = field(default_factory=list)
    restless: int = 0
    """DaemonSets that did not come to rest in time; they are not compared."""
    refused: int = 0
    """DaemonSets that the API server did not take."""


class Comparison:
    """Runs scenarios on one cluster and tallies them."""

    def __init__(self, cluster: Cluster, report: Callable[[Disagreement], None] = lambda found: None) -> None:
        """Prepare.

        Args:
            cluster: the real one.
            report: is told of each disagreement as soon as it is found.
        """
        self._cluster = cluster
        self._report = report
        options = ConnectionOptions(kubeconfig=str(cluster.plane.kubeconfig()))
        self._source = LiveSource(LiveClient.connect(options, {}))
        self.tally = Tally()

    def close(self) -> None:
        """Close the connections."""
        self._source.close()

    def run(self, drawn: Scenario) -> None:
        """One cluster from bare to all its DaemonSets."""
        cluster = self._cluster
        cluster.begin()
        cluster.create(*drawn.before)
        cluster.nodes(*drawn.nodes)
        for each in drawn.pods:
            try:
                cluster.create(each)
            except ApiError as error:
                if error.status != 403:  # a quota of the namespace
                    raise
        cluster.kubelet.settle()
        if not self._policies_have_settled():
            self.tally.restless += len(drawn.daemon_sets)
            return
        self.tally.clusters += 1
        for manifest in drawn.daemon_sets:
            self._daemon_set(drawn.seed, manifest)

    def _daemon_set(self, seed: int, manifest: Object) -> None:
        before = self._read()
        named = {**manifest, "metadata": {**manifest["metadata"], "namespace": self._cluster.namespace}}
        value = daemon_set_value(named)
        foretold = predict(before, (value,)).daemon_sets[0].decisions
        try:
            self._cluster.create(manifest)
        except ApiError as error:
            if error.status != 422:
                raise
            self.tally.refused += 1
            return
        if not self._comes_to_rest(value.name, sum(bool(each.eligibility.should_run) for each in foretold)):
            self.tally.restless += 1
            return
        after = self._read()
        problems = [*self._cells(value, foretold, before, after), *self._counters(after)]
        if problems:
            capture = capture_bytes(before)
            for node, what in problems:
                found = Disagreement(seed, named, node, what, capture)
                self.tally.disagreements.append(found)
                self._report(found)

    def _cells(
        self, value: DaemonSet, foretold: tuple[Decision, ...], before: Snapshot, after: Snapshot
    ) -> list[tuple[str, str]]:
        pods = {pod.target_node: pod for pod in _pods_of(value, after)}
        left = {pod.metadata.uid for pod in after.pods if not pod.terminating}
        contested = _budgets_contested(foretold)
        found = []
        for decision in foretold:
            self.tally.cells += 1
            self._count(decision)
            what = _disagreement(decision, pods.get(decision.node))
            if what is None and decision.verdict is Verdict.PREEMPTS and not contested:
                what = _other_victims(decision, before, left)
            if what is not None:
                found.append((decision.node, what))
        at_most = {
            cause.evidence.at_most
            for each in foretold
            for cause in each.causes
            if isinstance(cause.evidence, OrderEvidence)
        }
        if at_most:
            lucky = [
                each.node
                for each in foretold
                if each.verdict is Verdict.UNKNOWN and (pod := pods.get(each.node)) is not None and _got_in(each, pod)
            ]
            if len(lucky) > max(at_most):
                found.append((lucky[0], f"at most {max(at_most)} foretold, {len(lucky)} got in"))
        return found

    def _count(self, decision: Decision) -> None:
        seen = self.tally.seen
        seen[f"verdict {decision.verdict.value}"] += 1
        for cause in decision.eligibility.causes[:1]:
            seen[f"excluded by {cause.code}"] += 1
        if decision.verdict in (Verdict.BLOCKED, Verdict.PREEMPTS, Verdict.UNKNOWN):
            for cause in decision.causes[:1]:
                seen[f"{decision.verdict.value} by {cause.code}"] += 1
        if decision.preemption is not None:
            seen[f"preemption {decision.preemption.reason}"] += 1
            for victim in decision.preemption.victims:
                seen["victims"] += 1
                seen["victims of a DaemonSet"] += victim.daemon_set
                seen["victims that break a budget"] += victim.violates_pdb is not None

    def _counters(self, after: Snapshot) -> list[tuple[str, str]]:
        """Every DaemonSet's counters, once the controller has looked."""
        deadline = time.monotonic() + 4
        while True:
            wrong = [
                (each.daemon_set.name, f"counts {each.counts}, .status {each.reported}")
                for each in cover(after).daemon_sets
                if not each.agrees
            ]
            if not wrong or time.monotonic() > deadline:
                return wrong
            time.sleep(0.1)
            after = self._read()

    def _comes_to_rest(self, name: str, desired: int) -> bool:
        """Wait until every pod is bound or has been refused, and nothing moves any more."""
        deadline = time.monotonic() + PATIENCE
        picture: object = None
        since = time.monotonic()
        while time.monotonic() < deadline:
            pods = self._cluster.client.list("pods", self._cluster.namespace)
            own = [pod for pod in pods if pod["metadata"]["labels"].get("app") == name]
            now = tuple(sorted((pod["metadata"]["uid"], pod["metadata"]["resourceVersion"]) for pod in pods))
            settled = all(_decided(pod) for pod in own) and not any(_leaving(pod) for pod in pods)
            complete = len(own) == desired or self._was_refused(name)
            if now != picture or not (settled and complete):
                picture, since = now, time.monotonic()
            elif time.monotonic() - since >= QUIET:
                return True
            time.sleep(0.03)
        return False

    def _was_refused(self, name: str) -> bool:
        events = self._cluster.client.list("events", self._cluster.namespace, None, "reason=FailedCreate")
        return any(event["involvedObject"]["name"] == name for event in events)

    def _read(self) -> Snapshot:
        query = Query(kinds=kinds.ALL, namespace=self._cluster.namespace, whole_nodes=True, version=True, optional=True)
        return self._source.snapshot(query)

    def _policies_have_settled(self) -> bool:
        """Wait until claims that name their volume are bound, and budgets and quotas have been counted."""
        client, namespace = self._cluster.client, self._cluster.namespace
        deadline = time.monotonic() + 3 * PATIENCE
        while time.monotonic() < deadline:
            claims = client.list("persistentvolumeclaims", namespace)
            budgets = client.list("poddisruptionbudgets", namespace)
            quotas = client.list("resourcequotas", namespace)
            bound = all(each["status"]["phase"] == "Bound" for each in claims if each["spec"].get("volumeName"))
            counted = all("observedGeneration" in each.get("status", {}) for each in budgets)
            if bound and counted and all(each.get("status", {}).get("used") for each in quotas):
                return True
            time.sleep(0.05)
        return False


def _disagreement(decision: Decision, pod: Pod | None) -> str | None:
    """What is wrong with a foretold verdict, given the pod that exists for the node; None when it is right."""
    verdict = decision.verdict
    state = "no pod" if pod is None else f"bound={pod.bound}: {scheduler_message(pod)}"
    if verdict is Verdict.UNKNOWN:
        return None
    if verdict is Verdict.EXCLUDED:
        return None if pod is None else f"foretold excluded, but there is a pod ({state})"
    if verdict in (Verdict.RUNS, Verdict.PREEMPTS):
        return None if pod is not None and pod.bound else f"foretold {verdict.value}, but {state}"
    if decision.admission:
        return None if pod is None else f"foretold refused ({decision.admission[0].code}), but {state}"
    if pod is None or pod.bound:
        return f"foretold blocked by {decision.causes[0].code}, but {state}"
    return _other_words(decision, pod)


def _other_words(decision: Decision, pod: Pod) -> str | None:
    """Whether the scheduler names another filter first than we do."""
    code = decision.causes[0].code
    scheduled = pod.condition("PodScheduled")
    if code == "SchedulingGates":
        gated = scheduled is not None and scheduled.reason == "SchedulingGated"
        return None if gated else "foretold gated, and it is not"
    words = words_for_target(scheduler_message(pod))
    named = filters_of(words)
    return None if code in named else f"foretold {code}, the scheduler says: {words} ({', '.join(named)})"


def _other_victims(decision: Decision, before: Snapshot, left: set[str]) -> str | None:
    """Whether others were evicted from the node than foretold; what is left to chance is not asked."""
    preemption = decision.preemption
    if preemption is None or preemption.ambiguous:
        return None
    foretold = {f"{each.namespace}/{each.name}" for each in preemption.victims}
    evicted = {
        f"{pod.namespace}/{pod.name}"
        for pod in before.pods_by_node.get(decision.node, ())
        if pod.metadata.uid not in left
    }
    others_wait = any(not pod.bound and pod.target_node == decision.node for pod in before.pods)
    if foretold <= evicted and (others_wait or any(each.daemon_set for each in preemption.victims)):
        return None  # a victim's replacement, or whoever waited for the room that is left, evicts others in its turn
    return None if foretold == evicted else f"foretold victims {sorted(foretold)}, evicted {sorted(evicted)}"


def _budgets_contested(foretold: tuple[Decision, ...]) -> bool:
    """Whether evictions on one node can use up a budget that counts on another; then the order decides."""
    nodes = [each for each in foretold if each.preemption is not None and each.preemption.victims]
    return len(nodes) > 1 and any(
        victim.violates_pdb is not None
        for each in nodes
        for victim in (each.preemption.victims if each.preemption else ())
    )


def _got_in(decision: Decision, pod: Pod) -> bool:
    return bool(decision.admission) or pod.bound


def _pods_of(value: DaemonSet, snapshot: Snapshot) -> tuple[Pod, ...]:
    for each in snapshot.daemon_sets:
        if each.key == value.key:
            return tuple(pod for pod in snapshot.pods_by_owner.get(each.metadata.uid, ()) if not pod.terminating)
    return ()


def _decided(pod: Object) -> bool:
    if pod["spec"].get("nodeName"):
        return True
    if pod.get("status", {}).get("nominatedNodeName"):
        return False
    return any(each["type"] == "PodScheduled" for each in pod.get("status", {}).get("conditions", ()))


def _leaving(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]
