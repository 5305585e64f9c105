"""``get -f`` and ``-k``: what has become of the objects that manifests name."""

from __future__ import annotations

from dataclasses import replace

from kubectl_ds.cli.files import read_files
from kubectl_ds.cli.get_options import GetOptions
from kubectl_ds.cli.get_recorded import fetch_recorded
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.inputs import InputError
from kubectl_ds.cluster.selectors import parse_selector
from kubectl_ds.errors import UsageError
from kubectl_ds.flow.get import Found, Info, Wanted, fetch_documents
from kubectl_ds.manifest.documents import Document, Reading, read_all
from kubectl_ds.manifest.finding import ManifestRefused


def fetch_files(session: Session, options: GetOptions, wanted: Wanted) -> Found:
    """The objects of these manifests, as they are now; what cannot be read keeps no other from being shown."""
    try:
        reading, single = _read(session, options)
    except InputError as error:
        if not options.kustomize:
            raise
        return Found(errors=(error,), single=True)
    if session.offline:
        found = _recorded(session, reading.documents, wanted, single)
    else:
        found = fetch_documents(
            session.client,
            reading.documents,
            wanted,
            enforce_namespace=session.invocation.given("namespace") and not options.namespaces,
            single=single,
        )
    if reading.findings:
        refused = ManifestRefused("the manifests cannot be read", reading.findings)
        found = replace(found, errors=(*found.errors, refused))
    return _matching(found, options.selector) if options.selector else found


def _read(session: Session, options: GetOptions) -> tuple[Reading, bool]:
    """The documents, and whether one file, that is no folder, held them all."""
    if options.kustomize:
        from kubectl_ds.cluster.kustomize import kustomize

        sources: tuple[tuple[str, bytes], ...] = (kustomize(options.kustomize, session.terminal.environ),)
    else:
        sources = read_files(session.terminal, options.filename, recursive=options.recursive)
    return read_all(sources), len(sources) == 1 and options.filename != ("-",)


def _recorded(session: Session, documents: tuple[Document, ...], wanted: Wanted, single: bool) -> Found:
    parts = [
        fetch_recorded(
            session.source, replace(wanted, names=(each.name,), namespace=each.namespace or wanted.namespace)
        )
        for each in documents
        if each.kind == "DaemonSet"
    ]
    infos = tuple(info for part in parts for info in part.infos)
    return Found(infos, tuple(error for part in parts for error in part.errors), single)


def _matching(found: Found, selector: str) -> Found:
    """Those whose labels fulfil the selector; a table has none, not even for kubectl."""
    try:
        wanted = parse_selector(selector)
    except UsageError as error:
        raise UsageError(f'the provided selector "{selector}" is not valid: {error}') from error

    def fulfils(info: Info) -> bool:
        return wanted.matches((info.object.get("metadata") or {}).get("labels") or {})

    return replace(found, infos=tuple(filter(fulfils, found.infos)))
