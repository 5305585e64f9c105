"""Which DaemonSets a rollout verb is about: names, kubectl's type word, labels, files; read one by one, errors kept.

Mirrors ``ResourceTypeOrNameArgs`` with ``ContinueOnError`` (k8s.io/cli-runtime v0.37 resource.Builder): one name that
is not there does not keep the others from being served, and its error is told at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, TypeAlias

import typer

from kubectl_ds.cli.names import kubectl_arguments
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.source import Query
from kubectl_ds.errors import ApiError, DsError, NotFound, UsageError
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot

Targets: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME]...", help="DaemonSets: NAME, ds/NAME, ds NAME…; ds alone is all of the namespace."),
]
TargetFiles: TypeAlias = Annotated[
    list[str] | None, typer.Option("-f", "--filename", metavar="FILE", help="The DaemonSets that these files name.")
]
Recursive: TypeAlias = Annotated[bool, typer.Option("-R", "--recursive", help="Read folders with all below them.")]
Kustomize: TypeAlias = Annotated[
    str, typer.Option("-k", "--kustomize", metavar="FOLDER", help="The DaemonSets of what kubectl kustomize makes.")
]
Output: TypeAlias = Annotated[
    str, typer.Option("-o", "--output", metavar="FORMAT", help="json, yaml, kyaml, name, jsonpath=…, go-template=….")
]
Template: TypeAlias = Annotated[
    str, typer.Option("--template", metavar="TEXT", help="The template of -o go-template, jsonpath, ….")
]
MissingKeys: TypeAlias = Annotated[
    str,
    typer.Option("--allow-missing-template-keys", metavar="true|false", help="Whether templates may name the absent."),
]
ManagedFields: TypeAlias = Annotated[
    bool, typer.Option("--show-managed-fields", help="Keep managedFields in json, yaml and kyaml.")
]
DryRunMode: TypeAlias = Annotated[
    str, typer.Option("--dry-run", metavar="none|client|server", help="Show it, but do not do it.")
]

Read = Callable[[Query], Snapshot]


@dataclass(frozen=True)
class Asked:
    """Who is meant."""

    queries: tuple[Query, ...]
    """One for each name; one for all without names."""
    by_name: bool


@dataclass(frozen=True)
class Found:
    """What was read of those who are meant, and what went wrong on the way."""

    snapshots: list[Snapshot] = field(default_factory=list)
    """One for each query that was answered."""
    there: list[tuple[DaemonSet, Snapshot]] = field(default_factory=list)
    """Each DaemonSet with the snapshot that it was read in."""
    errors: list[DsError] = field(default_factory=list)

    @property
    def head(self) -> Snapshot:
        """One snapshot for the head of a document, with the gaps of all."""
        gaps = tuple(dict.fromkeys(gap for each in self.snapshots for gap in each.gaps))
        return replace(self.snapshots[0], gaps=gaps)


def asked_for(
    session: Session,
    arguments: Sequence[str] | None,
    selector: str,
    files: Sequence[str] | None = None,
    *,
    recursive: bool = False,
    kustomize: str = "",
) -> Asked:
    """Who is meant by the command line.

    Raises:
        UsageError: nobody, or it contradicts itself.
    """
    everywhere = session.invocation.given("all_namespaces")
    given = kubectl_arguments(arguments or ())
    names = given.names
    all_of_them = given.word and not names
    if files or kustomize:
        if names or all_of_them or selector or everywhere:
            raise UsageError("-f and -k name the DaemonSets; leave out NAME, -l and -A")
        return Asked(tuple(_of_files(session, files or (), kustomize, recursive=recursive)), by_name=True)
    if not names and not all_of_them and not selector and not everywhere:
        hint = "Give NAME, ds/NAME, -l SELECTOR, or ds for all." if session.terminal.interactive else ""
        raise UsageError("required resource not specified", hint=hint)
    if names and selector:
        raise UsageError(
            "selectors and the all flag cannot be used when passing resource/name arguments"
            if given.typed
            else "name cannot be provided when a selector is specified"
        )
    if names and everywhere:
        raise UsageError("a resource cannot be retrieved by name across all namespaces")
    namespace = None if everywhere else session.namespace
    if names:
        return Asked(tuple(Query((), namespace, (name,)) for name in names), by_name=True)
    return Asked((Query((), namespace, selector=selector, optional=True),), by_name=False)


def read_each(session: Session, asked: Asked, read: Read) -> Found:
    """Read all who are meant, in the order in which they were named; who is not there becomes an error."""
    found = Found()
    for query in asked.queries:
        try:
            snapshot = read(query)
        except ApiError as error:
            if not asked.by_name:
                raise
            found.errors.append(_of_namespace(session, query, error))
            continue
        found.snapshots.append(snapshot)
        ordered = sorted(snapshot.daemon_sets, key=lambda each: (each.namespace, each.name))
        found.there.extend((each, snapshot) for each in ordered)
    return found


def _of_namespace(session: Session, query: Query, error: ApiError) -> ApiError:
    """The error of the namespace, where it is that which is not there (upstream ``resource.Info.Get``)."""
    if not isinstance(error, NotFound) or session.offline or query.namespace in (None, "default"):
        return error
    from kubectl_ds.cluster.hints import expect_namespace

    try:
        expect_namespace(session.client, query.namespace or "")
    except NotFound as absent:
        return absent
    return error


def _of_files(session: Session, files: Sequence[str], kustomize: str, *, recursive: bool) -> Iterator[Query]:
    from kubectl_ds.cli.files import read_files
    from kubectl_ds.cluster.inputs import InputError
    from kubectl_ds.manifest.documents import read_all
    from kubectl_ds.manifest.finding import ManifestRefused

    if kustomize:
        from kubectl_ds.cluster.kustomize import kustomize as built

        sources: tuple[tuple[str, bytes], ...] = (built(kustomize, session.terminal.environ),)
    else:
        try:
            sources = read_files(session.terminal, files, recursive=recursive)
        except InputError as error:
            if not session.terminal.interactive:
                error.hint = ""
            raise
    reading = read_all(sources)
    if reading.findings:
        raise ManifestRefused("the manifests cannot be read as they are", reading.findings)
    for document in reading.documents:
        if document.kind == "DaemonSet":
            yield Query((), document.namespace or session.namespace, (document.name,))
