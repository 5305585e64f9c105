"""What could not be read, as part of the answer: one line each, or one for all when one reason explains them."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.evidence import AdmissionEvidence, VolumeEvidence
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.theme import Theme, clean

_MOST_APART = 3
_OF_VOLUMES = {
    "missingClaim": ("persistentvolumeclaims",),
    "lostClaim": ("persistentvolumes",),
    "missingVolume": ("persistentvolumes",),
    "noMatchingVolume": ("persistentvolumes",),
    "missingClass": ("storageclasses",),
    "missingDriver": ("csinodes",),
}
_OF_ADMISSION = {
    "serviceAccount": ("serviceaccounts",),
    "priorityClass": ("priorityclasses",),
    "runtimeClass": ("runtimeclasses",),
    "namespace": ("namespaces",),
}


def gap_lines(gaps: tuple[Gap, ...], theme: Theme) -> list[str]:
    """The gaps that a denial made; a List that simply lacks a kind is taken at its word."""
    denied = [gap for gap in gaps if gap.denied]
    texts = [_apart(gap) for gap in denied] if len(denied) <= _MOST_APART else [_together(denied)]
    lines = []
    for text in texts:
        parts = fold_text(clean(text), None if theme.width is None else theme.width - 2)
        lines += [f"{theme.red('✗')} {parts[0]}", *(f"  {part}" for part in parts[1:])]
    return lines


def lacking_lines(gaps: tuple[Gap, ...], causes: Iterable[Cause], theme: Theme) -> list[str]:
    """What a plain List holds nothing of, where a cause leans on there being none; it is taken at its word."""
    leaned_on = {resource for cause in causes for resource in _absent_for(cause)}
    texts = [f"{gap.error}, and is taken at its word" for gap in gaps if not gap.denied and gap.resource in leaned_on]
    lines = []
    for text in dict.fromkeys(texts):
        parts = fold_text(clean(text), None if theme.width is None else theme.width - 2)
        lines += [f"{theme.yellow('!')} {parts[0]}", *(f"  {part}" for part in parts[1:])]
    return lines


def _absent_for(cause: Cause) -> tuple[str, ...]:
    """The resources of which something is said not to exist."""
    evidence = cause.evidence
    if isinstance(evidence, VolumeEvidence):
        return _OF_VOLUMES.get(evidence.problem, ())
    if isinstance(evidence, AdmissionEvidence) and evidence.rule == "missing":
        return _OF_ADMISSION.get(evidence.admission, ())
    return ()


def _apart(gap: Gap) -> str:
    affected = f"; unknown without it: {', '.join(gap.affects)}" if gap.affects else ""
    return f"cannot read {gap.resource}{_where(gap)}: {gap.error}{affected}"


def _together(gaps: list[Gap]) -> str:
    """Many denials of one user are one story: the first is quoted, the others are named."""
    names = ", ".join(dict.fromkeys(f"{gap.resource}{_where(gap)}" for gap in gaps))
    affected = ", ".join(dict.fromkeys(each for gap in gaps for each in gap.affects))
    kinds = len({gap.resource for gap in gaps})
    return f"cannot read {kinds} kinds: {names}; unknown without them: {affected}; the first: {gaps[0].error}"


def _where(gap: Gap) -> str:
    return " in other namespaces" if gap.namespace == "*" else f" in {gap.namespace}" if gap.namespace else ""
