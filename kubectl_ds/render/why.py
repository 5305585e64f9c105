"""The ``why`` screen and document: the answer in one sentence, the steps that led to it, the cure last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubectl_ds.engine.cures import IN_THE_MANIFEST
from kubectl_ds.engine.decision import Decision, Verdict
from kubectl_ds.engine.explain import Explanation
from kubectl_ds.engine.trace import NOTED, PASSED, STOPPED, Step
from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.gaps import gap_lines, lacking_lines
from kubectl_ds.render.step_words import step_words
from kubectl_ds.render.structured import document, node_document, plain
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
_FORETOLD = {
    Verdict.BLOCKED: "{ds} would not run on {node}, and nothing in the cluster would cure it",
    Verdict.UNKNOWN: "nobody can tell whether {ds} would run on {node}",
    Verdict.EXCLUDED: "{ds} would be left out of {node} by design",
}
_UNKNOWN = {
    None: "nobody can tell whether {ds} should be on {node}",
    True: "{ds} should run on {node}, and nobody can tell how it fares there",
    False: "{ds} should not run on {node}, and nobody can tell whether it does",
}
"""Of a DaemonSet that lives, by whether it should run there."""
_NARROWEST = 30
"""With fewer columns left for the words of a step they stand under its head."""
_UNDER = 8


def why_text(explanation: Explanation, theme: Theme, *, closely: bool = False) -> str:
    """The screen; looked at closely, with the steps that changed nothing, and everybody's own words."""
    now = explanation.snapshot.now
    steps = [step for step in explanation.steps if closely or not step.minor]
    actors = max((len(step.actor) for step in steps), default=0)
    checks = max((len(clean(step.check)) for step in steps), default=0)
    indent = 5 + actors + 2 + checks + 2
    lines = [theme.bold(part) for part in fold_text(why_headline(explanation), theme.width)]
    for number, step in enumerate(steps, 1):
        symbol = _SYMBOLS.get(step.outcome, "?")
        head = f"{number:>2} {_paint(symbol, theme)} {step.actor:<{actors}}  {clean(step.check):<{checks}}  "
        lines += _hanging(head, indent, step_words(step, now), theme)
        if closely:
            lines += _own_words(step, indent, theme)
    for label, change, command in _cures(explanation):
        lines += _hanging(f"   {label:<4} ", _UNDER, clean(change), theme)
        if command:
            lines.append(f"{' ' * _UNDER}{clean(command)}")
    lines += lacking_lines(explanation.snapshot.gaps, explanation.decision.causes, theme)
    lines += gap_lines(explanation.snapshot.gaps, theme)
    return theme.finish("\n".join(lines) + "\n")


def why_headline(explanation: Explanation) -> str:
    """The answer in one sentence."""
    decision, now = explanation.decision, explanation.snapshot.now
    names = {"ds": clean(explanation.daemon_set.name), "node": clean(decision.node)}
    heads = _HEADS | _FORETOLD if explanation.coverage.predicted else _HEADS
    if decision.verdict is Verdict.UNKNOWN and not explanation.coverage.predicted:
        heads = heads | {Verdict.UNKNOWN: _UNKNOWN[decision.eligibility.should_run]}
    head = heads[decision.verdict].format(**names)
    causes = [cause for cause in decision.causes if cause.code != "Misscheduled"]
    reason = f": {sentence(causes[0], now)}" if causes else ""
    further = list(dict.fromkeys(clean(cause.code) for cause in causes[1:] if cause.code != causes[0].code))
    also = f"; and {', '.join(further)} too" if further else ""
    return f"{head}{reason}{also}{_after(decision)}."


def why_document(explanation: Explanation) -> dict[str, Any]:
    """The ``Explanation`` document: the row of the node as in a CoverageReport, and the steps that led to it."""
    snapshot, daemon_set = explanation.snapshot, explanation.daemon_set
    return (
        document("Explanation", snapshot)
        | {
            "namespace": daemon_set.namespace,
            "name": daemon_set.name,
            "predicted": explanation.coverage.predicted,
            "message": why_headline(explanation),
        }
        | node_document(explanation.decision, explanation.coverage)
        | {"steps": [_step(step, explanation) for step in explanation.steps]}
    )


def _step(step: Step, explanation: Explanation) -> dict[str, Any]:
    return {
        "actor": step.actor,
        "check": step.check,
        "outcome": step.outcome,
        "code": step.cause.code if step.cause else None,
        "message": step_words(step, explanation.snapshot.now),
        "quoted": (step.cause.quoted or None) if step.cause else None,
        "evidence": plain(step.cause.evidence if step.cause else step.detail),
    }


def _after(decision: Decision) -> str:
    """What becomes of it by itself."""
    if decision.verdict is Verdict.MISSCHEDULED:
        stays = decision.eligibility.should_continue_running
        return "; the pod stays, but would not come back" if stays else "; the pod will be deleted"
    if decision.preemption is not None and decision.preemption.possible:
        return f"; the scheduler {preemption_sentence(decision.preemption)}"
    return ""


def _cures(explanation: Explanation) -> Iterator[tuple[str, str, str | None]]:
    """(label, change, command): what cures, or what to look at where no command does."""
    before = ""
    for cure in explanation.cures:
        label = "cure" if cure.command or cure.change.startswith(IN_THE_MANIFEST) else "see"
        yield ("or" if label == before else label), cure.change, cure.command
        before = label


def _own_words(step: Step, indent: int, theme: Theme) -> list[str]:
    """What scheduler, kubelet or API server said, as it came."""
    if step.cause is None or not step.cause.quoted:
        return []
    room = None if theme.width is None else max(theme.width - indent, _NARROWEST)
    left = indent if theme.width is None or theme.width - indent >= _NARROWEST else _UNDER
    quoted = clean(step.cause.quoted.replace("\n", " ").strip())
    return [" " * left + theme.dim(part) for part in fold_text(f'"{quoted}"', room)]


def _paint(symbol: str, theme: Theme) -> str:
    if symbol == "✓":
        return theme.green(symbol)
    return theme.red(symbol) if symbol == "✗" else theme.yellow(symbol)


def _hanging(head: str, indent: int, words: str, theme: Theme) -> list[str]:
    """Words under their own column; under the head, indented, where the terminal leaves them no room."""
    if theme.width is not None and theme.width - indent < _NARROWEST:
        return [head.rstrip(), *(" " * _UNDER + part for part in fold_text(words, theme.width - _UNDER) if part)]
    parts = fold_text(words, None if theme.width is None else theme.width - indent)
    return [(head + parts[0]).rstrip(), *(" " * indent + part for part in parts[1:])]
