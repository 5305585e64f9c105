"""The ``tolerations`` screen and document."""

from __future__ import annotations

from shlex import quote
from typing import Any

import msgspec

from kubectl_ds.engine.tolerations import Restriction, Suggestion, TolerationFindings
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.taint import Toleration
from kubectl_ds.render.coverage import gap_lines
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.structured import document
from kubectl_ds.render.theme import Theme, clean


def tolerations_text(
    snapshot: Snapshot, findings: tuple[TolerationFindings, ...], theme: Theme, *, asked: bool, with_namespace: bool
) -> str:
    """A block per DaemonSet; ``asked`` when the suggestion is for nodes that were named."""
    blocks = ["\n".join(_block(each, theme, asked=asked, with_namespace=with_namespace)) + "\n" for each in findings]
    denied = gap_lines(snapshot.gaps, theme)
    if denied:
        blocks.append("\n".join(denied) + "\n")
    return theme.finish("\n".join(blocks))


def tolerations_document(snapshot: Snapshot, findings: tuple[TolerationFindings, ...]) -> dict[str, Any]:
    """The ``TolerationReport`` document."""
    return document("TolerationReport", snapshot) | {"daemonSets": [_plain(each) for each in findings]}


def patch_of(suggestion: Suggestion) -> dict[str, Any]:
    """The strategic merge patch that puts the suggested list into the template; lists of tolerations are replaced."""
    return {
        "spec": {"template": {"spec": {"tolerations": [plain_toleration(each) for each in suggestion.tolerations]}}}
    }


def plain_toleration(toleration: Toleration) -> dict[str, Any]:
    """A toleration as it is written in a manifest."""
    plain = msgspec.to_builtins(toleration)
    return {key: value for key, value in plain.items() if value not in ("", None)}


def toleration_words(toleration: Toleration) -> str:
    """``key=value:Effect``, ``key:Effect``, with ``*`` for what is left open."""
    key = toleration.key or "*"
    value = f"={toleration.value}" if toleration.value else ""
    seconds = f" for {toleration.toleration_seconds}s" if toleration.toleration_seconds is not None else ""
    return clean(f"{key}{value}:{toleration.effect or '*'}{seconds}")


def _block(findings: TolerationFindings, theme: Theme, *, asked: bool, with_namespace: bool) -> list[str]:
    daemon_set = findings.daemon_set
    name = clean(daemon_set.key if with_namespace else daemon_set.name)
    lines = _hang(theme.bold(name) + ": ", len(name) + 2, _headline(findings), theme)
    for out in findings.keeping_out:
        alone = "" if len(out.alone) == len(out.nodes) else f" ({len(out.alone)} by this alone)"
        passing = "; the node is down, and the taint goes when it is back" if out.passing else ""
        text = f"keeps it out of {len(out.nodes)}: {fold_names(out.nodes)}{alone}{passing}"
        lines += _row("✗", clean(str(out.taint)), text, theme)
    for idle in findings.idle:
        lines += _row(
            "!", toleration_words(idle), "matches no taint in this cluster that is not tolerated anyway", theme
        )
    for wide in findings.wide:
        instead = ", ".join(toleration_words(each) for each in wide.needed) or "nothing is needed"
        lines += _row(
            "!", toleration_words(wide.toleration), f"opens more than it needs; enough here: {instead}", theme
        )
    if findings.restriction is not None:
        lines += _restriction_lines(findings.restriction, theme)
    lines += _suggestion_lines(daemon_set, findings.suggestion, theme, asked=asked)
    return lines


def _headline(findings: TolerationFindings) -> str:
    out = {node for each in findings.keeping_out for node in each.nodes}
    refused = findings.restriction is not None and (findings.restriction.not_allowed or findings.restriction.unreadable)
    parts = [
        f"taints keep it out of {len(out)} node{'s' if len(out) > 1 else ''}"
        if out
        else "no taint keeps it out of any node"
    ]
    if findings.idle:
        parts.append(f"{len(findings.idle)} toleration{'s' if len(findings.idle) > 1 else ''} idle")
    if findings.wide:
        parts.append(f"{len(findings.wide)} wider than needed")
    if refused:
        parts.append("its namespace refuses its pods")
    return ", ".join(parts)


def _restriction_lines(restriction: Restriction, theme: Theme) -> list[str]:
    lines: list[str] = []
    for key in restriction.unreadable:
        lines += _row(
            "✗", "namespace", f"annotation {key} is no JSON list of tolerations: no pod can be created", theme
        )
    if restriction.not_allowed:
        which = ", ".join(toleration_words(each) for each in restriction.not_allowed)
        text = f"its whitelist does not allow {which}; every toleration must be on it, the automatic ones too"
        lines += _row("✗", "namespace", text, theme)
    elif restriction.whitelist:
        lines += _row("", "namespace", "its whitelist allows all of them", theme)
    elif restriction.whitelist is not None:
        lines += _row("", "namespace", "its whitelist is empty, which restricts nothing", theme)
    if restriction.defaults:
        which = ", ".join(toleration_words(each) for each in restriction.defaults)
        where = f", so {fold_names(restriction.would_open)} stay without a pod" if restriction.would_open else ""
        text = f"default tolerations {which} are added to pods, never to the controller's choice of nodes{where}"
        lines += _row("!", "namespace", text, theme)
    if restriction.not_allowed or restriction.defaults:
        text = "this holds where the admission plugin PodTolerationRestriction is on; it is off by default"
        lines += _row("", "", text, theme)
    return lines


def _suggestion_lines(daemon_set: DaemonSet, suggestion: Suggestion, theme: Theme, *, asked: bool) -> list[str]:
    lines: list[str] = []
    what = "the nodes asked for" if asked else "the nodes it covers now"
    if suggestion.out_of_reach:
        text = f"{fold_names(suggestion.out_of_reach)}: labels keep it out, no toleration opens them"
        lines += _row("!", "out of reach", text, theme)
    if not suggestion.changes:
        lines += _row("", "smallest list", f"as it is: it covers {what}, {len(suggestion.covers)} in all", theme)
        return lines
    listed = ", ".join(toleration_words(each) for each in suggestion.tolerations) or "none at all"
    lines += _row("", "smallest list", f"{listed}; covers {what}, {len(suggestion.covers)} in all", theme)
    patch = quote(msgspec.json.encode(patch_of(suggestion)).decode())
    lines.append(f"    cure  kubectl patch daemonset {daemon_set.name} -n {daemon_set.namespace} -p {patch}")
    return lines


def _row(symbol: str, what: str, text: str, theme: Theme) -> list[str]:
    painted = {"✗": theme.red, "!": theme.yellow}.get(symbol, str)(symbol or " ")
    if theme.width is not None and theme.width - len(what) - 4 < 30:
        return [f"{painted} {what}", *(f"    {part}" for part in fold_text(text, theme.width - 4))]
    return _hang(f"{painted} {what}  ", len(what) + 4, text, theme)


def _hang(head: str, indent: int, text: str, theme: Theme) -> list[str]:
    parts = fold_text(clean(text), None if theme.width is None else theme.width - indent)
    return [head + parts[0], *(" " * indent + part for part in parts[1:])]


def _plain(findings: TolerationFindings) -> dict[str, Any]:
    restriction, suggestion = findings.restriction, findings.suggestion
    return {
        "namespace": findings.daemon_set.namespace,
        "name": findings.daemon_set.name,
        "keepingOut": [
            {
                "taint": msgspec.to_builtins(each.taint),
                "nodes": list(each.nodes),
                "alone": list(each.alone),
                "passing": each.passing,
            }
            for each in findings.keeping_out
        ],
        "unused": [plain_toleration(each) for each in findings.idle],
        "wide": [
            {"toleration": plain_toleration(each.toleration), "needed": [plain_toleration(one) for one in each.needed]}
            for each in findings.wide
        ],
        "restriction": None
        if restriction is None
        else {
            "defaults": _maybe(restriction.defaults),
            "whitelist": _maybe(restriction.whitelist),
            "unreadable": list(restriction.unreadable),
            "notAllowed": [plain_toleration(each) for each in restriction.not_allowed],
            "wouldOpen": list(restriction.would_open),
        },
        "suggestion": {
            "tolerations": [plain_toleration(each) for each in suggestion.tolerations],
            "covers": list(suggestion.covers),
            "outOfReach": list(suggestion.out_of_reach),
            "changes": suggestion.changes,
            "patch": patch_of(suggestion),
        },
    }


def _maybe(tolerations: tuple[Toleration, ...] | None) -> list[dict[str, Any]] | None:
    return None if tolerations is None else [plain_toleration(each) for each in tolerations]
