"""A diff by the program that ``KUBECTL_EXTERNAL_DIFF`` names, called as kubectl calls it: with two folders.

Mirrors ``DiffProgram`` (k8s.io/kubectl v0.37 pkg/cmd/diff/diff.go): of its arguments only those of letters, figures,
dashes and equals signs are taken.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from kubectl_ds.errors import DsError

VARIABLE = "KUBECTL_EXTERNAL_DIFF"
_ARGUMENT = re.compile(r"[a-zA-Z0-9-=]+")


def external_diff(
    command: str, name: str, before: tuple[str, str], after: tuple[str, str], env: Mapping[str, str]
) -> str:
    """What the program prints.

    Args:
        command: the value of the variable.
        name: of the file in both folders.
        before: a word for its folder, and its text.
        after: the same of the other side.
        env: the variables that the program sees.

    Raises:
        DsError: there is no such program, or it fails otherwise than by finding differences.
    """
    program, *arguments = command.split(" ")
    taken = [each for each in arguments if _ARGUMENT.fullmatch(each)]
    with tempfile.TemporaryDirectory(prefix="kubectl-ds-diff-") as place:
        folders = []
        for word, text in (before, after):
            folder = Path(place) / word.replace(" ", "-")
            folder.mkdir()
            (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")
            folders.append(str(folder))
        try:
            done = subprocess.run(
                [program, *taken, *folders], env=dict(env), capture_output=True, check=False, stdin=subprocess.DEVNULL
            )
        except OSError as error:
            raise DsError(
                f"the program of {VARIABLE} cannot be run: {program}: {error.strerror}",
                hint=f"Unset {VARIABLE} for the diff that is built in.",
            ) from error
    if done.returncode > 1:
        said = done.stderr.decode(errors="replace").strip()
        raise DsError(f"the program of {VARIABLE} failed (exit {done.returncode}): {said}")
    return done.stdout.decode(errors="surrogateescape")
