"""Flags that many commands share, in one table, and pflag's way of writing them.

kubectl's connection flags stand on every command without being copied into every signature: a row here becomes an
option of each command and ends up in the ``Invocation``. Only what a command alone knows is in its own signature.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from typer.core import TyperCommand, TyperOption

from kubectl_ds.cli.terminal import COLOURS
from kubectl_ds.errors import UsageError

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
IMAGE = "With NAME --image"
"""The panel of flags that describe a DaemonSet to be made."""


class Invocation(msgspec.Struct):
    """What the command line said, apart from a command's own parameters."""

    flags: dict[str, Any] = msgspec.field(default_factory=dict)
    """Shared flags that were given, by the name of their row."""
    after_dashes: tuple[str, ...] | None = None
    """What stood after ``--``; None when there was none."""

    def text(self, name: str) -> str:
        """The value of a text flag; empty when it was not given."""
        return str(self.flags.get(name, ""))

    def given(self, name: str) -> bool:
        """Whether a flag was given, or switched on."""
        return bool(self.flags.get(name))


class Flag(msgspec.Struct, frozen=True):
    """A shared flag."""

    name: str
    """As in ``Invocation.flags``."""
    forms: tuple[str, ...]
    help: str
    metavar: str = ""
    """Empty for a switch."""
    many: bool = False
    panel: str = "Connection"
    choices: tuple[str, ...] = ()
    """The only values that it takes; empty for any."""

    def option(self) -> TyperOption:
        """The option that puts this flag's value into the invocation."""

        def keep(context: Any, value: Any) -> None:
            if self.choices and value is not None and value not in self.choices:
                raise UsageError(f"{self.forms[-1]}={value} is not one of {', '.join(self.choices)}")
            if value not in (None, False, ()):
                context.obj.invocation.flags[self.name] = value

        return TyperOption(
            param_decls=[f"shared_{self.name}", *self.forms],
            type=str if self.metavar else None,
            is_flag=not self.metavar,
            default=None if self.metavar else False,
            multiple=self.many,
            metavar=self.metavar or None,
            help=self.help,
            expose_value=False,
            callback=lambda context, parameter, value: keep(context, value),
            rich_help_panel=self.panel,
        )


CONNECTION = (
    Flag("namespace", ("-n", "--namespace"), "Namespace; the context's own if not given.", "NAMESPACE", panel="Source"),
    Flag("kubeconfig", ("--kubeconfig",), "Path to the kubeconfig file.", "FILE"),
    Flag("context", ("--context",), "Context of the kubeconfig to use.", "CONTEXT"),
    Flag("cluster", ("--cluster",), "Cluster of the kubeconfig to use.", "CLUSTER"),
    Flag("user", ("--user",), "User of the kubeconfig to use.", "USER"),
    Flag("server", ("-s", "--server"), "Address of the API server.", "URL"),
    Flag("token", ("--token",), "Bearer token.", "TOKEN"),
    Flag("username", ("--username",), "User name for basic authentication.", "TEXT"),
    Flag("password", ("--password",), "Password for basic authentication.", "PASSWORD"),
    Flag("as_user", ("--as",), "User to impersonate.", "WHOM"),
    Flag("as_group", ("--as-group",), "Group to impersonate; may be repeated.", "GROUP", many=True),
    Flag("as_uid", ("--as-uid",), "UID to impersonate.", "UID"),
    Flag("as_user_extra", ("--as-user-extra",), "Extra of the impersonated user.", "KEY=VALUE", many=True),
    Flag("certificate_authority", ("--certificate-authority",), "Certificate authority of the server.", "FILE"),
    Flag("client_certificate", ("--client-certificate",), "Client certificate.", "FILE"),
    Flag("client_key", ("--client-key",), "Key of the client certificate.", "FILE"),
    Flag("tls_server_name", ("--tls-server-name",), "Name that the server's certificate must bear.", "HOST"),
    Flag("insecure_skip_tls_verify", ("--insecure-skip-tls-verify",), "Do not check the server's certificate."),
    Flag("request_timeout", ("--request-timeout",), "How long one request may take: 30s, 1m.", "DURATION"),
    Flag("disable_compression", ("--disable-compression",), "Do not ask the server for compressed answers."),
    Flag("proxy_url", ("--proxy-url",), "Proxy between us and the API server.", "URL"),
    Flag("kuberc", ("--kuberc",), "Preferences of kubectl, which say what credential plugins may run.", "FILE"),
    Flag("cache_dir", ("--cache-dir",), "Cache folder; nothing is cached on disk.", "FOLDER"),
    Flag(
        "verbosity",
        ("-v", "--v"),
        "Verbosity as in kubectl; 1 quotes scheduler, kubelet and API server, 9 shows tracebacks.",
        "LEVEL",
        panel="Output",
    ),
    Flag("color", ("--color",), "Whether to colour.", "|".join(COLOURS), panel="Output", choices=COLOURS),
)
"""On every command."""

SOURCE = (
    Flag("all_namespaces", ("-A", "--all-namespaces"), "All namespaces.", panel="Source"),
    Flag(
        "from_file",
        ("--from",),
        "Read a capture or a `kubectl get … -o json` List, not a cluster.",
        "FILE",
        panel="Source",
    ),
    Flag("demo", ("--demo",), "Read the capture of a troubled cluster that ships with the tool.", panel="Source"),
)
"""On every command that reads."""

OPTIONAL_VALUES = {
    "dry_run": "unchanged",
    "validate": "strict",
    "server_print": "true",
    "show_events": "true",
    "allow_missing_template_keys": "true",
    "watching": "true",
}
"""Parameters whose value may be left out, with what that means (pflag's NoOptDefVal)."""

BOOLEAN_VALUES = frozenset({"server_print", "show_events", "allow_missing_template_keys", "watching"})
"""Switches that are on unless they are told otherwise: text to the parser, ``true`` or ``false`` to the command."""


INTEGER_VALUES = frozenset({"chunk_size", "revision", "to_revision"})
"""Numbers of 64 bits."""


class DsCommand(TyperCommand):
    """A command that also takes flags as pflag writes them: ``-n=x``, ``--watch=false``, a bare ``--dry-run``."""

    examples: tuple[tuple[str, str], ...] = ()
    """What it is good for, and the command line that does it."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments and the command's own options first, connection flags last."""
        write_options(self.get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples, each with what it is good for."""
        with formatter.section("Examples"):
            for purpose, line in self.examples:
                formatter.write(f"  # {purpose}\n  {line}\n")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Rewrite pflag's forms into those that the parser knows, then parse."""
        if "--" in args:
            ctx.obj.invocation.after_dashes = tuple(args[args.index("--") + 1 :])
        return super().parse_args(ctx, self._rewrite(ctx, args))

    def _rewrite(self, context: Any, args: Sequence[str]) -> list[str]:
        """Mirrors ``FlagSet.parseArgs`` (spf13/pflag v1.0.9), sentences included."""
        forms = {form: parameter for parameter in self.get_params(context) for form in getattr(parameter, "opts", ())}
        rewritten: list[str] = []
        rest = iter(args)
        for argument in rest:
            if argument == "--":
                return [*rewritten, argument, *rest]
            if argument.startswith("--"):
                form, equals, value = argument.partition("=")
                if form not in forms:
                    context.fail(f"unknown flag: {form}")
                rewritten = _with(context, rewritten, forms[form], form, value if equals else None, rest)
            elif argument.startswith("-") and argument != "-":
                rewritten = _with_shorthands(context, rewritten, forms, argument[1:], rest)
            else:
                rewritten.append(argument)
        return rewritten


def _with_shorthands(
    context: Any, rewritten: list[str], forms: Mapping[str, Any], letters: str, rest: Iterator[str]
) -> list[str]:
    """Letters behind one dash: switches, and at most one that takes the rest as its value."""
    while letters:
        letter, letters = letters[0], letters[1:]
        parameter = forms.get(f"-{letter}")
        if parameter is None:
            context.fail(f"unknown shorthand flag: '{letter}' in -{letter}{letters}")
        value = letters.removeprefix("=") if letters.startswith("=") or not _may_stand_alone(parameter) else None
        if value is not None and letters:
            return _with(context, rewritten, parameter, f"-{letter}", value, rest)
        rewritten = _with(context, rewritten, parameter, f"-{letter}", None, rest)
    return rewritten


def _with(
    context: Any, rewritten: list[str], parameter: Any, form: str, value: str | None, rest: Iterator[str]
) -> list[str]:
    """The command line so far and this flag, whose value, if it needs one and has none, is the next word."""
    if getattr(parameter, "is_flag", False):
        switched_on = value is None or _go_bool(context, parameter, value)
        before = rewritten if switched_on else [each for each in rewritten if each not in parameter.opts]
        return [*before, form] if switched_on else before
    if value is None:
        value = OPTIONAL_VALUES.get(parameter.name) or next(rest, None)
    if value is None:
        value = ""
        context.fail(f"flag needs an argument: {form if form.startswith('--') else f'{form[1]!r} in {form}'}")
    if parameter.name in BOOLEAN_VALUES:
        value = str(_go_bool(context, parameter, value)).lower()
    if parameter.name in INTEGER_VALUES:
        _check_integer(context, parameter, value)
    return [*rewritten, form, value]


def _may_stand_alone(parameter: Any) -> bool:
    return getattr(parameter, "is_flag", False) or parameter.name in OPTIONAL_VALUES


def write_options(parameters: Sequence[Any], ctx: Any, formatter: Any) -> None:
    """Write the help of parameters, panel by panel."""
    panels: dict[str, list[tuple[str, str]]] = {
        title: [] for title in ("Arguments", "Options", IMAGE, "Connection, as in kubectl")
    }
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None:
            panels[_panel(parameter)].append(record)
    for title, records in panels.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _panel(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    if parameter.rich_help_panel == IMAGE:
        return IMAGE
    return "Connection, as in kubectl" if parameter.rich_help_panel == "Connection" else "Options"


def _go_bool(context: Any, parameter: Any, value: str) -> bool:
    """``strconv.ParseBool``."""
    if value not in _TRUE + _FALSE:
        _refuse(context, parameter, value, "ParseBool", "invalid syntax")
    return value in _TRUE


def _check_integer(context: Any, parameter: Any, value: str) -> None:
    """``strconv.ParseInt`` of 64 bits."""
    if not value.isascii() or not value.removeprefix("-").removeprefix("+").isdecimal():
        _refuse(context, parameter, value, "ParseInt", "invalid syntax")
    elif not -(2**63) <= int(value) < 2**63:
        _refuse(context, parameter, value, "ParseInt", "value out of range")


def _refuse(context: Any, parameter: Any, value: str, parser: str, reason: str) -> None:
    form = ", ".join(sorted(parameter.opts, key=len))
    context.fail(f'invalid argument "{value}" for "{form}" flag: strconv.{parser}: parsing "{value}": {reason}')
