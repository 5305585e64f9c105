"""Who we are, at the moment of a request: tokens as they rotate, and plugins that hand out credentials.

A plugin that fails is an error, never an anonymous request. No secret appears in an error or a ``repr``. Subprocesses
and base64 are imported where they are used: most kubeconfigs need neither.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone

import msgspec

from kubectl_ds.cluster.connection import ExecPlugin, Identity, Pem
from kubectl_ds.errors import ConfigError

_REREAD = 60.0
"""Seconds after which a token file is read again (upstream ``NewCachedFileTokenSource``: one minute)."""


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


RunPlugin = Callable[[ExecPlugin], bytes]
"""Runs a credential plugin and returns what it printed."""


class Credentials:
    """The credentials of one identity, kept for as long as they last."""

    def __init__(
        self,
        identity: Identity,
        run: RunPlugin | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._identity = identity
        self._run = run or run_plugin
        self._clock = clock
        self._now = now or _utc_now
        self._status: Status | None = None
        self._file_token = ""
        self._file_read = float("-inf")

    def __repr__(self) -> str:
        """Only whose they are."""
        return f"Credentials({self._identity.user!r})"

    def authorization(self) -> str:
        """The value of the ``Authorization`` header; empty when a certificate speaks for us.

        Raises:
            ConfigError: the plugin failed, or the token file cannot be read.
        """
        identity = self._identity
        if identity.username or identity.password:
            import base64

            pair = f"{identity.username}:{identity.password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        token = identity.token
        if identity.token_file:
            token = self._token_from_file() or token
        elif identity.plugin is not None:
            token = self._from_plugin(identity.plugin).token
        return f"Bearer {_usable(token, identity.user)}" if token else ""

    def certificate(self) -> tuple[Pem, Pem] | None:
        """Certificate and key that a plugin handed out.

        Raises:
            ConfigError: the plugin failed.
        """
        if self._identity.plugin is None:
            return None
        status = self._from_plugin(self._identity.plugin)
        if not status.client_certificate_data:
            return None
        return Pem(status.client_certificate_data.encode()), Pem(status.client_key_data.encode())

    def renew(self) -> bool:
        """After a 401: forget what can be fetched anew; False when there is nothing to fetch."""
        if self._identity.plugin is not None:
            self._status = None
            return True
        if self._identity.token_file:
            before = self._file_token
            self._file_read = float("-inf")
            return self._token_from_file() != before
        return False

    def _token_from_file(self) -> str:
        if self._clock() - self._file_read < _REREAD:
            return self._file_token
        path = self._identity.token_file
        try:
            with open(path, encoding="utf-8") as file:  # noqa: PTH123
                self._file_token = file.read().strip()
        except (OSError, UnicodeDecodeError) as error:
            if self._identity.token:
                return ""
            problem = getattr(error, "strerror", None) or "not text"
            raise ConfigError(
                f"the token file {path} cannot be read: {problem}",
                hint="tokenFile in the kubeconfig names it",
                reference="invalid-credentials",
            ) from error
        if not self._file_token:
            raise ConfigError(
                f"the token file {path} is empty",
                hint="tokenFile in the kubeconfig names it",
                reference="invalid-credentials",
            )
        self._file_read = self._clock()
        return self._file_token

    def _from_plugin(self, plugin: ExecPlugin) -> Status:
        status = self._status
        if status is not None and (status.expiration_timestamp is None or status.expiration_timestamp > self._now()):
            return status
        self._status = _understood(plugin, self._run(plugin))
        return self._status


def run_plugin(plugin: ExecPlugin, environ: Mapping[str, str] | None = None) -> bytes:
    """Run a credential plugin once, as upstream ``Authenticator.refreshCredsLocked`` does; its stderr is the user's.

    Raises:
        ConfigError: it is not there, or it failed.
    """
    import subprocess
    import sys

    terminal = sys.stdin is not None and sys.stdin.isatty()
    if plugin.interactive_mode == "Always" and not terminal:
        raise _failed(plugin, "needs a terminal, and standard input is none")
    interactive = terminal and plugin.interactive_mode != "Never"
    spec: dict[str, object] = {"interactive": interactive}
    if plugin.cluster_info:
        spec["cluster"] = msgspec.Raw(plugin.cluster_info.encode())
    info = {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}
    variables = {**(os.environ if environ is None else environ), **dict(plugin.env)}
    variables["KUBERNETES_EXEC_INFO"] = msgspec.json.encode(info).decode()
    try:
        done = subprocess.run(
            [plugin.command, *plugin.args],
            env=variables,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=False,
        )
    except FileNotFoundError as error:
        raise _failed(plugin, "is not there") from error
    except OSError as error:
        raise _failed(plugin, f"cannot be run: {error.strerror or error}") from error
    if done.returncode != 0:
        raise _failed(plugin, f"failed with exit code {done.returncode}")
    return done.stdout


def oidc_token(config: Mapping[str, str], user: str, now: Callable[[], float] = time.time) -> str:
    """The id-token of the ``oidc`` auth-provider, while it lasts.

    Raises:
        ConfigError: there is none, or it has expired.
    """
    token = config.get("id-token", "")
    if not token:
        raise _expired(user, "has no id-token")
    import base64
    import binascii

    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        expiry = claims.get("exp") if isinstance(claims, dict) else None
    except (binascii.Error, ValueError):
        raise _expired(user, "is not a JSON web token") from None
    if isinstance(expiry, (int, float)) and expiry <= now() + 10:
        raise _expired(user, "has expired")
    return token


def _understood(plugin: ExecPlugin, output: bytes) -> Status:
    try:
        from kubectl_ds.model.decode import decode_generic, without_nulls

        credential = msgspec.convert(without_nulls(decode_generic(output)), _ExecCredential)
    except msgspec.MsgspecError:
        raise _failed(plugin, "did not print an ExecCredential") from None  # its output may hold a secret
    status = credential.status
    if credential.api_version != plugin.api_version:
        raise _failed(plugin, f'is configured for {plugin.api_version}, and answered in "{credential.api_version}"')
    if status is None or not (status.token or status.client_certificate_data or status.client_key_data):
        raise _failed(plugin, "handed out neither a token nor a certificate")
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise _failed(plugin, "handed out a certificate without a key, or a key without a certificate")
    return status


def _failed(plugin: ExecPlugin, problem: str) -> ConfigError:
    return ConfigError(
        f'the credential plugin "{plugin.command}" {problem}; nothing was sent to the server',
        hint=_printable(plugin.install_hint) or f"run it by hand to see what it wants: {plugin.command}",
        reference="credential-plugin",
    )


def _expired(user: str, problem: str) -> ConfigError:
    return ConfigError(
        f'the oidc token of user "{user}" {problem}',
        hint="run any kubectl command once, which refreshes it, or use the exec plugin kubelogin",
        reference="expired-credentials",
    )


def _usable(token: str, user: str) -> str:
    if token.isascii() and token.isprintable():
        return token
    raise ConfigError(
        f'the token of user "{user}" holds characters that no header may hold',
        hint="look for a line break or a byte order mark in the kubeconfig or the token file",
        reference="invalid-credentials",
    )


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable() or character in "\n\t").strip()


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)
