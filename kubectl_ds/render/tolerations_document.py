"""The ``TolerationReport`` document: every finding with its evidence, the suggestion with its patch."""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ds.engine.tolerations import Restriction, TolerationFindings
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.taint import Taint, Toleration
from kubectl_ds.render.structured import document
from kubectl_ds.render.tolerations import (
    idle_words,
    keeping_out_words,
    patch_of,
    plain_toleration,
    suggested_cure,
    wide_words,
)

Object = dict[str, Any]


def tolerations_document(snapshot: Snapshot, findings: tuple[TolerationFindings, ...]) -> Object:
    """A ``TolerationReport``, as plain dicts and lists; what depends on nodes that could not be read is null."""
    return document("TolerationReport", snapshot) | {"daemonSets": [_daemon_set(each) for each in findings]}


def _daemon_set(findings: TolerationFindings) -> Object:
    known = findings.nodes is not None
    return {
        "namespace": findings.daemon_set.namespace,
        "name": findings.daemon_set.name,
        "nodes": findings.nodes,
        "shouldRunOn": findings.runs_on if known else None,
        "closed": list(findings.closed) if known else None,
        "keepingOut": _keeping_out(findings) if known else None,
        "unused": _unused(findings) if known else None,
        "wide": _wide(findings) if known else None,
        "circles": _circles(findings) if known else None,
        "automatic": _listed(findings.automatic),
        "restriction": None if findings.restriction is None else _restriction(findings.restriction, known),
        "suggestion": _suggestion(findings) if known else None,
    }


def _keeping_out(findings: TolerationFindings) -> list[Object]:
    return [
        {
            "code": "TaintToleration",
            "message": keeping_out_words(each),
            "evidence": _taint(each.taint),
            "nodes": list(each.nodes),
            "count": len(each.nodes),
            "alone": list(each.alone),
            "passing": each.passing,
        }
        for each in findings.keeping_out
    ]


def _unused(findings: TolerationFindings) -> list[Object]:
    return [
        {"toleration": plain_toleration(each.toleration), "why": each.why, "message": idle_words(each)}
        for each in findings.idle
    ]


def _wide(findings: TolerationFindings) -> list[Object]:
    return [
        {
            "toleration": plain_toleration(each.toleration),
            "needed": _listed(each.needed),
            "unasked": list(each.unasked),
            "message": wide_words(each),
        }
        for each in findings.wide
    ]


def _circles(findings: TolerationFindings) -> list[Object]:
    return [
        {"toleration": plain_toleration(each.toleration), "evidence": _taint(each.taint), "nodes": list(each.nodes)}
        for each in findings.circles
    ]


def _restriction(restriction: Restriction, known: bool) -> Object:
    return {
        "plugin": restriction.plugin,
        "refuses": restriction.refuses,
        "defaults": None if restriction.defaults is None else _listed(restriction.defaults),
        "whitelist": None if restriction.whitelist is None else _listed(restriction.whitelist),
        "unreadable": list(restriction.unreadable),
        "notAllowed": _listed(restriction.not_allowed),
        "notAllowedThen": _listed(restriction.not_allowed_then) if known else None,
        "wouldOpen": list(restriction.would_open) if known else None,
    }


def _suggestion(findings: TolerationFindings) -> Object:
    suggestion = findings.suggestion
    return {
        "tolerations": _listed(suggestion.tolerations),
        "kept": _listed(suggestion.kept),
        "covers": list(suggestion.covers),
        "besides": list(suggestion.besides),
        "leaves": list(suggestion.leaves),
        "down": list(suggestion.down),
        "outOfReach": list(suggestion.out_of_reach),
        "changes": suggestion.changes,
        "patch": patch_of(findings),
        "cure": [msgspec.to_builtins(cure) for cure in suggested_cure(findings)],
    }


def _taint(taint: Taint) -> Object:
    return {"key": taint.key, "value": taint.value, "effect": taint.effect}


def _listed(tolerations: tuple[Toleration, ...]) -> list[Object]:
    return [plain_toleration(each) for each in tolerations]
