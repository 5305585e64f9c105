"""``kubectl_complete-ds``: what kubectl asks when a user presses Tab after ``kubectl ds``.

kubectl calls it with the words so far, the last perhaps empty, and reads one candidate a line; the last line is a
directive of its completion library (``ShellCompDirective`` of cobra). Words that the
program itself knows are answered without a request; a completion that fails is silent.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from kubectl_ds.cli.flags import CONNECTION, SOURCE

_NO_FILES = ":4"
_FILES = ":0"
_TAKES_FILES = frozenset({"-f", "--filename", "--from", "--kubeconfig"})


def main() -> NoReturn:
    """The entry point ``kubectl_complete-ds``."""
    sys.stdout.write("\n".join(complete(sys.argv[1:])) + "\n")
    sys.exit(0)


def complete(words: Sequence[str]) -> list[str]:
    """Candidates for the last of ``words``, then the directive."""
    from kubectl_ds.cli import COMMANDS

    *before, last = words or [""]
    if before and before[-1] in _TAKES_FILES:
        return [_FILES]
    if not any(word in COMMANDS for word in before):
        return [*(f"{name}\t{help_}" for name, help_ in COMMANDS.items() if name.startswith(last)), _NO_FILES]
    if last.startswith("-"):
        forms = sorted({form for flag in (*SOURCE, *CONNECTION) for form in flag.forms if form.startswith("--")})
        return [*(form for form in forms if form.startswith(last)), _NO_FILES]
    return [_NO_FILES]
