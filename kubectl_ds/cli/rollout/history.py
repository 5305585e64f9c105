"""``kubectl ds rollout history``: kubectl's table and templates, and on request all that is known of each revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.rollout.printing import by_kubectl, print_flags, printed
from kubectl_ds.cli.rollout.targets import (
    Found,
    Kustomize,
    ManagedFields,
    MissingKeys,
    Recursive,
    TargetFiles,
    Targets,
    Template,
    asked_for,
    read_each,
)
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.several import fail
from kubectl_ds.engine.revisions import template_of
from kubectl_ds.errors import DsError, UsageError
from kubectl_ds.flow.revisions import history_of, read_revisions
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.render.kubectl_rollout import history_text, revision_text, with_template
from kubectl_ds.render.printers import PrintFlags

EXAMPLES = (
    ("kubectl's table", "kubectl ds rollout history fluentd -n logging"),
    ("The template of one revision", "kubectl ds rollout history fluentd -n logging --revision=3"),
    ("With age, live pods, images and who changed it", "kubectl ds rollout history fluentd -n logging -o wide"),
    ("All of that for scripts", "kubectl ds rollout history -A --details -o json"),
    ("Without a cluster", "kubectl ds rollout history fluentd -n logging --demo -o wide"),
)
_NO_SUCH = "unable to find the specified revision"


def command(
    ctx: typer.Context,
    names: Targets = None,
    selector: Selector = "",
    files: TargetFiles = None,
    recursive: Recursive = False,
    kustomize: Kustomize = "",
    revision: Annotated[
        str, typer.Option("--revision", metavar="REVISION", help="The template of this revision.")
    ] = "0",
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FORMAT", help="wide, json, yaml, kyaml, name, jsonpath=…, …")
    ] = "",
    template: Template = "",
    allow_missing_template_keys: MissingKeys = "true",
    details: Annotated[
        bool, typer.Option("--details", help="Age, pods, images and managers; with -o json a RevisionList.")
    ] = False,
    show_managed_fields: ManagedFields = False,
) -> int:
    """The revisions of DaemonSets, oldest first: kubectl's table, or all that is known of each."""
    session: Session = ctx.obj
    number = int(revision)
    asked = asked_for(session, names, selector, files, recursive=recursive, kustomize=kustomize)
    if number < 0:
        raise UsageError(f"revision must be a positive integer: {number}")
    details = details or output == "wide"
    flags = None if details else print_flags(output, template, allow_missing_template_keys, show_managed_fields)
    if flags is not None and flags.go_template:
        return by_kubectl(session, "history", names)
    if details and output not in ("", "wide", "json", "yaml"):
        raise UsageError(f"-o {output} does not go with --details; wide, json and yaml do")
    found = read_each(session, asked, lambda query: read_revisions(session.source, query, pods=details))
    if details:
        _write_details(session, found, number, output)
    else:
        _write_as_kubectl(session, found, number, flags)
    return fail(session, found.errors)


def _write_as_kubectl(session: Session, found: Found, number: int, flags: PrintFlags | None) -> None:
    """Texts one after the other, objects through one printer; one that fails does not keep the others back."""
    objects: list[dict[str, Any]] = []
    for daemon_set, snapshot in found.there:
        try:
            history = history_of(snapshot, daemon_set)
            if flags is not None:
                objects += _objects(daemon_set, history, number)
            else:
                session.terminal.write(_text(daemon_set, history, number))
        except DsError as error:
            found.errors.append(error)
    if flags is not None:
        session.terminal.write(printed(flags, objects))


def _text(daemon_set: DaemonSet, history: Sequence[ControllerRevision], number: int) -> str:
    if not number or not history:
        return history_text(daemon_set, history)
    chosen = [each for each in history if each.revision == number]
    if not chosen:
        raise DsError(_NO_SUCH)
    return revision_text(daemon_set, number, template_of(bytes(chosen[-1].data)) or {})


def _objects(daemon_set: DaemonSet, history: Sequence[ControllerRevision], number: int) -> list[dict[str, Any]]:
    by_number = {each.revision: with_template(daemon_set, template_of(bytes(each.data)) or {}) for each in history}
    if number and number not in by_number:
        raise DsError(_NO_SUCH)
    return [each for _, each in sorted(by_number.items())] if not number else [by_number[number]]


def _write_details(session: Session, found: Found, number: int, output: str) -> None:
    from kubectl_ds.engine.history import revision_list
    from kubectl_ds.render.gaps import gap_lines
    from kubectl_ds.render.history import history_wide, revision_list_document
    from kubectl_ds.render.structured import documents_text

    lists = []
    for daemon_set, snapshot in found.there:
        try:
            history_of(snapshot, daemon_set)
            revisions = tuple(each for each in revision_list(snapshot, daemon_set) if number in (0, each.number))
            if number and not revisions:
                raise DsError(_NO_SUCH)
            lists.append((daemon_set, revisions, snapshot))
        except DsError as error:
            found.errors.append(error)
    if not found.snapshots:
        return
    if output in ("json", "yaml"):
        session.terminal.write(
            documents_text([revision_list_document(at, one, all_) for one, all_, at in lists], output)
        )
        return
    theme = session.theme
    texts = [history_wide(daemon_set, revisions, found.head.now, theme) for daemon_set, revisions, _ in lists]
    gaps = "".join(f"{line}\n" for line in gap_lines(found.head.gaps, theme))
    session.terminal.write(theme.finish("\n".join(texts) + gaps))
