"""The sentences for refusals by the API server that were computed, not heard: evidence in, words out.

A refusal that was heard keeps the API server's own words; see ``words``.
"""

from __future__ import annotations

from kubectl_ds.engine.evidence import AdmissionEvidence


def refusal_words(evidence: AdmissionEvidence) -> str:
    """Why the pod would not be created, on one line."""
    text = _words(evidence)
    return f"{text} (if the plugin is on, which no pod shows yet)" if evidence.assumed else text


def _words(evidence: AdmissionEvidence) -> str:
    if evidence.admission == "invalid" and evidence.field:
        return f"the pod would be invalid: {evidence.field} {evidence.rule}"
    words = _WORDS.get((evidence.admission, evidence.rule))
    if words is None:
        return f"{evidence.admission} {evidence.name}" if evidence.name else evidence.admission
    return words.format(
        name=evidence.name or "(none)",
        field=evidence.field,
        has=evidence.requested or "not set",
        used=evidence.used,
        wanted=evidence.limited,
        details=", ".join(evidence.details),
    )


_WORDS = {
    ("limitRange", "max"): "LimitRange {name}: {field} is {has}, at most {wanted} allowed",
    ("limitRange", "min"): "LimitRange {name}: {field} is {has}, at least {wanted} demanded",
    ("limitRange", "ratio"): "LimitRange {name}: {field} is {has}, at most {wanted} times the request of {used}",
    ("quota", "mustSpecify"): "quota {name} demands that containers specify {details}",
    ("quota", "statusUnknown"): "quota {name} has not been counted yet: {details}",
    ("quota", "unparsable"): "quota {name} has a scope that cannot be read: {details}",
    ("serviceAccount", "missing"): "service account {name} does not exist",
    ("serviceAccount", "secretNotReferenced"): "service account {name} does not list secret {details}, used in {field}",
    ("priorityClass", "missing"): "priority class {name} does not exist",
    ("priorityClass", "mismatch"): "{field} is {has}, but its priority class ({name}) makes it {wanted}",
    ("runtimeClass", "missing"): "runtime class {name} does not exist",
    ("runtimeClass", "mismatch"): "{field} is not that of runtime class {name}",
    ("runtimeClass", "conflict"): "{field} is {has}, runtime class {name} wants {wanted}",
    ("nodeSelectorConflict", "conflict"): "{field} is {has}, namespace {name} wants {wanted}",
    ("nodeSelectorConflict", "unparsable"): "the namespace's node selector is no list of labels: {details}",
    ("tolerationWhitelist", "notCovered"): "the namespace's toleration whitelist does not cover {details}",
    ("tolerationWhitelist", "unparsable"): "annotation {details} is no JSON list of tolerations",
    ("podSecurity", "violated"): "violates Pod Security {name}: {details}",
    ("namespace", "missing"): "namespace {name} does not exist",
    ("namespace", "terminating"): "namespace {name} is being deleted",
}
