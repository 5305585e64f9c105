"""Every problem of every document in one go, before any server is asked.

Whatever the API server would refuse and can be known without it is an error here; nothing that it accepts is.
``tests/controlplane/test_validation_agrees.py`` holds both against a real server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from kubectl_ds.manifest import schema
from kubectl_ds.manifest.api_versions import REMOVED, unknown_type
from kubectl_ds.manifest.checks import advice
from kubectl_ds.manifest.checks.daemonset import daemon_set
from kubectl_ds.manifest.checks.fault import Fault, Faults
from kubectl_ds.manifest.checks.metadata import metadata
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.pod import pod_spec
from kubectl_ds.manifest.documents import Document
from kubectl_ds.manifest.finding import Finding, Severity, by_place
from kubectl_ds.manifest.mark import Found
from kubectl_ds.manifest.schema import Schema
from kubectl_ds.manifest.schema_walk import Walk
from kubectl_ds.manifest.suggest import closest

_VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d+)?")


def validate(documents: Sequence[Document]) -> tuple[Finding, ...]:
    """The problems of all documents, document by document, each from top to bottom.

    An ERROR would be refused by the API server, a WARNING is worth knowing. Of kinds that are not known here only
    nothing is said (see ``unchecked``).
    """
    tree = schema.load()
    return tuple(finding for document in documents for finding in _of_document(tree, document))


def unchecked(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The documents of kinds that are not known here: custom resources, and what rarely comes with DaemonSets."""
    tree = schema.load()
    return tuple(each for each in documents if _meant(tree, each) is None and _type_problem(tree, each) is None)


def _of_document(tree: Schema, document: Document) -> list[Finding]:
    findings = []
    wrong_type = _type_problem(tree, document)
    if wrong_type is not None:
        findings.append(wrong_type)
    meant = _meant(tree, document)
    if meant is not None:
        version, kind = meant
        root = tree.kinds[f"{version}/{kind}"]
        walk = Walk(tree, root, document.written)
        faults = list(walk.faults(Found(document.mark, document.data, "", "")))
        node = Node("", document.data, frozenset(walk.spoiled))
        faults += (each for each in _checks(node, kind) if not _hidden(each.path, walk))
        findings += (_finding(tree, root, document, fault) for fault in dict.fromkeys(faults))
    return sorted(findings, key=by_place)


def _checks(node: Node, kind: str) -> Faults:
    yield from metadata(node, kind)
    if kind == "DaemonSet":
        yield from daemon_set(node)
        yield from pod_spec(node.below("spec").below("template").below("spec"))
        yield from advice.daemon_set(node)


def _hidden(path: str, walk: Walk) -> bool:
    """Whether a problem is only the echo of another: the field is there, misspelt or of a wrong type."""
    if path in walk.loose:
        return True
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in walk.spoiled)


def _finding(tree: Schema, root: str, document: Document, fault: Fault) -> Finding:
    at = document.find(fault.path)
    there = not at.rest
    scalar = there and not isinstance(at.value, (dict, list)) and not fault.message.startswith("unknown field")
    suggestion = fault.suggestion
    if not suggestion and there and fault.severity is Severity.ERROR:
        said = tree.doc(root, fault.path)
        suggestion = f"{fault.path.rpartition('.')[2]}: {said}" if said else ""
    found = document.finding(at, fault.message, field=fault.path, suggestion=suggestion, key=not scalar)
    return found if fault.severity is Severity.ERROR else msgspec.structs.replace(found, severity=fault.severity)


def _type_problem(tree: Schema, document: Document) -> Finding | None:
    """A kind or API version that no server serves."""
    version, kind = document.api_version, document.kind
    if kind in tree.served.get(version, ()):
        return None
    if any(row.old == version and row.kind == kind for row in REMOVED) or _is_misspelt(tree, version, kind):
        return unknown_type(document, tree.served)
    return None


def _is_misspelt(tree: Schema, version: str, kind: str) -> bool:
    """Whether this can be no custom resource, and no version that only another Kubernetes has."""
    kinds = {name for names in tree.served.values() for name in names}
    near = kind if kind in kinds else closest(kind, kinds)
    if version in tree.served:
        return near is not None
    group, _, number = version.rpartition("/")
    groups = {name.rpartition("/")[0] for name in tree.served} | {row.old.rpartition("/")[0] for row in REMOVED}
    if near is None or (group in groups and _VERSION.fullmatch(number) and group not in ("", "apps", "extensions")):
        return False
    known = [*tree.served, *(row.old for row in REMOVED)]
    return "." not in group or closest(version, known) is not None


def _meant(tree: Schema, document: Document) -> tuple[str, str] | None:
    """The version and kind whose rules hold: as written, else those that a wrong version or kind stands for."""
    version, kind = document.api_version, document.kind
    if tree.root(version, kind):
        return version, kind
    if kind in tree.served.get(version, ()) or _type_problem(tree, document) is None:
        return None
    homes = _homes(tree)
    near = kind if kind in homes else closest(kind, homes)
    return (homes[near], near) if near else None


def _homes(tree: Schema) -> dict[str, str]:
    return {name.rpartition("/")[2]: name.rpartition("/")[0] for name in tree.kinds}


def errors(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Those that a server would refuse."""
    return (finding for finding in findings if finding.severity is Severity.ERROR)
