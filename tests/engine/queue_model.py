"""A model of the scheduler's queue: a DaemonSet's pods and those that wait are tried in one of all possible orders.

Higher priority comes first, equals in any order; whoever is refused is tried again when a pod has come or gone; who
evicts others takes their room; victims of a DaemonSet come back; claims that wait for their first pod get any of the
smallest volumes. Filters and preemption are the engine's own, asked about a cluster that is made anew at each step:
what is put to the test is what is said of all orders at once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import msgspec

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.decision import Decision, Verdict, Victim
from kubectl_ds.engine.evidence import OrderEvidence
from kubectl_ds.engine.fit.claims import binds_late, expected_claim, pod_claims
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.fit.storage_lister import StorageLister
from kubectl_ds.engine.fit.volume_matching import matching_volumes, smallest
from kubectl_ds.engine.node_info import pod_key
from kubectl_ds.engine.predict import predict
from kubectl_ds.engine.requests import nano_units
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import ObjectMeta, ObjectReference, OwnerReference
from kubectl_ds.model.pod import Pod, PodStatus
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.storage import PersistentVolume, PersistentVolumeClaim

_MOST_STEPS = 400


@dataclass(frozen=True)
class Waiting:
    """A pod that is to be tried, and its one node."""

    pod: Pod
    node: str
    own: bool
    """Whether it is one of those of which something was foretold."""


@dataclass
class Outcome:
    """What became of a DaemonSet's pods in one order."""

    evicted: dict[str, set[str]] = field(default_factory=dict)
    """By node that got its pod: whom that evicted."""
    said: dict[str, list[str]] = field(default_factory=dict)
    """By node: the filters that refused first, one for each time that its pod was tried in vain."""
    told: list[str] = field(default_factory=list)
    """Every try, for people."""
    after: Snapshot | None = None
    """The cluster in the end."""


class Queue:
    """Runs one order."""

    def __init__(self, snapshot: Snapshot, daemon_set: DaemonSet, nodes: Iterable[str], dice: random.Random) -> None:
        """``nodes`` are those for which the DaemonSet's pods are created."""
        self._snapshot = snapshot
        self._dice = dice
        self._there = {pod_key(pod): pod for pod in snapshot.pods}
        admission = Admission(snapshot, daemon_set)
        waiting = (pod for pod in snapshot.pods if not pod.bound and not pod.terminal)
        self._asleep = [Waiting(pod, pod.target_node, own=False) for pod in waiting]
        self._active = [Waiting(_stored(admission, daemon_set, node), node, own=True) for node in nodes]
        made = (claim for each in self._active for claim in _claims_made_for(each.pod, snapshot))
        self._claims = {(each.metadata.namespace, each.metadata.name): each for each in (*snapshot.claims, *made)}
        self._volumes = {each.metadata.name: each for each in snapshot.volumes}
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Try pods until nobody can get in any more.

        Raises:
            TimeoutError: they evict each other without end.
        """
        for _ in range(_MOST_STEPS):
            if not self._active:
                pods = (*self._there.values(), *(each.pod for each in self._asleep if each.own))
                self.outcome.after = replace(self._now(), pods=pods)
                return self.outcome
            first = max(each.pod.spec.effective_priority for each in self._active)
            tried = self._dice.choice([each for each in self._active if each.pod.spec.effective_priority == first])
            self._active.remove(tried)
            self._try(tried)
        raise TimeoutError(self.outcome.told[-1])

    def _now(self) -> Snapshot:
        return replace(
            self._snapshot,
            pods=tuple(self._there.values()),
            claims=tuple(self._claims.values()),
            volumes=tuple(self._volumes.values()),
        )

    def _try(self, tried: Waiting) -> None:
        view = ClusterView(self._now())
        refusals = view.refusals(tried.pod, tried.node)
        preemption = view.preempt(tried.pod, tried.node, refusals) if refusals else None
        if preemption is not None and not preemption.possible:
            self.outcome.told.append(f"{tried.pod.name} is refused by {refusals[0].cause.code}, {preemption.reason}")
            if tried.own:
                self.outcome.said.setdefault(tried.node, []).append(refusals[0].cause.code)
            self._asleep.append(tried)
            return
        victims = _names(preemption.victims if preemption is not None else ())
        self.outcome.told.append(f"{tried.pod.name} gets in, evicts {sorted(victims) or 'nobody'}")
        if tried.own:
            self.outcome.evicted[tried.node] = victims
        for pod in [pod for pod in self._there.values() if pod.bound and _name(pod) in victims]:
            del self._there[pod_key(pod)]
            controller = pod.metadata.controller
            if controller is not None and controller.kind == "DaemonSet" and not pod.terminating:
                self._asleep.append(self._come_back(pod))
        self._there[pod_key(tried.pod)] = _bound(tried.pod, tried.node)
        self._bind_claims(tried, view)
        self._active += self._asleep
        self._asleep = []

    def _bind_claims(self, tried: Waiting, view: ClusterView) -> None:
        """``FindPodVolumes`` and ``BindPodVolumes``: smaller claims first, each any of the smallest volumes."""
        labels = self._snapshot.nodes_by_name[tried.node].labels
        used = (each.claim for each in pod_claims(tried.pod, view.storage) if each.claim is not None)
        late = [each for each in used if not each.spec.volume_name and binds_late(each, view.storage)]
        taken: set[str] = set()
        for claim in sorted(late, key=lambda each: nano_units(each.spec.resources.requests.get("storage", 0))):
            suited = matching_volumes(claim, view.storage.volumes_for(claim), labels, taken)
            ties = smallest(suited, 1)
            if ties:
                volume = self._dice.choice(ties)
                taken.add(volume.metadata.name)
                self._bind(claim, volume)

    def _bind(self, claim: PersistentVolumeClaim, volume: PersistentVolume) -> None:
        namespace, name = claim.metadata.namespace, claim.metadata.name
        done = msgspec.structs.replace(claim.metadata, annotations={"pv.kubernetes.io/bind-completed": "yes"})
        spec = msgspec.structs.replace(claim.spec, volume_name=volume.metadata.name)
        self._claims[namespace, name] = msgspec.structs.replace(claim, metadata=done, spec=spec)
        reference = ObjectReference(kind="PersistentVolumeClaim", namespace=namespace, name=name)
        held = msgspec.structs.replace(volume.spec, claim_ref=reference)
        status = msgspec.structs.replace(volume.status, phase="Bound")
        self._volumes[volume.metadata.name] = msgspec.structs.replace(volume, spec=held, status=status)

    def _come_back(self, victim: Pod) -> Waiting:
        """What the controller makes in place of a victim; its template asks for what the victim had."""
        name = f"{victim.name}-{self._dice.randrange(10**9)}"
        metadata = msgspec.structs.replace(victim.metadata, name=name, uid=name)
        spec = msgspec.structs.replace(victim.spec, node_name="")
        again = msgspec.structs.replace(victim, metadata=metadata, spec=spec, status=PodStatus(phase="Pending"))
        self._there[pod_key(again)] = again
        return Waiting(again, victim.spec.node_name, own=False)


def contradictions(
    snapshot: Snapshot, daemon_set: DaemonSet, dice: random.Random, orders: int
) -> tuple[list[str], Snapshot]:
    """Where what is foretold does not hold in each of so many orders; and the cluster after one of them."""
    (coverage,) = predict(snapshot, (daemon_set,)).daemon_sets
    decisions = [each for each in coverage.decisions if each.eligibility.should_run and not each.admission]
    nodes = [each.node for each in decisions]
    contested = {each.causes[0].code for each in decisions if _order(each) is not None}
    found: dict[str, None] = {}
    after = snapshot
    for _ in range(orders):
        outcome = Queue(snapshot, daemon_set, nodes, dice).run()
        after = outcome.after or snapshot
        lucky = Counter(order for each in decisions if (order := _order(each)) and each.node in outcome.evicted)
        found |= {
            f"at most {most} foretold, {count} got in past {code}": None
            for (code, most), count in lucky.items()
            if count > most
        }
        found |= {wrong: None for each in decisions if (wrong := _wrong(each, outcome, contested))}
    return list(found), after


def _wrong(decision: Decision, outcome: Outcome, contested: set[str]) -> str:
    """What is wrong with a decision; empty when nothing is.

    Which filter refuses first may hang on the order where that of the others does (as in the differential tests).
    """
    node, said = decision.node, outcome.said.get(decision.node, [])
    evicted = outcome.evicted.get(node)
    if decision.verdict in (Verdict.RUNS, Verdict.PREEMPTS):
        if evicted is None:
            return f"{node}: foretold {decision.verdict.value}, refused by {said}"
        foretold = decision.preemption
        if foretold is not None and not foretold.ambiguous and _names(foretold.victims) != evicted:
            return f"{node}: foretold victims {sorted(_names(foretold.victims))}, evicted {sorted(evicted)}"
    if decision.verdict is Verdict.BLOCKED:
        code = decision.causes[0].code
        if evicted is not None:
            return f"{node}: foretold blocked by {code}, and it got in"
        if others := {each for each in said if each != code} - contested:
            return f"{node}: foretold blocked by {code}, refused by {', '.join(sorted(others))}"
    return ""


def _order(decision: Decision) -> tuple[str, int] | None:
    """The filter by which the order decides, and how many get in at most; None where it does not decide."""
    evidence = decision.causes[0].evidence if decision.verdict is Verdict.UNKNOWN and decision.causes else None
    return (decision.causes[0].code, evidence.at_most) if isinstance(evidence, OrderEvidence) else None


def _stored(admission: Admission, daemon_set: DaemonSet, node: str) -> Pod:
    """The pod as it waits in the API server."""
    pod = admission.pod(node)
    name = f"{daemon_set.name}-{node}"
    owner = OwnerReference(kind="DaemonSet", name=daemon_set.name, uid=daemon_set.metadata.uid, controller=True)
    metadata = msgspec.structs.replace(pod.metadata, name=name, uid=name, owner_references=(owner,))
    return msgspec.structs.replace(pod, metadata=metadata)


def _claims_made_for(pod: Pod, snapshot: Snapshot) -> Iterator[PersistentVolumeClaim]:
    """The claims of its generic ephemeral volumes, which a controller makes."""
    owner = (OwnerReference(kind="Pod", name=pod.name, uid=pod.metadata.uid, controller=True),)
    storage = StorageLister(snapshot)
    for volume in pod.spec.volumes:
        if volume.ephemeral is not None:
            name = f"{pod.name}-{volume.name}"
            metadata = ObjectMeta(name=name, namespace=pod.namespace, uid=name, owner_references=owner)
            yield msgspec.structs.replace(expected_claim(pod, volume, storage), metadata=metadata)


def _bound(pod: Pod, node: str) -> Pod:
    spec = msgspec.structs.replace(pod.spec, node_name=node)
    status = msgspec.structs.replace(pod.status, phase="Running", nominated_node_name="")
    return msgspec.structs.replace(pod, spec=spec, status=status)


def _names(victims: Iterable[Victim]) -> set[str]:
    return {f"{each.namespace}/{each.name}" for each in victims}


def _name(pod: Pod) -> str:
    return f"{pod.namespace}/{pod.name}"
