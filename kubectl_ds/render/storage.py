"""The ``storage`` screen: what cannot work, what is shared, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

import msgspec

from kubectl_ds.engine.decision import Cure
from kubectl_ds.engine.node_sharing import HostPathFinding, Neighbour, PortClash
from kubectl_ds.engine.storage import ClaimFinding, Problem, StorageFindings
from kubectl_ds.engine.storage_instead import Alternative, alternatives
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.rows import Row, counted, headline, row_lines
from kubectl_ds.render.structured import as_yaml
from kubectl_ds.render.theme import Theme, clean

_INSTEAD = {
    "ephemeral": "a claim of its own for each pod",
    "hostPath": "a folder of each node",
    "local": "a local volume of each node",
    "subPathExpr": "a folder for each node inside the shared volume",
}
_MOST_NEIGHBOURS = 3
_OWNERS = {"Node": "static pod", "Pod": "pod"}


def storage_text(
    snapshot: Snapshot, findings: tuple[StorageFindings, ...], theme: Theme, *, with_namespace: bool, fragments: bool
) -> str:
    """A block for each DaemonSet of which there is something to say; the others share a line.

    Args:
        snapshot: what was read.
        findings: of the DaemonSets, in the order in which they are listed.
        theme: of the terminal.
        with_namespace: whether DaemonSets are named with their namespace.
        fragments: whether the manifest of each alternative is shown.
    """
    quiet = [] if len(findings) == 1 else [each for each in findings if _is_quiet(each)]
    blocks = [_block(snapshot, each, theme, with_namespace, fragments) for each in findings if each not in quiet]
    if quiet:
        names = ", ".join(_name(each.daemon_set, with_namespace) for each in quiet)
        blocks.append(fold_text(f"{len(quiet)} without shared claims and clashes: {names}", theme.width, 4))
    denied = gap_lines(snapshot.gaps, theme)
    if denied:
        blocks.append(denied)
    return theme.finish("\n".join("\n".join(block) + "\n" for block in blocks))


def claim_words(claim: ClaimFinding) -> str:
    """What is to be said of a claim, each figure with its other half."""
    return clean(_claim_words(claim))


def _claim_words(claim: ClaimFinding) -> str:
    modes = "/".join(claim.access_modes) or "without an access mode"
    where = "its nodes" if claim.nodes is None else counted(claim.nodes, "node")
    volume = f"volume {claim.volume}" + (f" ({claim.driver})" if claim.driver else "")
    if claim.problem is Problem.MISSING:
        return f"does not exist; its pods wait on all of {where} until somebody creates it"
    if claim.problem is Problem.TERMINATING:
        return f"is being deleted; no new pod can use it on any of {where}"
    if claim.problem is Problem.LOST:
        return f"has lost its volume; no pod can use it on any of {where}"
    if claim.problem is Problem.MISSING_CLASS:
        return f"waits for storage class {claim.storage_class}, which does not exist; its pods wait on all of {where}"
    if claim.problem is Problem.UNBOUND:
        return f"is not bound to a volume (class {claim.storage_class or 'none'}); its pods wait on all of {where}"
    if claim.problem is Problem.FIRST_CONSUMER:
        return (
            f"gets its volume when its first pod comes (class {claim.storage_class}); all pods on {where} share that "
            f"one, wherever it can be used from"
        )
    if claim.problem is Problem.ONE_POD:
        held = f"held by {claim.holder}" if claim.holder else "held by nobody yet"
        return f"is ReadWriteOncePod: 1 pod of {claim.nodes} can have it; {held}"
    if claim.problem is Problem.PINNED:
        usable = claim.usable_on or ()
        named = f" ({fold_names(usable)})" if usable else ""
        text = f"{volume} can be used from {len(usable)} of {where}{named}; elsewhere its pods wait for good"
        return text + ("; and it is attached to one of them at a time" if claim.attaches and len(usable) > 1 else "")
    if claim.problem is Problem.MULTI_ATTACH:
        attached = f"attached to {claim.holder}" if claim.holder else "attached to 1 node"
        return f"is {modes}: {volume} is {attached}, 1 of {where}; elsewhere pods get Multi-Attach errors"
    if claim.problem is Problem.UNKNOWN:
        return f"nobody can tell whether {where} may share it: {claim.denied} cannot be read"
    if claim.problem is Problem.SHARED:
        return (
            f"is {modes}, yet {volume} is mounted on all of {where} without error, and all pods write into one folder"
        )
    return f"is {modes}: {where} may share it"


def host_path_words(path: HostPathFinding) -> str:
    """Who else writes there."""
    how = "or a folder in it or above it, " if path.contains else ""
    return clean(f"{how}also written by {_others(path.others)}")


def port_words(port: PortClash) -> str:
    """Who else wants it."""
    parts = [f"also wanted by {_others(port.others)}"] if port.others else []
    if port.surge:
        parts.append("each surge pod waits for the port of the pod that it is to replace, for ever")
    return clean("; ".join(parts))


def unseen_words(resources: tuple[str, ...]) -> str:
    """Who may be there without being seen."""
    denied = ", ".join("daemonsets of other namespaces" if each == "daemonsets" else each for each in resources)
    return f"nobody can tell who else wants its host ports and folders: {denied} cannot be read"


def instead_words(alternative: Alternative) -> str:
    """What to do, and what has to be there first."""
    needs = f"; it needs {alternative.needs}" if alternative.needs else ""
    return f"{_INSTEAD[alternative.name]} ({alternative.name}){needs}"


def cure_of(daemon_set: DaemonSet, alternative: Alternative) -> Cure:
    """The alternative as a change, with a command where nothing has to be made first."""
    patch = quote(msgspec.json.encode(alternative.fragment).decode())
    command = f"kubectl patch daemonset {daemon_set.name} -n {daemon_set.namespace} -p {patch}"
    return Cure(change=instead_words(alternative), command=command if alternative.ready else None)


def _is_quiet(findings: StorageFindings) -> bool:
    fine = all(each.problem is Problem.FINE for each in findings.claims)
    return fine and not findings.host_paths and not findings.ports and not findings.unseen


def _block(
    snapshot: Snapshot, findings: StorageFindings, theme: Theme, with_namespace: bool, fragments: bool
) -> list[str]:
    rows = [row for claim in findings.claims for row in _claim_rows(snapshot, findings.daemon_set, claim, fragments)]
    rows += [Row("✗", f"hostPort {port.host_port}/{port.protocol}", port_words(port)) for port in findings.ports]
    rows += [Row("!", f"hostPath {clean(path.path)}", host_path_words(path)) for path in findings.host_paths]
    if findings.unseen:
        rows.append(Row("!", "neighbours", unseen_words(findings.unseen)))
    return [*headline(_name(findings.daemon_set, with_namespace), _verdict(findings), theme), *row_lines(rows, theme)]


def _name(daemon_set: DaemonSet, with_namespace: bool) -> str:
    return clean(daemon_set.key if with_namespace else daemon_set.name)


def _verdict(findings: StorageFindings) -> str:
    severe = sum(each.problem.severe for each in findings.claims)
    noted = sum(each.problem in (Problem.SHARED, Problem.FIRST_CONSUMER) for each in findings.claims)
    unknown = sum(each.problem is Problem.UNKNOWN for each in findings.claims)
    parts = (
        f"{severe} of {counted(len(findings.claims), 'shared claim')} cannot work" if severe else "",
        f"{counted(noted, 'claim')} shared by all pods" if noted else "",
        f"{counted(unknown, 'claim')} of which nobody can tell" if unknown else "",
        f"{counted(len(findings.ports), 'host port')} wanted twice" if findings.ports else "",
        f"{counted(len(findings.host_paths), 'folder')} with several writers" if findings.host_paths else "",
        "neighbours unknown" if findings.unseen else "",
    )
    told = ", ".join(part for part in parts if part)
    return told or (
        counted(len(findings.claims), "shared claim") + ", fine" if findings.claims else "nothing is shared"
    )


def _claim_rows(snapshot: Snapshot, daemon_set: DaemonSet, claim: ClaimFinding, fragments: bool) -> Iterator[Row]:
    symbol = "✗" if claim.problem.severe else "" if claim.problem is Problem.FINE else "!"
    yield Row(symbol, f"claim {clean(claim.claim)}", claim_words(claim))
    for position, each in enumerate(alternatives(snapshot, daemon_set, claim)):
        manifest = tuple(as_yaml(each.fragment).rstrip().split("\n")) if fragments else ()
        yield Row("", "or" if position else "instead", instead_words(each), below=manifest)


def _others(others: tuple[Neighbour, ...]) -> str:
    named = [
        f"{_OWNERS.get(each.kind, each.kind)} {each.name} on {fold_names(each.nodes)}"
        for each in others[:_MOST_NEIGHBOURS]
    ]
    left = len(others) - _MOST_NEIGHBOURS
    return "; ".join(named) + (f" and {left} more" if left > 0 else "")
