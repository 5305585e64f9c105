"""``get -f`` and ``-k``: what has become of the objects that manifests name."""

from __future__ import annotations

from msgspec.structs import replace

from kubectl_ds.cli.files import read_files
from kubectl_ds.cli.get_options import GetOptions
from kubectl_ds.cli.get_recorded import fetch_recorded
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.inputs import InputError
from kubectl_ds.cluster.selectors import parse_selector
from kubectl_ds.errors import DsError, UsageError
from kubectl_ds.flow.get import Found, Info, Wanted, elsewhere, fetch_documents
from kubectl_ds.manifest.documents import Document, Reading, read_all
from kubectl_ds.manifest.finding import ManifestRefused
from kubectl_ds.model.selector import LabelSelector


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


def keys_of(session: Session, options: GetOptions) -> tuple[tuple[tuple[str, str], ...], tuple[DsError, ...]]:
    """Namespace and name of each DaemonSet in the manifests, and what else is wrong with them."""
    reading, _ = _read(session, options)
    errors: list[DsError] = []
    if reading.findings:
        errors.append(ManifestRefused("the manifests cannot be read", reading.findings))
    labels = _selector(options.selector) if options.selector else None
    enforced = session.invocation.given("namespace") and not options.namespaces
    keys: list[tuple[str, str]] = []
    for document in reading.documents:
        namespace = document.namespace or session.namespace or ""
        if labels is not None and not labels.matches(document.metadata.get("labels") or {}):
            continue
        if document.kind != "DaemonSet":
            errors.append(DsError(f'only DaemonSets are described here, and "{document.name}" is a {document.kind}'))
        elif enforced and namespace != session.namespace:
            errors.append(elsewhere(namespace, session.namespace))
        else:
            keys.append((namespace, document.name))
    return tuple(keys), tuple(errors)


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
    wanted = _selector(selector)

    def fulfils(info: Info) -> bool:
        return wanted.matches((info.object.get("metadata") or {}).get("labels") or {})

    return replace(found, infos=tuple(filter(fulfils, found.infos)))


def _selector(text: str) -> LabelSelector:
    try:
        return parse_selector(text)
    except UsageError as error:
        raise UsageError(f'the provided selector "{text}" is not valid: {error}') from error
