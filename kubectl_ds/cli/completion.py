"""``kubectl_complete-ds``: what kubectl asks when a user presses Tab after ``kubectl ds``.

kubectl calls it with the words so far, the last perhaps empty, and reads one candidate a line; the last line is a
directive of its completion library (``ShellCompDirective`` of cobra). The words are read by the command tree itself, so
that a new command or flag completes without a line here: a metavar says what a value names (``candidates``), and one
with bars lists the values. A completion that fails is silent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from kubectl_ds.cli.names import is_type_word
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.terminal import Terminal

_NO_FILES = ":4"
_FILES = ":0"


def main() -> NoReturn:
    """The entry point ``kubectl_complete-ds``."""
    terminal = Terminal()
    terminal.write("\n".join(complete(sys.argv[1:], terminal)) + "\n")
    sys.exit(0)


def complete(words: Sequence[str], terminal: Terminal) -> list[str]:
    """Candidates for the last of ``words``, then the directive; whatever fails leaves the directive alone."""
    session = Session(terminal)
    try:
        return _complete(words or ("",), session)
    except Exception:  # noqa: BLE001 - a shell in the middle of a line is no place for an error
        return [_NO_FILES]
    finally:
        session.close()


def _complete(words: Sequence[str], session: Session) -> list[str]:
    from kubectl_ds.cli import root

    *before, last = words
    line = _Line(root(), session)
    for word in before:
        line.read(word)
    if line.waiting is None and line.flags_end is False and last.startswith("-"):
        form, equals, last = last.partition("=")
        if not equals:
            return [*_starting(form, line.flags()), _NO_FILES]
        line.read(form)
        if line.waiting is None:
            return [*_starting(last, ("true", "false")), _NO_FILES]
    if line.waiting is None and line.commands is not None:
        return [*_starting(last, line.commands), _NO_FILES]
    return _values(line.expected(), last, session, line.arguments)


def _values(metavar: str, last: str, session: Session, arguments: Sequence[str]) -> list[str]:
    """What the place that ``metavar`` describes may hold."""
    from kubectl_ds.cli.candidates import SOURCES

    if metavar in ("FILE", "FOLDER"):
        return [_FILES]
    if "|" in metavar:
        return [*_starting(last, metavar.split("|")), _NO_FILES]
    source = SOURCES.get(metavar)
    if source is None:
        return [_NO_FILES]
    kind, slash, name = last.rpartition("/")
    chosen = {argument.rpartition("/")[2] for argument in arguments}
    found = [each for each in source(session, arguments) if each not in chosen]
    return [*(f"{kind}{slash}{each}" for each in _starting(name, found)), _NO_FILES]


def _starting(text: str, candidates: Iterable[str]) -> list[str]:
    return [each for each in candidates if each.startswith(text)]


class _Line:
    """The words before the cursor, as the command tree reads them."""

    def __init__(self, group: Any, session: Session) -> None:
        self.arguments: list[str] = []
        """Words that are no flag, without kubectl's type word."""
        self.waiting: Any = None
        """The flag whose value comes next; None when it is not a value's turn."""
        self.flags_end = False
        self._command = group
        self._session = session

    @property
    def obj(self) -> Session:
        """What the command tree knows of its context."""
        return self._session

    @property
    def commands(self) -> list[str] | None:
        """Commands that may come next, each with its help; None below a command."""
        listed = getattr(self._command, "list_commands", None)
        return None if listed is None else [f"{name}\t{self._command.help_of(name)}" for name in listed(self)]

    def read(self, word: str) -> None:
        """Take in one word."""
        if self.waiting is not None:
            self._keep(self.waiting, word)
            self.waiting = None
        elif word == "--" and not self.flags_end:
            self.flags_end = True
        elif word.startswith("-") and not self.flags_end:
            self._flag(word)
        elif hasattr(self._command, "list_commands"):
            self._command = self._command.get_command(self, word)
        elif self.arguments or not is_type_word(word):
            self.arguments.append(word)

    def flags(self) -> list[str]:
        """The long forms of all flags, each with its help."""
        return [
            f"{form}\t{parameter.help or ''}".rstrip("\t")
            for parameter in self._parameters()
            for form in parameter.opts
            if form.startswith("--") and not parameter.hidden
        ]

    def expected(self) -> str:
        """The metavar of the place where the cursor stands; empty where nothing more is expected."""
        if self.waiting is not None:
            return self.waiting.metavar or ""
        words = [
            word for each in self._command.params if each.param_type_name == "argument" for word in each.metavar.split()
        ]
        if not words:
            return ""
        repeated = words[-1].endswith("...")
        at = min(len(self.arguments), len(words) - 1) if repeated else len(self.arguments)
        return words[at].removesuffix("...").strip("[]") if at < len(words) else ""

    def _parameters(self) -> list[Any]:
        return [each for each in self._command.params if each.param_type_name == "option"]

    def _flag(self, word: str) -> None:
        form, equals, value = word.partition("=")
        parameter = next((each for each in self._parameters() if form in each.opts), None)
        if parameter is None and not word.startswith("--"):  # -nlogging
            form, value = word[:2], word[2:]
            parameter = next((each for each in self._parameters() if form in each.opts), None)
        if parameter is None:
            return
        if parameter.is_flag:
            self._keep(parameter, value != "false")
        elif equals or value:
            self._keep(parameter, value)
        else:
            self.waiting = parameter

    def _keep(self, parameter: Any, value: Any) -> None:
        """Shared flags say where names are read from."""
        self._session.invocation.flags[parameter.name.removeprefix("shared_")] = value
