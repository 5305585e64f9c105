"""The command line: one file per command, and this file, where a run begins and ends.

A command's module is imported only when it is called, so that ``get`` never pays for what ``create`` needs. This is
also the one place where an exception becomes an exit code.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer._click.exceptions import ClickException
from typer.core import TyperGroup

from kubectl_ds.cli.flags import CONNECTION, SOURCE, DsCommand, Invocation, write_options
from kubectl_ds.cli.terminal import Terminal
from kubectl_ds.errors import ApiError, DsError, ExitCode

COMMANDS = {
    "create": "Create DaemonSets, and what else stands in the same file.",
    "upgrade": "Old DaemonSets as apps/v1, every change with its line and its reason.",
    "get": "List DaemonSets, as kubectl does.",
    "describe": "Show a DaemonSet in full, with its coverage node by node.",
    "coverage": "For each node: should the DaemonSet be there, is it, and if not, why.",
    "why": "One DaemonSet on one node: the whole decision step by step, and what would cure it.",
    "tolerations": "Which taints keep nodes out, which tolerations are idle, and the smallest list that does.",
    "pending": "Every waiting pod: what keeps it out, in figures, and whether that will pass.",
    "rollout": "Status, history, diff, undo, restart, pause, resume and stages of updates; why one stands still.",
    "storage": "Shared claims that cannot work, folders with several writers, host ports wanted twice.",
    "preemptions": "Who evicted whom, where and when; and whom waiting pods would evict now.",
    "lint": "What has hurt others: rules with stable codes over manifests, a capture or the cluster.",
    "capture": "Record all that the other commands need in one redacted file.",
    "version": "Print the version.",
}
"""Each command is the function ``command`` in the module of its name, which also holds its ``EXAMPLES``; a package
with a ``COMMANDS`` table of its own is a group of commands."""

READS = frozenset(
    {"get", "describe", "coverage", "why", "tolerations", "pending", "preemptions", "storage", "lint"}
    | {"rollout status", "rollout history"}
)
"""Commands that take a capture in place of a cluster."""

_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


class CommandGroup(TyperGroup):
    """A table of commands, each imported when it is asked for: the root, or one of the groups below it."""

    def __init__(self, table: Mapping[str, str], package: str, path: str = "", **settings: Any) -> None:
        super().__init__(params=[row.option() for row in CONNECTION], context_settings=_SETTINGS, **settings)
        self._table = table
        self._package = package
        self._path = path
        """The words that lead here, each with a space after it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All command names, in the order of the table."""
        return list(self._table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, with the shared flags added; None when there is none."""
        if cmd_name not in self._table:
            return None
        path = self._path + cmd_name
        module = import_module(f"{self._package}.{cmd_name}")
        if hasattr(module, "COMMANDS"):
            return CommandGroup(
                module.COMMANDS, module.__name__, f"{path} ", name=cmd_name, help=module.HELP, rich_markup_mode=None
            )
        ctx.obj.command = path
        application = typer.Typer(add_completion=False, rich_markup_mode=None)
        application.command(cmd_name, cls=DsCommand, context_settings=_SETTINGS)(module.command)
        command: Any = typer.main.get_command(application)
        command.examples = module.EXAMPLES
        rows = (*getattr(module, "FLAGS", ()), *(SOURCE if path in READS else ()), *CONNECTION)
        command.params += [row.option() for row in rows]
        return command

    def help_of(self, name: str) -> str:
        """The one-line help of a command, without importing it."""
        return self._table[name]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands with their one-line helps, without importing any of them; then the flags that all take."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._table.items()))
        write_options(self.get_params(ctx), ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """A group alone is a question for its help, which kubectl answers with exit 0."""
        if not args and self._path:
            ctx.obj.terminal.write(ctx.get_help() + "\n")
            raise typer.Exit(ExitCode.OK)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command; a misspelt one is answered with its neighbours."""
        name = args[0]
        if name not in self._table and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name, self._table, n=1)
            question = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f'unknown command "{name}" for "{ctx.command_path}".{question}')
        return super().resolve_command(ctx, args)


def root() -> CommandGroup:
    """The whole command tree."""
    return CommandGroup(
        COMMANDS,
        __name__,
        name="kubectl ds",
        help="For each node: should this DaemonSet be here, is it, and if not, exactly why, and what would cure it.",
        epilog="'kubectl ds COMMAND --help' tells more of a command; 'kubectl ds coverage --demo' needs no cluster.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )


_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> NoReturn:
    """The entry point ``kubectl-ds``."""
    sys.exit(run(sys.argv[1:], Terminal()))


def run(arguments: Sequence[str], terminal: Terminal) -> int:
    """One whole run against the given outside world; returns the exit code and never raises."""
    try:
        from kubectl_ds.cli.session import Session

        session = Session(terminal=terminal, invocation=Invocation(), arguments=tuple(arguments))
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    try:
        group = root()
        with group.make_context("kubectl ds", list(arguments), obj=session) as context:
            code = group.invoke(context)
        terminal.stdout.flush()
    except typer.Exit as end:
        code = end.exit_code
    except ClickException as error:
        return _usage(error, terminal)
    except DsError as error:
        _report(error, session)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        return _pipe_closed()
    except OSError as error:
        if error.errno not in _DISK_FULL:
            _report_bug(error, session)
            return int(ExitCode.ERROR)
        terminal.say(f"error: the answer cannot be written: {error.strerror}")
        _pipe_closed()
        return int(ExitCode.ERROR)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a user never meets a traceback
        _report_bug(error, session)
        return int(ExitCode.ERROR)
    finally:
        session.close()
    return int(code or 0)


def _usage(error: ClickException, terminal: Terminal) -> int:
    text = error.format_message()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        terminal.say(text)
    else:
        terminal.say(f"error: {text}")
        if context is not None:
            terminal.say(f"See '{context.command_path} --help' for usage.")
    return int(ExitCode.USAGE)


def _report(error: DsError, session: Any) -> None:
    session.terminal.say(error_line(error))
    findings = getattr(error, "findings", ())
    if findings:
        from kubectl_ds.render.findings import findings_text

        session.terminal.say(findings_text(findings, session.theme).rstrip("\n"))
    kubectls = isinstance(error, ApiError) or bool(error.line)
    if error.hint and (session.terminal.interactive or not (kubectls and session.twin_of_kubectl)):
        session.terminal.say(error.hint)
    _trace(error, session)


def error_line(error: DsError) -> str:
    """The line that says what is wrong, in kubectl's words where it has any."""
    if isinstance(error, ApiError):
        from kubectl_ds.cluster.status import kubectl_sentence

        return kubectl_sentence(error)
    return error.line or f"error: {error.message}"


def _report_bug(error: Exception, session: Any) -> None:
    session.terminal.say(f"error: kubectl-ds itself failed: {type(error).__name__}: {error}")
    session.terminal.say("This is a defect of the tool. Run it again with -v 9 to see where, and please report it.")
    _trace(error, session)


def _trace(error: Exception, session: Any) -> None:
    if session.verbosity >= 9:
        import traceback

        session.terminal.say("".join(traceback.format_exception(error)).rstrip())


def _pipe_closed() -> int:
    """The reader has gone, as with ``| head``: end as a program that SIGPIPE ended, without a word."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141
