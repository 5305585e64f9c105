"""Flags that many commands share, in one table, and pflag's way of writing them.

kubectl's connection flags stand on every command without being copied into every signature: a row here becomes an
option of each command and ends up in the ``Invocation``. Only what a command alone knows is in its own signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from typer.core import TyperCommand, TyperOption

from kubectl_ds.cli.terminal import COLOURS
from kubectl_ds.errors import UsageError

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
IMAGE = "With NAME --image"
"""The panel of flags that describe a DaemonSet to be made."""


@dataclass
class Invocation:
    """What the command line said, apart from a command's own parameters."""

    flags: dict[str, Any] = field(default_factory=dict)
    """Shared flags that were given, by the name of their row."""
    after_dashes: tuple[str, ...] | None = None
    """What stood after ``--``; None when there was none."""

    def text(self, name: str) -> str:
        """The value of a text flag; empty when it was not given."""
        return str(self.flags.get(name, ""))

    def given(self, name: str) -> bool:
        """Whether a flag was given, or switched on."""
        return bool(self.flags.get(name))


@dataclass(frozen=True)
class Flag:
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

OPTIONAL_VALUES = {"dry_run": "unchanged", "validate": "strict"}
"""Parameters whose value may be left out, with what that means (pflag's NoOptDefVal)."""


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
        return super().parse_args(ctx, self._rewrite(args))

    def _rewrite(self, args: Sequence[str]) -> list[str]:
        forms = {form: parameter for parameter in self.params for form in parameter.opts}
        rewritten: list[str] = []
        rest = iter(args)
        for argument in rest:
            if argument == "--":
                return [*rewritten, argument, *rest]
            form, equals, value = argument.partition("=")
            parameter = forms.get(form)
            if parameter is None:
                rewritten.append(argument)
            elif getattr(parameter, "is_flag", False):
                if not equals or _go_bool(form, value):
                    rewritten.append(form)
            elif not equals and parameter.name in OPTIONAL_VALUES:
                rewritten += [form, OPTIONAL_VALUES[parameter.name]]
            elif equals:
                rewritten += [form, value]
            else:
                rewritten.append(form)
                rewritten += [value for value in (next(rest, None),) if value is not None]
        return rewritten


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


def _go_bool(form: str, value: str) -> bool:
    """``strconv.ParseBool``."""
    if value not in _TRUE + _FALSE:
        raise UsageError(f'invalid argument "{value}" for "{form}": it is either true or false')
    return value in _TRUE
