"""The ``why`` screen: the answer in one sentence, the steps that led to it, the cure last."""

from __future__ import annotations

from datetime import datetime
from functools import singledispatch
from typing import Any

import msgspec

from kubectl_ds.engine.decision import Preemption, Verdict
from kubectl_ds.engine.explain import Explanation
from kubectl_ds.engine.trace import (
    NOTED,
    PASSED,
    STOPPED,
    Bound,
    Created,
    Fits,
    Matches,
    NoConstraint,
    Running,
    Step,
    Tolerated,
)
from kubectl_ds.render.ages import age
from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.structured import document
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import preemption_sentence, sentence

_SYMBOLS = {PASSED: "✓", STOPPED: "✗", NOTED: "!"}
_HEADS = {
    Verdict.OK: "{ds} runs on {node}",
    Verdict.OUTDATED: "{ds} runs on {node}, on an older revision",
    Verdict.SETTLING: "{ds} has just become ready on {node}",
    Verdict.STARTING: "{ds} is starting on {node}",
    Verdict.NOT_READY: "{ds} is on {node}, and is not ready",
    Verdict.FAILED: "{ds} failed on {node}, and is being replaced",
    Verdict.TERMINATING: "{ds} is going away from {node}",
    Verdict.PENDING: "{ds} waits for {node}",
    Verdict.BLOCKED: "{ds} does not run on {node}, and nothing in the cluster will cure it",
    Verdict.MISSING: "{ds} should run on {node}, and has no pod",
    Verdict.MISSCHEDULED: "{ds} runs on {node}, where it should not be",
    Verdict.EXCLUDED: "{ds} is left out of {node} by design",
    Verdict.UNKNOWN: "nobody can tell whether {ds} should be on {node}",
    Verdict.RUNS: "{ds} would run on {node}",
    Verdict.PREEMPTS: "{ds} would run on {node}, once others have been evicted",
}


def why_text(explanation: Explanation, theme: Theme) -> str:
    """The screen."""
    now = explanation.snapshot.now
    steps = [(step, _step_words(step, now)) for step in explanation.steps]
    actors = max((len(step.actor) for step, _ in steps), default=0)
    checks = max((len(step.check) for step, _ in steps), default=0)
    lines = [theme.bold(part) for part in fold_text(why_headline(explanation), theme.width)]
    for number, (step, words) in enumerate(steps, 1):
        symbol = _SYMBOLS.get(step.outcome, "?")
        head = f"{number:>2} {_paint(symbol, theme)} {step.actor:<{actors}}  {clean(step.check):<{checks}}  "
        lines += _hanging(head, 5 + actors + 2 + checks + 2, words, theme)
    for position, cure in enumerate(explanation.cures):
        label = "cure" if position == 0 else "or"
        lines += _hanging(f"   {label:<4} ", 8, clean(cure.change), theme)
        if cure.command:
            lines.append(f"        {clean(cure.command)}")
    lines += gap_lines(explanation.snapshot.gaps, theme)
    return theme.finish("\n".join(lines) + "\n")


def why_headline(explanation: Explanation) -> str:
    """The answer in one sentence."""
    decision, now = explanation.decision, explanation.snapshot.now
    names = {"ds": clean(explanation.daemon_set.name), "node": clean(decision.node)}
    head = _HEADS[decision.verdict].format(**names)
    causes = [cause for cause in decision.causes if cause.code != "Misscheduled"]
    reason = f": {sentence(causes[0], now)}" if causes else ""
    more = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
    preemption = decision.preemption
    after = ""
    if preemption is not None and preemption.possible:
        after = f"; the scheduler {preemption_sentence(preemption)}"
    return f"{head}{reason}{more}{after}."


def why_document(explanation: Explanation) -> dict[str, Any]:
    """The ``Explanation`` document."""
    snapshot, decision = explanation.snapshot, explanation.decision
    return document("Explanation", snapshot) | {
        "namespace": explanation.daemon_set.namespace,
        "name": explanation.daemon_set.name,
        "node": decision.node,
        "verdict": decision.verdict.value,
        "fault": decision.fault.value if decision.fault else None,
        "message": why_headline(explanation),
        "steps": [
            {
                "actor": step.actor,
                "check": step.check,
                "outcome": step.outcome,
                "message": _step_words(step, snapshot.now),
                "code": step.cause.code if step.cause else None,
                "evidence": _plain(step.cause.evidence if step.cause else step.detail),
            }
            for step in explanation.steps
        ],
        "preemption": _plain(decision.preemption),
        "cure": [_plain(cure) for cure in explanation.cures],
    }


def _plain(value: object) -> Any:
    return None if value is None else msgspec.to_builtins(value)


def _step_words(step: Step, now: datetime) -> str:
    if step.cause is not None:
        return sentence(step.cause, now)
    return "" if step.detail is None else clean(_detail_words(step.detail, now))


@singledispatch
def _detail_words(detail: Any, now: datetime) -> str:
    raise NotImplementedError(f"no words for {type(detail).__name__}")


@_detail_words.register
def _(detail: NoConstraint, now: datetime) -> str:
    return "no constraint"


@_detail_words.register
def _(detail: Matches, now: datetime) -> str:
    parts = [f"{key}={value}" for key, value in sorted(detail.node_selector.items())]
    if detail.terms:
        parts.append("required node affinity")
    return f"the node has {', '.join(parts)}" if detail.node_selector else "the node fulfils required node affinity"


@_detail_words.register
def _(detail: Tolerated, now: datetime) -> str:
    if not detail.taints:
        return "none on the node that keeps pods out"
    told = ", ".join(
        f"{taint} ({'automatic' if by == 'automatic' else 'by the template'})" for taint, by in detail.taints
    )
    return f"{len(detail.taints)} on the node, tolerated: {told}"


@_detail_words.register
def _(detail: Created, now: datetime) -> str:
    return f"pod {detail.pod} was created {age(detail.since, now)} ago"


@_detail_words.register
def _(detail: Bound, now: datetime) -> str:
    if not detail.asked:
        return "the template names the node, so the scheduler was never asked"
    return f"bound {age(detail.since, now)} ago" if detail.since else "bound"


@_detail_words.register
def _(detail: Fits, now: datetime) -> str:
    return "every filter lets it through now"


@_detail_words.register
def _(detail: Running, now: datetime) -> str:
    since = f" for {age(detail.since, now)}" if detail.since else ""
    return f"ready{since}" + (f", revision {detail.revision}" if detail.revision else "")


@_detail_words.register
def _(detail: Preemption, now: datetime) -> str:
    return preemption_sentence(detail)


def _paint(symbol: str, theme: Theme) -> str:
    if symbol == "✓":
        return theme.green(symbol)
    return theme.red(symbol) if symbol == "✗" else theme.yellow(symbol)


def _hanging(head: str, indent: int, words: str, theme: Theme) -> list[str]:
    """Words under their own column; under the head, indented, where the terminal leaves them no room."""
    if theme.width is not None and theme.width - indent < 30:
        return [head.rstrip(), *(f"        {part}" for part in fold_text(words, theme.width - 8))]
    parts = fold_text(words, None if theme.width is None else theme.width - indent)
    return [(head + parts[0]).rstrip(), *(" " * indent + part for part in parts[1:])]
