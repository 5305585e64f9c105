"""``kubectl_complete-ds``: what kubectl runs when somebody presses Tab behind ``kubectl ds``.

It completes the name of the command, and leaves the words behind it to the shell. It never looks at a cluster.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from kubectl_ds.cli import COMMANDS

_DEFAULT, _NO_FILES = ":0", ":4"
"""Cobra's ``ShellCompDirectiveDefault`` and ``ShellCompDirectiveNoFileComp``."""


def completions(words: Sequence[str]) -> tuple[str, ...]:
    """What could stand in place of the last of ``words``, each with its help, and last of all a directive.

    The form is that which ``pluginCompletion`` reads (k8s.io/kubectl v0.37.2, pkg/cmd/plugin).
    """
    if len(words) != 1 or words[0].startswith("-"):
        return (_DEFAULT,)
    return (*(f"{name}\t{text}" for name, text in COMMANDS.items() if name.startswith(words[0])), _NO_FILES)


def main() -> None:
    """The entry point ``kubectl_complete-ds``."""
    print(*completions(sys.argv[1:]), sep="\n")
