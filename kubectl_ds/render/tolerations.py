"""The ``tolerations`` screen: what taints keep a DaemonSet out, what of its tolerations is idle, what would suffice."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

import msgspec

from kubectl_ds.engine.decision import Cure
from kubectl_ds.engine.tolerations import Idle, KeepingOut, Restriction, TolerationFindings, Wide
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.taint import Toleration
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.rows import Row, counted, headline, row_lines
from kubectl_ds.render.theme import Theme, clean

_IDLE = {
    "automatic": "idle: every DaemonSet pod gets it anyway",
    "covered": "idle: another toleration of the template does the same",
    "noSuchTaint": "idle: no node has such a taint now",
    "standby": "for nodes that are not ready, or not ready yet; no node has such a taint now",
}


def tolerations_text(
    snapshot: Snapshot,
    findings: tuple[TolerationFindings, ...],
    theme: Theme,
    *,
    asked: bool,
    with_namespace: bool,
    again: str = "",
) -> str:
    """A block for each DaemonSet of which there is something to say; the others share a line.

    Args:
        snapshot: what was read.
        findings: of the DaemonSets, in the order in which they are listed.
        theme: of the terminal.
        asked: whether the suggestion is for nodes that were named; only then it is shown.
        with_namespace: whether DaemonSets are named with their namespace.
        again: the flags with which the suggested command reads from the same place.
    """
    quiet = [] if len(findings) == 1 else [each for each in findings if _is_quiet(each) and not asked]
    blocks = [_block(each, theme, asked, with_namespace) for each in findings if each not in quiet]
    if quiet:
        names = ", ".join(_name(each.daemon_set, with_namespace) for each in quiet)
        blocks.append(fold_text(f"{len(quiet)} that no taint keeps out, none idle: {names}", theme.width, 4))
    denied = gap_lines(snapshot.gaps, theme)
    if denied:
        blocks.append(denied)
    closed = next((each.daemon_set for each in findings if each.keeping_out), None)
    if closed is not None and not asked and theme.width is not None:
        command = f"kubectl ds tolerations {closed.name} -n {closed.namespace} --for-nodes all"
        blocks.append([clean(f"next: {command}{again}")])
    return theme.finish("\n".join("\n".join(block) + "\n" for block in blocks))


def toleration_words(toleration: Toleration) -> str:
    """``key=value:Effect``, ``key:Effect``, ``key`` for any effect, ``every taint`` without a key."""
    seconds = f" for {toleration.toleration_seconds}s" if toleration.toleration_seconds is not None else ""
    if not toleration.key:
        return clean(f"every {toleration.effect} taint{seconds}".replace("  ", " "))
    value = f"={toleration.value}" if toleration.value else ""
    effect = f":{toleration.effect}" if toleration.effect else ""
    return clean(f"{toleration.key}{value}{effect}{seconds}")


def patch_command(findings: TolerationFindings) -> str:
    """The command that puts the suggested list in place."""
    daemon_set = findings.daemon_set
    patch = quote(msgspec.json.encode(patch_of(findings)).decode())
    return f"kubectl patch daemonset {daemon_set.name} -n {daemon_set.namespace} -p {patch}"


def patch_of(findings: TolerationFindings) -> dict[str, object]:
    """The strategic merge patch that puts the suggested list into the template; lists of tolerations are replaced."""
    tolerations = [plain_toleration(each) for each in findings.suggestion.whole]
    return {"spec": {"template": {"spec": {"tolerations": tolerations}}}}


def plain_toleration(toleration: Toleration) -> dict[str, object]:
    """A toleration as it is written in a manifest."""
    plain = msgspec.to_builtins(toleration)
    return {key: value for key, value in plain.items() if value not in ("", None)}


def suggested_cure(findings: TolerationFindings) -> tuple[Cure, ...]:
    """The change that the suggested list is; empty when nothing is to be changed, or nothing is known."""
    if findings.nodes is None or not findings.suggestion.changes:
        return ()
    listed = ", ".join(toleration_words(each) for each in findings.suggestion.whole) or "none at all"
    return (Cure(change=f"tolerate {listed}", command=patch_command(findings)),)


def keeping_out_words(out: KeepingOut) -> str:
    """Which nodes a taint keeps the DaemonSet out of."""
    alone = "" if len(out.alone) == len(out.nodes) else f" ({len(out.alone) or 'none'} by this alone)"
    it = "it is" if len(out.nodes) == 1 else "they are"
    passing = f"; {it} down, and the taint goes with that" if out.passing else ""
    return clean(f"keeps it out of {counted(len(out.nodes), 'node')}: {fold_names(out.nodes)}{alone}{passing}")


def idle_words(idle: Idle) -> str:
    """Why a toleration opens nothing."""
    return _IDLE[idle.why]


def wide_words(wide: Wide) -> str:
    """What a toleration opens beyond what is needed, and what would do."""
    enough = ", ".join(toleration_words(each) for each in wide.needed) or "none at all"
    if wide.unasked:
        return clean(f"also opens {fold_names(wide.unasked)}, not asked for; enough would be: {enough}")
    return (
        f"also opens nodes that are not ready, or not set up yet; for the taints that are there now this would be "
        f"enough: {enough}"
    )


def _is_quiet(findings: TolerationFindings) -> bool:
    restriction = findings.restriction
    return not (
        findings.nodes is None
        or findings.keeping_out
        or findings.idle
        or findings.wide
        or findings.circles
        or (restriction is not None and restriction.plugin != "none")
    )


def _block(findings: TolerationFindings, theme: Theme, asked: bool, with_namespace: bool) -> list[str]:
    rows = [*_taint_rows(findings, asked), *_own_rows(findings)]
    if findings.restriction is not None:
        rows += _restriction_rows(findings.restriction)
    if asked and findings.nodes is not None:
        rows += _suggestion_rows(findings)
    name = _name(findings.daemon_set, with_namespace)
    return [*headline(name, _verdict(findings, asked), theme), *row_lines(rows, theme)]


def _name(daemon_set: DaemonSet, with_namespace: bool) -> str:
    return clean(daemon_set.key if with_namespace else daemon_set.name)


def _verdict(findings: TolerationFindings, asked: bool) -> str:
    restriction = findings.restriction
    if restriction is not None and restriction.refuses:
        refusal = "its namespace refuses its pods"
        refusal += "" if restriction.plugin == "on" else ", where PodTolerationRestriction is on"
    else:
        refusal = ""
    if findings.nodes is None:
        return "; ".join(part for part in ("cannot tell: nodes cannot be read", refusal) if part)
    out = {node for each in findings.keeping_out for node in each.nodes}
    told = f"taints keep it out of {len(out)} of {findings.nodes} nodes" if out else "no taint keeps it out of any node"
    idle = sum(each.why != "standby" for each in findings.idle)
    parts = (
        refusal,
        _closed(len(findings.closed)) if asked and findings.closed else "",
        told,
        f"{counted(idle, 'toleration')} idle" if idle else "",
        "its pods are made and evicted in a circle" if findings.circles else "",
    )
    return "; ".join(part for part in parts if part)


def _closed(count: int) -> str:
    return f"{count} of the nodes asked for {'is' if count == 1 else 'are'} closed to it"


def _taint_rows(findings: TolerationFindings, asked: bool) -> Iterator[Row]:
    for out in findings.keeping_out:
        in_the_way = asked and not out.passing and not set(out.nodes).isdisjoint(findings.closed)
        yield Row("✗" if in_the_way else "", clean(str(out.taint)), keeping_out_words(out))


def _own_rows(findings: TolerationFindings) -> Iterator[Row]:
    if findings.nodes is None:
        return
    for circle in findings.circles:
        seconds = circle.toleration.toleration_seconds
        where = clean(fold_names(circle.nodes))
        text = f"on {where} its pods are made, evicted after {seconds}s, and made again, for ever"
        yield Row("✗", toleration_words(circle.toleration), text)
    for idle in findings.idle:
        yield Row("" if idle.why == "standby" else "!", toleration_words(idle.toleration), idle_words(idle))
    for wide in findings.wide:
        yield Row("!", toleration_words(wide.toleration), wide_words(wide))


def _restriction_rows(restriction: Restriction) -> Iterator[Row]:
    if restriction.plugin == "none":
        return
    if restriction.plugin == "off":
        yield Row("", "namespace", "its annotations are without effect: pods made since show that the plugin is off")
        return
    for key in restriction.unreadable:
        yield Row("✗", "namespace", f"annotation {key} is no JSON list of tolerations: no pod can be created")
    if restriction.not_allowed:
        which = ", ".join(toleration_words(each) for each in restriction.not_allowed)
        yield Row("✗", "whitelist", f"does not allow {which}; every toleration must be on it, the automatic ones too")
    elif restriction.whitelist:
        yield Row("", "whitelist", "the namespace's whitelist allows all of them")
    elif restriction.whitelist is not None:
        yield Row("", "whitelist", "the namespace's whitelist is empty, which restricts nothing")
    if restriction.defaults:
        which = ", ".join(toleration_words(each) for each in restriction.defaults)
        nodes = clean(fold_names(restriction.would_open))
        stay = "stays" if len(restriction.would_open) == 1 else "stay"
        where = f": {nodes} {stay} without a pod" if restriction.would_open else ""
        text = f"{which} are added to pods, and never change the controller's choice of nodes{where}"
        yield Row("!", "defaults", text)
    if restriction.plugin == "assumed" and (restriction.refuses or restriction.defaults):
        yield Row("", "", "this holds where the admission plugin PodTolerationRestriction is on; it is off by default")


def _suggestion_rows(findings: TolerationFindings) -> Iterator[Row]:
    suggestion, restriction = findings.suggestion, findings.restriction
    for label, symbol, nodes, text in (
        ("out of reach", "!", suggestion.out_of_reach, "labels keep it out there, and no toleration helps"),
        ("down", "", suggestion.down, "down; open once the node is back"),
        ("besides", "!", suggestion.besides, "not asked for, but open as well with any list for the others"),
        ("left", "✗", suggestion.leaves, "it runs there now, and would not with this list"),
    ):
        if nodes:
            yield Row(symbol, label, clean(f"{fold_names(nodes)}: {text}"))
    if restriction is not None and restriction.not_allowed_then and restriction.plugin != "off":
        which = ", ".join(toleration_words(each) for each in restriction.not_allowed_then)
        yield Row("✗", "whitelist", f"the namespace's whitelist would not allow {which}")
    listed = ", ".join(toleration_words(each) for each in suggestion.whole) or "none at all"
    covers = f"covers {counted(len(suggestion.covers), 'node')}"
    if suggestion.changes:
        yield Row("", "smallest list", f"{listed}; {covers}", command=clean(patch_command(findings)))
    else:
        yield Row("", "smallest list", f"as it is; {covers}")
