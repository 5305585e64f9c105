"""What is wrong with what was said of one cell, given what the real cluster did; None when nothing is."""

from __future__ import annotations

from kubectl_ds.engine.decision import Decision, Verdict
from kubectl_ds.engine.evidence import OrderEvidence
from kubectl_ds.engine.scheduler_phrases import filters_of
from kubectl_ds.engine.scheduler_words import scheduler_message, words_for_target
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot


def wrong_verdict(decision: Decision, pod: Pod | None) -> str | None:
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


def wrong_of_waiting(decision: Decision, pod: Pod) -> str | None:
    """What is wrong with what is said of a pod that the scheduler has just refused; None when nothing is."""
    if decision.passes_by in ("fits", "preemption"):
        return f"says {decision.passes_by}, and it was refused: {scheduler_message(pod)}"
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


def left_to_chance(decision: Decision, pod: Pod | None, foretold: tuple[Decision, ...]) -> bool:
    """Whether the scheduler names first what the DaemonSet's own pods compete for, and we what refuses in any order.

    Blocked it is either way; whether the filter of what they compete for comes first hangs on whose turn came before.
    """
    if decision.verdict is not Verdict.BLOCKED or decision.admission or pod is None or pod.bound:
        return False
    contested = {
        each.causes[0].code
        for each in foretold
        if each.verdict is Verdict.UNKNOWN and each.causes and isinstance(each.causes[0].evidence, OrderEvidence)
    }
    named = filters_of(words_for_target(scheduler_message(pod)))
    return decision.causes[0].code not in named and not contested.isdisjoint(named)


def other_victims(decision: Decision, before: Snapshot, after: Snapshot, daemon_set: str) -> str | None:
    """Whether others were evicted from the node than foretold; what is left to chance is not asked.

    Pods of others that came to the node meanwhile evict in their turn: those that waited for it, replacements of
    victims, and pods for which a victim's end has made room in a quota.
    """
    preemption = decision.preemption
    if preemption is None or preemption.ambiguous:
        return None
    left = {pod.metadata.uid for pod in after.pods if not pod.terminating}
    known = {pod.metadata.uid for pod in before.pods if pod.bound}
    foretold = {f"{each.namespace}/{each.name}" for each in preemption.victims}
    evicted = {
        f"{pod.namespace}/{pod.name}"
        for pod in before.pods_by_node.get(decision.node, ())
        if pod.metadata.uid not in left and not pod.terminating
    }
    others_came = any(
        pod.target_node == decision.node
        and pod.metadata.uid not in known
        and (pod.metadata.controller is None or pod.metadata.controller.name != daemon_set)
        for pod in (*before.pods, *after.pods)
    )
    if foretold <= evicted and others_came:
        return None
    return None if foretold == evicted else f"foretold victims {sorted(foretold)}, evicted {sorted(evicted)}"


def budgets_contested(foretold: tuple[Decision, ...]) -> bool:
    """Whether evictions on one node can use up a budget that counts on another; then the order decides."""
    nodes = [each for each in foretold if each.preemption is not None and each.preemption.victims]
    return len(nodes) > 1 and any(
        victim.violates_pdb is not None
        for each in nodes
        for victim in (each.preemption.victims if each.preemption else ())
    )
