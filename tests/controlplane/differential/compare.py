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
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot
from tests.controlplane import wait
from tests.controlplane.client import ApiError
from tests.controlplane.cluster import Cluster
from tests.controlplane.differential.generator import Scenario
from tests.controlplane.differential.judge import (
    budgets_contested,
    left_to_chance,
    other_victims,
    wrong_of_waiting,
    wrong_verdict,
)
from tests.controlplane.differential.present import Present
from tests.engine.values import daemon_set_value

Object = dict[str, Any]
PATIENCE = 12.0
"""Seconds for a DaemonSet to come to rest; two can preempt each other without end."""

LOOK_AGAIN = 0.08
"""Seconds between two looks: what a busy loop takes from the plane makes everything slower."""

CONFLICTS = 5
"""How often something is created in vain, where many count against one quota at once."""

_SOON = "waiting for ephemeral volume controller to create"
"""Words of the scheduler after which it looks again by itself."""

QUIET = 0.12
"""How long nothing moves before a DaemonSet counts as at rest."""

INCOMPLETE = 3.0
"""How long nothing moves before another number of pods than was foretold counts."""


@dataclass(frozen=True)
class Disagreement:
    """One cell in which we were wrong, with all that is needed to look at it again."""

    seed: int
    daemon_set: Object
    node: str
    what: str
    capture: bytes
    """The cluster before the DaemonSet was created, or in which its pod waits."""


@dataclass
class Tally:
    """What was compared, and how it came out."""

    clusters: int = 0
    cells: int = 0
    """Nodes, each with a DaemonSet of which it was foretold."""
    waiting: int = 0
    """Pods that wait, of which it was said why."""
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
        self.minor = cluster.minor
        """Of the Kubernetes 1.x that runs."""
        self._kept: set[str] = set()
        """Names of pods that stay though they are being deleted."""
        self.tally = Tally()

    def close(self) -> None:
        """Close the connections."""
        self._source.close()

    def run(self, drawn: Scenario) -> None:
        """One cluster from bare to all its DaemonSets."""
        cluster = self._cluster
        cluster.begin()
        metadata = {"metadata": {"annotations": drawn.annotations, "labels": drawn.labels}}
        cluster.client.patch("namespaces", cluster.namespace, metadata)
        for name in drawn.unready:
            cluster.kubelet.not_ready(node=name)
        cluster.create(*drawn.before)
        cluster.nodes(*drawn.nodes)
        self._kept = {each.plain["metadata"]["name"] for each in drawn.pods if each.deleted or each.lingers}
        there = [each for each in drawn.pods if self._is_taken(each.plain)]
        cluster.kubelet.settle()
        for each in there:
            self._turn(each)
        for pod in drawn.comers:
            if self._is_taken(pod):
                self._comes(pod["metadata"]["name"])
        if not self._policies_have_settled():
            self.tally.restless += len(drawn.daemon_sets)
            return
        self.tally.clusters += 1
        for manifest in drawn.daemon_sets:
            self._daemon_set(drawn.seed, manifest)
        self._all_who_wait(drawn)

    def _is_taken(self, pod: Object) -> bool:
        try:
            self._create(pod)
        except ApiError as error:
            if error.status not in (403, 422, 500):  # the rules of the namespace (a whitelist says 500), and of the API
                raise
            return False
        return True

    def _create(self, wanted: Object) -> None:
        """Create it; the API server may give up counting against a quota, and is asked again."""
        for left in reversed(range(CONFLICTS)):
            try:
                self._cluster.create(wanted)
                return
            except ApiError as error:
                if error.status != 409 or not left:
                    raise

    def _turn(self, pod: Present) -> None:
        """What becomes of a pod that was there."""
        metadata = pod.plain["metadata"]
        name, namespace = metadata["name"], metadata.get("namespace", self._cluster.namespace)
        if pod.status is not None:
            self._cluster.client.patch("pods", name, {"status": pod.status}, namespace, subresource="status")
        if pod.deleted or pod.lingers:
            self._cluster.kubelet.keep_terminating(name=name)
        if pod.deleted:
            self._cluster.client.delete("pods", name, namespace, 3600)

    def _comes(self, name: str) -> None:
        """Wait until the scheduler has placed a pod, cleared a node for it, or refused it."""

        def decided() -> bool:
            pod = self._cluster.client.get("pods", name, self._cluster.namespace)
            return bool(pod["status"].get("nominatedNodeName")) or _decided(pod)

        wait.eventually(decided, PATIENCE)
        self.tally.seen["nominated"] += any(pod.status.nominated_node_name for pod in self._read().pods)

    def _daemon_set(self, seed: int, manifest: Object) -> None:
        before = self._read()
        named = {**manifest, "metadata": {**manifest["metadata"], "namespace": self._cluster.namespace}}
        value = daemon_set_value(named)
        foretold = predict(before, (value,)).daemon_sets[0].decisions
        try:
            self._create(manifest)
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
        self._tell(seed, named, before, problems)

    def _all_who_wait(self, drawn: Scenario) -> None:
        """Make all pods anew that wait, so that the scheduler looks at them once more, and compare what it says then.

        Nothing else moves: whoever could run runs already. Where one still moved after the scheduler had spoken of
        another, its words are of before; so those that differ are made anew once more.
        """
        wrong = self._look_anew(drawn, lambda pod: True, count=True)
        if wrong:
            differ = {(name, node) for name, rows in wrong.items() for node, _ in rows}
            wrong = self._look_anew(drawn, lambda pod: (_owner(pod), pod.target_node) in differ)
        for manifest in drawn.daemon_sets:
            if problems := wrong.get(manifest["metadata"]["name"]):
                self._tell(drawn.seed, manifest, self._read(), problems)

    def _look_anew(
        self, drawn: Scenario, chosen: Callable[[Pod], bool], *, count: bool = False
    ) -> dict[str, list[tuple[str, str]]]:
        """What is wrong of the pods that wait, by DaemonSet, once the chosen ones have been made anew."""
        for pod in self._read().pods:
            if not pod.bound and _owner(pod) and chosen(pod):
                self._cluster.client.delete("pods", pod.name, pod.namespace)
        names = [each["metadata"]["name"] for each in drawn.daemon_sets]
        if not all(self._comes_to_rest(name, self._desired(name)) for name in names):
            self.tally.restless += 1
            return {}
        after = self._read()
        wrong: dict[str, list[tuple[str, str]]] = {}
        for each in cover(after).daemon_sets:
            pods = {pod.target_node: pod for pod in _pods_of(each.daemon_set, after)}
            for decision in each.decisions:
                if decision.verdict in (Verdict.PENDING, Verdict.BLOCKED):
                    if count:
                        self.tally.waiting += 1
                        self.tally.seen[f"waits, {decision.passes_by or 'blocked'}"] += 1
                    if what := wrong_of_waiting(decision, pods[decision.node]):
                        wrong.setdefault(each.daemon_set.name, []).append((decision.node, what))
        return wrong

    def _tell(self, seed: int, manifest: Object, seen: Snapshot, problems: list[tuple[str, str]]) -> None:
        capture = capture_bytes(seen) if problems else b""
        for node, what in problems:
            found = Disagreement(seed, manifest, node, what, capture)
            self.tally.disagreements.append(found)
            self._report(found)

    def _desired(self, name: str) -> int:
        found = self._cluster.client.find("daemonsets", name, self._cluster.namespace)
        return int(found["status"].get("desiredNumberScheduled", 0)) if found else 0

    def _cells(
        self, value: DaemonSet, foretold: tuple[Decision, ...], before: Snapshot, after: Snapshot
    ) -> list[tuple[str, str]]:
        pods = {pod.target_node: pod for pod in _pods_of(value, after)}
        contested = budgets_contested(foretold)
        found = []
        for decision in foretold:
            self.tally.cells += 1
            self._count(decision)
            pod = pods.get(decision.node)
            if left_to_chance(decision, pod, foretold):
                self.tally.seen["first refusal left to chance"] += 1
                continue
            what = wrong_verdict(decision, pod)
            if what is None and decision.verdict is Verdict.PREEMPTS and not contested:
                what = other_victims(decision, before, after, value.name)
            if what is not None:
                found.append((decision.node, what))
        return [*found, *_too_lucky(foretold, pods)]

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
        """Wait until every pod is bound or has been refused, and nothing moves any more.

        As many pods as foretold are only expected, not demanded: a wrong number is a disagreement, not unrest.
        """
        deadline = time.monotonic() + PATIENCE
        picture: object = None
        since = time.monotonic()
        while time.monotonic() < deadline:
            pods = self._cluster.client.list("pods")
            own = [pod for pod in pods if _controller_of(pod) == name]
            now = tuple(sorted((pod["metadata"]["uid"], pod["metadata"]["resourceVersion"]) for pod in pods))
            settled = all(_decided(pod) for pod in own) and not any(self._leaves(pod) for pod in pods)
            complete = len(own) == desired or self._was_refused(name)
            if now != picture or not settled:
                picture, since = now, time.monotonic()
            elif time.monotonic() - since >= (QUIET if complete else INCOMPLETE):
                return True
            time.sleep(LOOK_AGAIN)
        return False

    def _leaves(self, pod: Object) -> bool:
        metadata = pod["metadata"]
        return "deletionTimestamp" in metadata and metadata["name"] not in self._kept

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


def _too_lucky(foretold: tuple[Decision, ...], pods: dict[str, Pod]) -> list[tuple[str, str]]:
    """Where more pods got in than the most that was foretold of those that nobody can know, cause by cause."""
    lucky: dict[tuple[str, int], list[str]] = {}
    for each in foretold:
        evidence = each.causes[0].evidence if each.verdict is Verdict.UNKNOWN else None
        pod = pods.get(each.node)
        if isinstance(evidence, OrderEvidence) and pod is not None and _got_in(each, pod):
            lucky.setdefault((each.causes[0].code, evidence.at_most), []).append(each.node)
    return [
        (nodes[0], f"at most {at_most} foretold, {len(nodes)} got in past {code}")
        for (code, at_most), nodes in lucky.items()
        if len(nodes) > at_most
    ]


def _got_in(decision: Decision, pod: Pod) -> bool:
    return bool(decision.admission) or pod.bound


def _pods_of(value: DaemonSet, snapshot: Snapshot) -> tuple[Pod, ...]:
    for each in snapshot.daemon_sets:
        if each.key == value.key:
            return tuple(pod for pod in snapshot.pods_by_owner.get(each.metadata.uid, ()) if not pod.terminating)
    return ()


def _owner(pod: Pod) -> str:
    controller = pod.metadata.controller
    return controller.name if controller is not None else ""


def _decided(pod: Object) -> bool:
    """Whether the scheduler has placed or refused a pod; after an error, or before a claim exists, it tries again."""
    if pod["spec"].get("nodeName"):
        return True
    if pod.get("status", {}).get("nominatedNodeName"):
        return False
    scheduled = [each for each in pod.get("status", {}).get("conditions", ()) if each["type"] == "PodScheduled"]
    return any(each.get("reason") != "SchedulerError" and _SOON not in each.get("message", "") for each in scheduled)


def _controller_of(pod: Object) -> str | None:
    owners = [each["name"] for each in pod["metadata"].get("ownerReferences", ()) if each.get("controller")]
    return owners[0] if owners else None
