"""The ``storage`` screen and document."""

from __future__ import annotations

from typing import Any

from kubectl_ds.engine.storage import ClaimFinding, HostPathFinding, PortClash, Problem, StorageFindings
from kubectl_ds.engine.storage_instead import fitting, instead
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.structured import as_yaml, document
from kubectl_ds.render.theme import Theme, clean

_INSTEAD = {
    "ephemeral": "a claim of its own for each pod",
    "hostPath": "a folder of each node",
    "local": "a local volume for each node",
    "subPathExpr": "a folder for each node inside the shared volume",
}


def storage_text(
    snapshot: Snapshot, findings: tuple[StorageFindings, ...], theme: Theme, *, with_namespace: bool, fragments: bool
) -> str:
    """A block per DaemonSet; with ``fragments`` the manifest of each alternative."""
    blocks = []
    for each in findings:
        name = clean(each.daemon_set.key if with_namespace else each.daemon_set.name)
        lines = _hang(theme.bold(name) + ": ", len(name) + 2, _headline(each), theme)
        for claim in each.claims:
            lines += _claim_lines(claim, theme, fragments=fragments)
        for path in each.host_paths:
            lines += _row("!", f"hostPath {clean(path.path)}", _host_path_words(path, each.daemon_set.key), theme)
        for port in each.ports:
            lines += _row("✗", f"hostPort {port.host_port}/{port.protocol}", _port_words(port), theme)
        blocks.append("\n".join(lines) + "\n")
    denied = gap_lines(snapshot.gaps, theme)
    if denied:
        blocks.append("\n".join(denied) + "\n")
    return theme.finish("\n".join(blocks))


def storage_document(snapshot: Snapshot, findings: tuple[StorageFindings, ...]) -> dict[str, Any]:
    """The ``StorageReport`` document."""
    return document("StorageReport", snapshot) | {"daemonSets": [_plain(each) for each in findings]}


def claim_words(claim: ClaimFinding) -> str:
    """What is to be said of a claim, each figure with its other half."""
    modes = "/".join(claim.access_modes) or "no access mode"
    where = f"{claim.nodes} node{'s' if claim.nodes != 1 else ''}"
    volume = f"volume {claim.volume}" + (f" ({claim.driver})" if claim.driver else "")
    if claim.problem is Problem.MISSING:
        return "does not exist; its pods wait until somebody creates it"
    if claim.problem is Problem.MISSING_CLASS:
        return f"waits for storage class {claim.storage_class}, which does not exist"
    if claim.problem is Problem.UNBOUND:
        return f"is not bound to a volume yet (class {claim.storage_class or 'none'}); all pods would share that one"
    if claim.problem is Problem.ONE_POD:
        holder = f"; held by {claim.holder}" if claim.holder else ""
        return f"is ReadWriteOncePod: 1 pod of {claim.nodes} can have it{holder}"
    if claim.problem is Problem.PINNED:
        usable = claim.usable_on or ()
        named = f" ({fold_names(usable)})" if usable else ""
        return f"{volume} can be used from {len(usable)} of {where}{named}; elsewhere its pods wait for good"
    if claim.problem is Problem.MULTI_ATTACH:
        attached = f"; attached to {claim.holder}" if claim.holder else ""
        return (
            f"is {modes}, and {volume} is attached to 1 node of {claim.nodes}: Multi-Attach errors elsewhere{attached}"
        )
    if claim.problem is Problem.SHARED:
        return f"is {modes}, yet {volume} is mounted on all of {where} without error: no pod is isolated from another"
    return f"is {modes}: {where} may share it"


def _headline(findings: StorageFindings) -> str:
    sick = [each for each in findings.claims if each.problem is not Problem.FINE]
    parts = [
        f"{len(sick)} of {len(findings.claims)} shared claims cannot work as meant" if sick else "",
        f"{len(findings.host_paths)} folders written by several DaemonSets" if findings.host_paths else "",
        f"{len(findings.ports)} host ports wanted twice" if findings.ports else "",
    ]
    told = ", ".join(part for part in parts if part)
    if told:
        return told
    return f"{len(findings.claims)} shared claims, all fine" if findings.claims else "no shared claims, no clashes"


def _claim_lines(claim: ClaimFinding, theme: Theme, *, fragments: bool) -> list[str]:
    severe = claim.problem not in (Problem.FINE, Problem.SHARED, Problem.UNBOUND)
    symbol = "✗" if severe else "" if claim.problem is Problem.FINE else "!"
    lines = _row(symbol, f"claim {clean(claim.claim)}", claim_words(claim), theme)
    for name in fitting(claim):
        lines += _row("", "  instead", f"{_INSTEAD[name]} ({name})", theme)
        if fragments:
            lines += [f"      {line}" for line in as_yaml(instead(claim, name)).rstrip().split("\n")]
    return lines


def _host_path_words(path: HostPathFinding, own: str) -> str:
    others = ", ".join(clean(each) for each in path.writers if each != own)
    how = "or a folder in it or above it, " if path.contains else ""
    return f"{how}is also written by {others} on the same nodes"


def _port_words(port: PortClash) -> str:
    return f"is also wanted by {', '.join(clean(each) for each in port.others)} on {port.nodes} of the same nodes"


def _row(symbol: str, what: str, text: str, theme: Theme) -> list[str]:
    painted = {"✗": theme.red, "!": theme.yellow}.get(symbol, str)(symbol or " ")
    return _hang(f"{painted} {what}  ", len(what) + 4, text, theme)


def _hang(head: str, indent: int, text: str, theme: Theme) -> list[str]:
    if theme.width is not None and theme.width - indent < 30:
        return [head.rstrip(), *(f"    {part}" for part in fold_text(clean(text), theme.width - 4))]
    parts = fold_text(clean(text), None if theme.width is None else theme.width - indent)
    return [head + parts[0], *(" " * indent + part for part in parts[1:])]


def _plain(findings: StorageFindings) -> dict[str, Any]:
    return {
        "namespace": findings.daemon_set.namespace,
        "name": findings.daemon_set.name,
        "claims": [
            {
                "claim": each.claim,
                "problem": each.problem.value,
                "message": claim_words(each),
                "evidence": {
                    "accessModes": list(each.access_modes),
                    "volume": each.volume,
                    "driver": each.driver,
                    "nodes": each.nodes,
                    "usableOn": None if each.usable_on is None else list(each.usable_on),
                    "holder": each.holder,
                    "storageClass": each.storage_class,
                    "readOnly": each.read_only,
                },
                "instead": [{"change": _INSTEAD[name], "fragment": instead(each, name)} for name in fitting(each)],
            }
            for each in findings.claims
        ],
        "hostPaths": [
            {"path": each.path, "writers": list(each.writers), "contains": each.contains}
            for each in findings.host_paths
        ],
        "hostPorts": [
            {"hostPort": each.host_port, "protocol": each.protocol, "others": list(each.others), "nodes": each.nodes}
            for each in findings.ports
        ],
    }
