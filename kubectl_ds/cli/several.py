"""What failed, told as kubectl tells it: one error with its introduction, several each on a line of its own."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ds.cli import error_line
from kubectl_ds.cli.session import Session
from kubectl_ds.errors import ApiError, DsError, ExitCode


def fail(session: Session, errors: Sequence[DsError], *, introduced: bool = True) -> int:
    """Say what failed; the exit code that it ends in. Mirrors ``checkErr`` (k8s.io/kubectl v0.37 pkg/cmd/util).

    Args:
        session: where to say it.
        errors: what failed.
        introduced: whether a single error is introduced as one; kubectl forgets it for those of files.

    Raises:
        DsError: exactly one thing failed, and it is introduced; or manifests cannot be read, which takes many lines.
    """
    if len(errors) == 1 and (introduced or isinstance(errors[0], ApiError)):
        raise errors[0]
    findings = [error for error in errors if getattr(error, "findings", ())]
    for error in errors:
        if error not in findings:
            text = error_line(error) if isinstance(error, ApiError) else error.message
            session.terminal.say(f"{text}\n")  # a line break at its end is one more here
    if findings:
        raise findings[0]
    return int(errors[0].exit_code) if errors else ExitCode.OK
