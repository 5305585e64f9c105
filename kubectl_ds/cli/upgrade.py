"""``kubectl ds upgrade -f``: old DaemonSets as apps/v1, every change with its line and its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from kubectl_ds.cli.files import read_files
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.inputs import STDIN
from kubectl_ds.errors import ExitCode, UsageError
from kubectl_ds.flow.upgrade import UpgradedFile, upgrade_files, write_back
from kubectl_ds.manifest.documents import read
from kubectl_ds.manifest.finding import Finding, Severity
from kubectl_ds.manifest.validate import validate
from kubectl_ds.render.findings import findings_text
from kubectl_ds.render.upgrade import upgrades_text

EXAMPLES = (
    ("Print it as apps/v1; what was changed, and why, is told beside it", "kubectl ds upgrade -f fluentd.yaml"),
    ("See the difference only", "kubectl ds upgrade -f fluentd.yaml --diff"),
    ("Rewrite the file, with its comments, order and quotes", "kubectl ds upgrade -f fluentd.yaml --in-place"),
    ("For CI: is anything left to upgrade", "kubectl ds upgrade -R -f manifests/ --diff --exit-code"),
)


def command(
    ctx: typer.Context,
    filename: Annotated[
        list[str] | None,
        typer.Option("-f", "--filename", metavar="FILE", help="File, folder or URL; - reads standard input."),
    ] = None,
    recursive: Annotated[bool, typer.Option("-R", "--recursive", help="Read folders with all below them.")] = False,
    in_place: Annotated[bool, typer.Option("--in-place", help="Rewrite the files, and print nothing.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print the difference, not the result.")] = False,
    fix_images: Annotated[
        bool, typer.Option("--fix-images", help="Replace images of registries that are gone or look misspelt.")
    ] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="3 when there is something to upgrade.")] = False,
) -> int:
    """Old DaemonSets as apps/v1, every change with its line and its reason.

    What extensions/v1beta1 meant by saying nothing is written out, fields that can only be another one misspelt are
    corrected, alpha annotations become fields. Other objects stay as they are, and what the API server would refuse
    all the same is told. No cluster is asked.
    """
    session: Session = ctx.obj
    if not filename:
        raise UsageError("must specify -f", hint="kubectl ds upgrade -f FILE; -f - reads standard input")
    if in_place and diff:
        raise UsageError("--in-place and --diff exclude one another; look at --diff first")
    files = upgrade_files(read_files(session.terminal, filename, recursive=recursive), fix_images=fix_images)
    changed = [each for each in files if each.before != each.after]
    if in_place:
        _write(changed)
    else:
        session.terminal.write(_differences(changed) if diff else _texts(files))
    session.terminal.stdout.flush()
    _tell(session, files)
    left = _left(files, rewritten=in_place)
    if left:
        session.terminal.say("error: the API server would still refuse it")
        session.terminal.say(findings_text(left, session.theme).rstrip("\n"))
        return ExitCode.ERROR
    return ExitCode.WRONG if changed and exit_code else ExitCode.OK


def _write(files: Sequence[UpgradedFile]) -> None:
    for file in files:
        if file.name == STDIN or file.name.startswith(("http://", "https://")):
            raise UsageError(f"--in-place cannot write to {file.name}", hint="leave it out: the result is printed")
    for file in files:
        write_back(file)


def _tell(session: Session, files: Sequence[UpgradedFile]) -> None:
    told = upgrades_text((each for file in files for each in file.upgrades), session.theme)
    if told:
        session.terminal.say(told.rstrip("\n"))
    else:
        session.terminal.say("nothing to upgrade")


def _left(files: Sequence[UpgradedFile], *, rewritten: bool) -> list[Finding]:
    """What is wrong all the same, at its place in the file as it is now."""
    found = []
    for file in files:
        documents = [each.document for each in file.upgrades]
        if rewritten and file.after != file.before:
            documents = list(read(file.name, file.after.encode()).documents)
        found += [each for each in validate(documents) if each.severity is Severity.ERROR]
    return found


def _texts(files: Sequence[UpgradedFile]) -> str:
    """All of them as one stream of documents."""
    whole = ""
    for file in files:
        apart = whole and not file.after.startswith("---")
        whole += ("" if whole.endswith("\n") or not whole else "\n") + ("---\n" if apart else "") + file.after
    return whole if whole.endswith("\n") else f"{whole}\n"


def _differences(files: Sequence[UpgradedFile]) -> str:
    from difflib import unified_diff

    lines: list[str] = []
    for file in files:
        before, after = file.before.splitlines(keepends=True), file.after.splitlines(keepends=True)
        lines += unified_diff(before, after, file.name, f"{file.name} (upgraded)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
