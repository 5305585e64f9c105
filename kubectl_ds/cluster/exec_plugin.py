"""Credential plugins: programs that hand out tokens and certificates, run and understood as client-go does.

Mirrors ``Authenticator.refreshCredsLocked`` (k8s.io/client-go/plugin/pkg/client/auth/exec v0.37). A plugin that fails
is an error, and what it printed is never part of one: it may hold a secret.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime

import msgspec

from kubectl_ds.cluster.connection import ExecPlugin
from kubectl_ds.cluster.kuberc import plugin_policy
from kubectl_ds.errors import ConfigError

_HELP = """

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"""


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """What a plugin hands out."""

    expiration_timestamp: datetime | None = None
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Status(…)"


class _ExecCredential(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str = ""
    kind: str = ""
    status: Status | None = None


def run_plugin(plugin: ExecPlugin, environ: Mapping[str, str] | None = None) -> bytes:
    """Run a credential plugin once; its stderr is the user's.

    Raises:
        ConfigError: it may not be run, it is not there, or it failed.
    """
    import shutil
    import subprocess
    import sys

    given = os.environ if environ is None else environ
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if plugin.interactive_mode == "Always" and not terminal:
        raise failed("exec plugin cannot support interactive mode: standard input is not a terminal", plugin)
    interactive = terminal and plugin.interactive_mode != "Never"
    variables = {**given, **dict(plugin.env), "KUBERNETES_EXEC_INFO": _info(plugin, interactive)}
    found = shutil.which(plugin.command, path=given.get("PATH"))
    refusal = plugin_policy(plugin.kuberc, given).refusal(plugin.command, found)
    if refusal:
        raise failed(refusal, plugin)
    if found is None and os.sep not in plugin.command:
        raise _missing(plugin)
    try:
        done = subprocess.run(
            [found or plugin.command, *plugin.args],
            env=variables,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=False,
        )
    except FileNotFoundError as error:
        raise failed(f"exec: fork/exec {plugin.command}: no such file or directory", plugin) from error
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise failed(f"exec: fork/exec {plugin.command}: {problem}", plugin) from error
    if done.returncode != 0:
        code = done.returncode if done.returncode > 0 else -1
        raise failed(f"exec: executable {plugin.command} failed with exit code {code}", plugin)
    return done.stdout


def understood(plugin: ExecPlugin, output: bytes) -> Status:
    """The credential that a plugin printed.

    Raises:
        ConfigError: it is none, or not the one that was asked for.
    """
    credential = _credential(plugin, output)
    status = credential.status
    if credential.api_version != plugin.api_version:
        raise failed(
            f"exec plugin is configured to use API version {plugin.api_version}, "
            f"plugin returned version {credential.api_version}",
            plugin,
        )
    if status is None:
        raise failed("exec plugin didn't return a status field", plugin)
    if not (status.token or status.client_certificate_data or status.client_key_data):
        raise failed("exec plugin didn't return a token or cert/key pair", plugin)
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise failed("exec plugin returned only certificate or key, not both", plugin)
    return status


def failed(problem: str, plugin: ExecPlugin) -> ConfigError:
    """A plugin that yields no credential."""
    message = f"getting credentials: {problem}"
    return ConfigError(
        message,
        line=f"Unable to connect to the server: {message}",
        hint=f"nothing was sent to the server; run the plugin by hand to see what it wants: {plugin.command}",
        reference="credential-plugin",
    )


def _missing(plugin: ExecPlugin) -> ConfigError:
    """Upstream ``wrapCmdRunErrorLocked``."""
    advice = f"\n\n{_printable(plugin.install_hint)}" if plugin.install_hint else ""
    return failed(f"exec: executable {plugin.command} not found{_HELP}{advice}", plugin)


def _info(plugin: ExecPlugin, interactive: bool) -> str:
    """What a plugin is told, in ``KUBERNETES_EXEC_INFO``."""
    spec: dict[str, object] = {"cluster": msgspec.Raw(plugin.cluster_info.encode())} if plugin.cluster_info else {}
    spec["interactive"] = interactive
    info = {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}
    return f"{msgspec.json.encode(info).decode()}\n"


def _credential(plugin: ExecPlugin, output: bytes) -> _ExecCredential:
    from kubectl_ds.cluster.documents import Malformed, load_documents
    from kubectl_ds.model.decode import without_nulls

    problem = "it is neither JSON nor YAML"
    try:
        document = next(load_documents(output), None) if output.lstrip()[:1] != b"{" else msgspec.json.decode(output)
        if isinstance(document, dict):
            credential = msgspec.convert(without_nulls(document), _ExecCredential)
            if credential.kind == "ExecCredential":
                return credential
        problem = "it is no ExecCredential"
    except (msgspec.MsgspecError, Malformed):
        pass  # what it printed may hold a secret, and so may the reason
    raise failed(f"decoding stdout: {problem}", plugin)


def _printable(text: str) -> str:
    """Without what a terminal obeys (upstream ``cleanANSIEscapeCodes``)."""
    return "".join(
        character if character.isprintable() or character in "\t\n\v\f\r" else f"U+{ord(character):04X}"
        for character in text
    )
