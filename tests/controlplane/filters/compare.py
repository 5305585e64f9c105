"""One drawn cluster after the other: foretell each judged pod, put it before the real scheduler, and compare.

Compared are the first refusal with the scheduler's words (which resources are short, which rule of affinity is broken),
and what becomes of preemption: its reason, and its victims with the pods that were evicted.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field

from kubectl_ds.engine.decision import Cause, Preemption
from kubectl_ds.engine.evidence import PodAffinityEvidence, ResourceEvidence, SpreadEvidence, VolumeEvidence
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.fit.plugin import Refusal
from kubectl_ds.engine.scheduler_phrases import filters_of
from kubectl_ds.engine.scheduler_words import preemption_words, words_for_target
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.pod import Pod
from tests.controlplane.filters.drawing import Dice, Object, draw_budgets, draw_namespaces, draw_nodes
from tests.controlplane.filters.pods import FOCUSES, draw_existing, draw_judged, draw_nominated
from tests.controlplane.filters.referee import Referee, Ruling
from tests.controlplane.filters.storage import draw_storage

_AFFINITY_WORDS = {
    "affinity": "didn't match pod affinity rules",
    "antiAffinity": "didn't match pod anti-affinity rules",
    "existingAntiAffinity": "existing pods anti-affinity",
}
_VOLUME_WORDS = {
    "missingClaim": r"not found|waiting for ephemeral",
    "missingVolume": r"persistentvolume .*not found|non-existent",
    "lostClaim": "bound to non-existent",
    "claimTerminating": "is being deleted",
    "unboundImmediate": "unbound immediate",
    "missingClass": "unbound immediate",
    "noMatchingVolume": "find available persistent",
    "noTopology": "find available persistent",
    "otherNode": "find available persistent",
    "nodeAffinity": "node affinity",
    "untranslatable": "running",
}
_POTENTIAL = re.compile(r"found a potential placement for pod on node \S+, preempting (\d+) victims")
_COUNT = re.compile(r"^0/\d+ nodes are available: ?")


@dataclass(frozen=True)
class Disagreement:
    """One pod about which we were wrong; the seed and the pod's number bring it back."""

    seed: int
    pod: Object
    node: str
    what: str


@dataclass
class Tally:
    """What was compared, and how it came out."""

    clusters: int = 0
    cells: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    """How often each first refusal and each outcome of preemption occurred."""
    disagreements: list[Disagreement] = field(default_factory=list)


class Comparison:
    """Draws clusters and tallies what comes of them."""

    def __init__(self, referee: Referee) -> None:
        """Prepare; the referee's plane is emptied by each run."""
        self._referee = referee
        self.tally = Tally()

    def run(self, seed: int, pods: int) -> None:
        """One cluster, and this many judged pods, of which some stay."""
        dice = Dice(random.Random(seed), self._referee.minor)
        drawn = draw_namespaces(dice) + draw_nodes(dice) + draw_storage(dice) + draw_budgets(dice)
        self._referee.set_up(drawn + draw_existing(dice) + draw_nominated(dice))
        self.tally.clusters += 1
        for _ in range(pods):
            self._judge(seed, dice)

    def _judge(self, seed: int, dice: Dice) -> None:
        referee, seen = self._referee, self.tally.seen
        plain, node = draw_judged(dice, dice.pick(FOCUSES))
        view, leaving = ClusterView(referee.snapshot()), referee.terminating()
        created = referee.create(plain)
        if created is None:
            return
        pod = from_builtins(Pod, created)
        refusals = view.refusals(pod, node)
        preemption = view.preempt(pod, node, refusals) if refusals else None
        ruling = referee.ask(plain, node)
        self.tally.cells += 1
        seen[_label(refusals)] += 1
        what = _first_disagreement(refusals, ruling)
        if preemption is not None and what is None:
            seen[f"preemption {preemption.reason}"] += 1
            what = self._preemption_disagreement(refusals[0], preemption, ruling, leaving)
        if what is not None:
            self.tally.disagreements.append(Disagreement(seed, plain, node, f"{what}; {_said(ruling)}"))
        if not (ruling.binds and not ruling.binds_volumes and dice.chance(0.3)):
            referee.forget(pod.namespace, pod.name)
        referee.rest(ruling)
        if preemption is not None and dice.chance(0.6):
            for victim in preemption.victims:
                referee.forget(victim.namespace, victim.name)

    def _preemption_disagreement(
        self, first: Refusal, ours: Preemption, ruling: Ruling, leaving: set[str]
    ) -> str | None:
        seen = self.tally.seen
        theirs = _preemption_of(ruling, self._referee.minor)
        if ours.reason != theirs and not (first.pre_filter and {ours.reason, theirs} == {"notHelpful", "never"}):
            return f"foretold preemption {ours.reason}, not {theirs}"
        if ours.reason != "victims":
            return None
        seen["preemption breaks a budget"] += any(victim.violates_pdb is not None for victim in ours.victims)
        seen["preemption spares some"] += len(ours.victims) < ours.candidates
        foretold = {f"{each.namespace}/{each.name}" for each in ours.victims} - leaving
        evicted = self._referee.evicted(leaving, len(foretold))
        if ours.ambiguous:
            seen["preemption ambiguous"] += 1
            seen["preemption ambiguous, others evicted"] += foretold != evicted
            return None
        announced = _POTENTIAL.search(preemption_words(ruling.message))
        if announced and int(announced[1]) != len(ours.victims):
            return f"foretold {len(ours.victims)} victims, not {announced[1]}"
        return None if foretold == evicted else f"foretold victims {sorted(foretold)}, not {sorted(evicted)}"


def _label(refusals: tuple[Refusal, ...]) -> str:
    """The first refusal, with its rule or its problem."""
    if not refusals:
        return "fits"
    cause = refusals[0].cause
    if isinstance(cause.evidence, PodAffinityEvidence):
        return f"{cause.code} {cause.evidence.rule}"
    return f"{cause.code} {cause.evidence.problem}" if isinstance(cause.evidence, VolumeEvidence) else cause.code


def _first_disagreement(refusals: tuple[Refusal, ...], ruling: Ruling) -> str | None:
    """What is wrong with the refusals, given the ruling; None when nothing is."""
    if not refusals or ruling.binds:
        agree = not refusals and ruling.binds
        return None if agree else f"foretold {_label(refusals)}"
    first = refusals[0]
    words = words_for_target(ruling.message)
    if first.cause.code not in filters_of(words):
        return f"foretold {first.cause.code}"
    return _details(first.cause, refusals, words)


def _details(first: Cause, refusals: tuple[Refusal, ...], words: str) -> str | None:
    evidence = first.evidence
    if isinstance(evidence, ResourceEvidence):
        ours = {
            "Too many pods" if each.cause.evidence.name == "pods" else f"Insufficient {each.cause.evidence.name}"
            for each in refusals
            if isinstance(each.cause.evidence, ResourceEvidence)
        }
        theirs = {re.sub(r"^\d+ ", "", part) for part in words.split(", ")}
        return None if ours == theirs else f"foretold {sorted(ours)}"
    if isinstance(evidence, PodAffinityEvidence):
        return None if _AFFINITY_WORDS[evidence.rule] in words else f"foretold {evidence.rule}"
    if isinstance(evidence, SpreadEvidence):
        agree = (evidence.domain is None) == ("missing required label" in words)
        return None if agree else f"foretold the domain {evidence.domain}"
    if isinstance(evidence, VolumeEvidence) and first.code == "VolumeBinding":
        known = re.search(_VOLUME_WORDS[evidence.problem], words)
        return None if known else f"foretold {evidence.problem}"
    return None


def _preemption_of(ruling: Ruling, minor: int) -> str:
    """What became of preemption, in the words of ``Preemption.reason``."""
    words = preemption_words(ruling.message)
    if _POTENTIAL.search(words) or (minor < 37 and ruling.nominated):
        return "victims"
    for phrase, reason in (
        ("preemptionPolicy=Never", "never"),
        ("terminating pod on the nominated node", "waitingForVictims"),
        ("No preemption victims found", "noLowerPriority"),
    ):
        if phrase in words:
            return reason
    parts = re.split(r", (?=\d+ )", _COUNT.sub("", words))
    helpless = all("Preemption is not helpful" in part for part in parts)
    return "notHelpful" if not words or helpless else "stillShort"


def _said(ruling: Ruling) -> str:
    if ruling.binds:
        return "it binds"
    return f"the scheduler said {ruling.reason or 'nothing'}: {ruling.message}"
