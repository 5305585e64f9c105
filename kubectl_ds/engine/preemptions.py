"""Who evicted whom, where and when: events, conditions and nominations joined, one entry for each victim.

Events are forgotten after a while (an hour by default), and nothing else remembers a victim that is gone. So the answer
also says how far back the events go, and an empty answer never means that nothing happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kubectl_ds.engine.decide import Decider
from kubectl_ds.engine.decision import Preemption, Verdict
from kubectl_ds.engine.fit.rules import rules_of
from kubectl_ds.engine.pending import daemon_set_of, waits
from kubectl_ds.engine.preemption_events import SCHEDULER, Named, Told, told_by_event, told_by_pod
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.event import Event
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap, Snapshot

_NOMINATION_IS_PREEMPTION_BELOW = 35
"""From this minor version on, a claim that is being provisioned nominates a node too, and binding clears the field."""
_LONGEST_PREFIX = 58
"""To how many characters a name is cut before its five random ones (``SimpleNameGenerator``)."""
_RANDOM = re.compile(r"[bcdfghjklmnpqrstvwxz2456789]{5}")
_LEANED_ON = frozenset({"daemonsets", "events", "pods", "nodes", "poddisruptionbudgets"})


@dataclass(frozen=True)
class Party:
    """A pod on either side of a preemption."""

    namespace: str
    name: str
    """Empty when only the uid is known."""
    uid: str
    kind: str
    """``pod``, ``podgroup`` or ``compositepodgroup``."""
    there: bool
    """Whether it still exists."""
    priority: int | None
    """None when it is gone."""
    owner: str | None
    """The DaemonSet, in the same namespace, that owns it or, once it is gone, made it by its name."""
    waiting: bool = False
    """Whether it is there and still waits for its node."""

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Observed:
    """One victim, and what is known of its eviction."""

    victim: Party | None
    """None when only the nomination is left: room was made, and nobody tells any more by whom."""
    preemptor: Party | None
    """None when nobody tells."""
    node: str
    """Empty when nobody tells."""
    first: datetime | None
    last: datetime | None
    times: int
    by: str
    """``scheduler`` or ``kubelet``."""
    sources: tuple[str, ...]
    """Which of ``event``, ``condition`` and ``nomination`` tell of it, in this order."""
    quoted: str = ""
    """The words of the event, or of the condition."""
    now: Verdict | None = None
    """The verdict that the victim's DaemonSet has on that node now; None for other victims."""


@dataclass(frozen=True)
class Predicted:
    """A pod that waits now, and whom the scheduler would evict for it."""

    pod: Pod
    owner: str
    """Its DaemonSet, by name."""
    node: str
    preemption: Preemption


@dataclass(frozen=True)
class Horizon:
    """How far back the events go that were read."""

    events: int
    oldest: datetime | None
    """None when there are none at all."""


@dataclass(frozen=True)
class PreemptionReport:
    """The answer to ``preemptions``."""

    snapshot: Snapshot
    observed: tuple[Observed, ...]
    """Those with a DaemonSet that was asked about on either side; newest first."""
    unattributed: tuple[Observed, ...]
    """Victims that no DaemonSet owns, evicted by somebody who is gone or was never named: perhaps a DaemonSet's pod."""
    predicted: tuple[Predicted, ...]
    """By node."""
    horizon: Horizon

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was denied or absent, and matters here."""
        return tuple(gap for gap in self.snapshot.gaps if gap.resource in _LEANED_ON)


def preemptions(snapshot: Snapshot, node: str = "") -> PreemptionReport:
    """What is known of preemption around the snapshot's DaemonSets; with ``node``, only what concerns it."""
    known = _Known(snapshot)
    events = _once(snapshot.events)
    joined = [each for each in known.joined(events) if not node or each.node == node]
    concerned = [each for each in joined if known.concerns(each)]
    unattributed = [each for each in joined if known.may_concern(each)]
    foretold = [each for each in known.predicted() if not node or each.node == node]
    seen = [event.last_seen for event in events if event.last_seen is not None]
    return PreemptionReport(
        snapshot=snapshot,
        observed=tuple(known.with_verdict(each) for each in sorted(concerned, key=_newest_first)),
        unattributed=tuple(sorted(unattributed, key=_newest_first)),
        predicted=tuple(sorted(foretold, key=lambda each: (natural_key(each.node), each.pod.namespace, each.pod.name))),
        horizon=Horizon(events=len(events), oldest=min(seen, default=None)),
    )


class _Known:
    """The pods and DaemonSets by which names are attributed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._asked = {(each.namespace, each.name): each for each in snapshot.daemon_sets}
        self._pods_by_name = {(pod.namespace, pod.name): pod for pod in snapshot.pods}
        self._names_by_uid = {
            event.involved_object.uid: event.involved_object
            for event in snapshot.events
            if event.involved_object.kind == "Pod" and event.involved_object.uid
        }
        self._nominated: dict[str, list[Pod]] = {}
        for pod in snapshot.pods:
            if pod.status.nominated_node_name and not pod.terminal:
                self._nominated.setdefault(pod.status.nominated_node_name, []).append(pod)
        self._scheduler = Scheduler(snapshot)
        self._deciders: dict[tuple[str, str], Decider] = {}

    def joined(self, events: Iterable[Event]) -> Iterator[Observed]:
        """One entry for each victim; then the nominations that explain none of them."""
        told: dict[tuple[str, ...], list[Told]] = {}
        sources = [*(told_by_event(event) for event in events), *(told_by_pod(pod) for pod in self._snapshot.pods)]
        for each in sources:
            if each is not None:
                victim = each.victim
                key = (victim.uid,) if victim.uid else (victim.namespace, victim.name)
                told.setdefault(key, []).append(each)
        victims = [self._join(same) for same in told.values()]
        yield from victims
        explained = {each.preemptor.uid for each in victims if each.preemptor is not None}
        open_nodes = {each.node for each in victims if each.preemptor is None}
        yield from self._nominations(explained, open_nodes)

    def concerns(self, observed: Observed) -> bool:
        """Whether a DaemonSet that was asked about is on either side."""
        return any(
            side is not None and (side.namespace, side.owner) in self._asked
            for side in (observed.victim, observed.preemptor)
        )

    def may_concern(self, observed: Observed) -> bool:
        """Whether nobody can tell if the preemptor was a DaemonSet's pod, the victim being none's."""
        if self.concerns(observed) or observed.victim is None or observed.victim.owner is not None:
            return False
        preemptor = observed.preemptor
        return preemptor is None or (preemptor.kind == "pod" and not preemptor.there and not preemptor.name)

    def with_verdict(self, observed: Observed) -> Observed:
        """With what became of the DaemonSet on that node."""
        victim = observed.victim
        if victim is None or victim.owner is None:
            return observed
        daemon_set = self._asked.get((victim.namespace, victim.owner))
        node = self._snapshot.nodes_by_name.get(observed.node)
        if daemon_set is None or node is None:
            return observed
        return replace(observed, now=self._decider(daemon_set).decide(node).verdict)

    def predicted(self) -> Iterator[Predicted]:
        """Waiting pods of DaemonSets for which others would be evicted, one of the two sides being asked about."""
        for pod in self._snapshot.pods:
            owner = daemon_set_of(pod)
            if owner is None or not waits(pod) or not pod.target_node:
                continue
            preemption = self._scheduler.judge(pod, pod.target_node).preemption
            if preemption is None or not preemption.possible:
                continue
            victims = [self._pods_by_name.get((each.namespace, each.name)) for each in preemption.victims]
            sides = [pod, *(victim for victim in victims if victim is not None)]
            if any((side.namespace, daemon_set_of(side)) in self._asked for side in sides):
                yield Predicted(pod=pod, owner=owner, node=pod.target_node, preemption=preemption)

    def _join(self, told: list[Told]) -> Observed:
        """What several sources tell of one victim: the event speaks first, of who did it and in which words."""
        ordered = sorted(told, key=lambda each: (each.source != "event", -_seconds(each.last)))
        leading = ordered[0]
        victim = self._party(leading.victim)
        node = next((each.node for each in ordered if each.node), "")
        named = next((each.preemptor for each in ordered if each.preemptor is not None), None)
        preemptor = self._party(named) if named is not None else None
        sources = {each.source for each in told}
        if preemptor is None and leading.by == SCHEDULER:
            preemptor = self._only_nominated(node, victim)
            sources |= {"nomination"} if preemptor is not None else set()
        elif preemptor is not None and any(pod.metadata.uid == preemptor.uid for pod in self._nominated.get(node, ())):
            sources.add("nomination")
        firsts = [each.first for each in told if each.first is not None]
        lasts = [each.last for each in told if each.last is not None]
        return Observed(
            victim=victim,
            preemptor=preemptor,
            node=node,
            first=min(firsts, default=None),
            last=max(lasts, default=None),
            times=max(1, sum(each.times for each in told if each.source == "event")),
            by=leading.by,
            sources=tuple(source for source in ("event", "condition", "nomination") if source in sources),
            quoted=leading.quoted,
        )

    def _nominations(self, explained: set[str], open_nodes: set[str]) -> Iterator[Observed]:
        """Pods for which room was made on a node, when nobody tells any more who had to go."""
        always = rules_of(self._snapshot.source.version).minor < _NOMINATION_IS_PREEMPTION_BELOW
        for node, pods in self._nominated.items():
            for pod in pods:
                meant = always or (waits(pod) and not _waits_for_claims(pod))
                if not meant or pod.metadata.uid in explained or node in open_nodes:
                    continue
                scheduled = pod.condition("PodScheduled")
                when = scheduled.last_transition_time if scheduled is not None else None
                yield Observed(
                    victim=None,
                    preemptor=self._party_of(pod),
                    node=node,
                    first=when,
                    last=when,
                    times=1,
                    by=SCHEDULER,
                    sources=("nomination",),
                )

    def _only_nominated(self, node: str, victim: Party) -> Party | None:
        """The one waiting pod for which the node is being cleared; None when there are several, or none."""
        waiting = [
            pod
            for pod in self._nominated.get(node, ())
            if waits(pod) and (victim.priority is None or pod.spec.effective_priority > victim.priority)
        ]
        return self._party_of(waiting[0]) if len(waiting) == 1 else None

    def _party(self, named: Named) -> Party:
        pod = self._snapshot.pods_by_uid.get(named.uid) if named.uid else None
        if pod is None and not named.uid:
            pod = self._pods_by_name.get((named.namespace, named.name))
        if pod is not None:
            return self._party_of(pod)
        namespace, name = named.namespace, named.name
        if not name and named.uid in self._names_by_uid:
            seen = self._names_by_uid[named.uid]
            namespace, name = seen.namespace, seen.name
        owner = self._maker_of(namespace, name) if named.kind == "pod" else None
        return Party(namespace, name, named.uid, named.kind, there=False, priority=None, owner=owner)

    def _party_of(self, pod: Pod) -> Party:
        return Party(
            namespace=pod.namespace,
            name=pod.name,
            uid=pod.metadata.uid,
            kind="pod",
            there=True,
            priority=pod.spec.effective_priority,
            owner=daemon_set_of(pod),
            waiting=waits(pod),
        )

    def _maker_of(self, namespace: str, name: str) -> str | None:
        """The DaemonSet of the namespace from whose name a pod's name is made."""
        prefix, random = name[:-5], name[-5:]
        if not _RANDOM.fullmatch(random):
            return None
        for there, daemon_set in self._asked:
            if there == namespace and prefix == f"{daemon_set}-"[:_LONGEST_PREFIX]:
                return daemon_set
        return None

    def _decider(self, daemon_set: DaemonSet) -> Decider:
        key = (daemon_set.namespace, daemon_set.name)
        if key not in self._deciders:
            self._deciders[key] = Decider(self._snapshot, daemon_set, self._scheduler)
        return self._deciders[key]


def _waits_for_claims(pod: Pod) -> bool:
    """Whether something is provisioned or allocated for the pod, which nominates a node as well."""
    volumes = any(each.persistent_volume_claim is not None or each.ephemeral is not None for each in pod.spec.volumes)
    return volumes or bool(pod.spec.resource_claims)


def _once(events: Iterable[Event]) -> tuple[Event, ...]:
    """Each event once, however many reads brought it."""
    return tuple({(each.metadata.namespace, each.metadata.name): each for each in events}.values())


def _newest_first(observed: Observed) -> tuple[object, ...]:
    victim = observed.victim or observed.preemptor
    names = (victim.namespace, natural_key(victim.name)) if victim is not None else ("", ())
    return (-_seconds(observed.last), natural_key(observed.node), *names)


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0
