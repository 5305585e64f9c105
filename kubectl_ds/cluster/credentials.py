"""Who we are, at the moment of a request: tokens as they rotate, and those who hand out credentials.

Where credentials were configured and cannot be had, that is an error, never an anonymous request. No secret appears in
an error or a ``repr``. What runs a program or asks an issuer is imported where it is used: most users need neither.
"""

from __future__ import annotations

import time
from _thread import allocate_lock
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from kubectl_ds.cluster.connection import ExecPlugin, Identity, Pem
from kubectl_ds.cluster.kubeconfig import go_words
from kubectl_ds.errors import ConfigError

if TYPE_CHECKING:
    from kubectl_ds.cluster.exec_plugin import Status

_REREAD = 50.0
"""Seconds after which a token file is read again (upstream ``NewCachedFileTokenSource``: a minute less ten seconds)."""


RunPlugin = Callable[[ExecPlugin], bytes]
"""Runs a credential plugin and returns what it printed."""


class Credentials:
    """The credentials of one identity, kept for as long as they last; several threads may ask for them."""

    def __init__(
        self,
        identity: Identity,
        run: RunPlugin | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._identity = identity
        self._run = run
        self._clock = clock
        self._now = now or _utc_now
        self._warn = warn
        self._status: Status | None = None
        self._id_token = ""
        self._file_token = ""
        self._file_read = float("-inf")
        self._lock = allocate_lock()

    def __repr__(self) -> str:
        """Only whose they are."""
        return f"Credentials({self._identity.user!r})"

    def authorization(self) -> str:
        """The value of the ``Authorization`` header; empty when a certificate speaks for us.

        Raises:
            ConfigError: the credentials cannot be had.
        """
        identity = self._identity
        if identity.username:
            import base64

            pair = f"{identity.username}:{identity.password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        with self._lock:
            token = self._token()
        return f"Bearer {_usable(token, identity.user)}" if token else ""

    def certificate(self) -> tuple[Pem, Pem] | None:
        """Certificate and key that a plugin handed out.

        Raises:
            ConfigError: the plugin failed.
        """
        if self._identity.plugin is None:
            return None
        with self._lock:
            status = self._from_plugin(self._identity.plugin)
        if not status.client_certificate_data:
            return None
        return Pem(status.client_certificate_data.encode()), Pem(status.client_key_data.encode())

    def renew(self) -> bool:
        """After a 401: forget what can be fetched anew; False when there is nothing to fetch."""
        with self._lock:
            if self._identity.plugin is not None:
                self._status = None
                return True
            if self._identity.token_file:
                before = self._file_token
                self._file_read = float("-inf")
                return self._from_file() != before
        return False

    def _token(self) -> str:
        identity = self._identity
        if identity.token_file:
            return self._from_file()
        if identity.plugin is not None:
            return self._from_plugin(identity.plugin).token
        if identity.oidc:
            return self._from_issuer()
        return identity.token

    def _from_file(self) -> str:
        """The token of the file; when it cannot be read any more, the one it held, else the kubeconfig's own."""
        if self._clock() - self._file_read < _REREAD:
            return self._file_token
        path = self._identity.token_file
        try:
            self._file_token = read_token(path) or self._file_token or self._identity.token
        except ConfigError:
            if not (self._file_token or self._identity.token):
                raise
            self._file_token = self._file_token or self._identity.token
        if not self._file_token:
            raise _no_token(f"the token file {path} is empty")
        self._file_read = self._clock()
        return self._file_token

    def _from_plugin(self, plugin: ExecPlugin) -> Status:
        from kubectl_ds.cluster.exec_plugin import run_plugin, understood

        status = self._status
        if status is not None and (status.expiration_timestamp is None or status.expiration_timestamp >= self._now()):
            return status
        self._status = understood(plugin, (self._run or run_plugin)(plugin))
        return self._status

    def _from_issuer(self) -> str:
        """Asked once: a command does not outlast a new token."""
        if not self._id_token:
            from kubectl_ds.cluster.oidc import oidc_token

            self._id_token, fresh = oidc_token(dict(self._identity.oidc))
            if fresh and self._warn is not None:
                self._warn(
                    f'the oidc token of user "{self._identity.user}" had expired; the new one is kept in memory only, '
                    "and kubectl would write it into the kubeconfig"
                )
        return self._id_token


def read_token(path: str) -> str:
    """The token in a file, without the blanks around it; empty when there is none.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError):
            words = go_words(error, path)
            raise _no_token(words, line=f"error: {words}") from error
        raise _no_token(f"the token file {path} is not text") from None


def _no_token(message: str, line: str = "") -> ConfigError:
    return ConfigError(message, line=line, hint="tokenFile in the kubeconfig names it", reference="invalid-credentials")


def _usable(token: str, user: str) -> str:
    if token.isascii() and token.isprintable():
        return token
    raise ConfigError(
        f'the token of user "{user}" holds characters that no header may hold',
        hint="look for a line break or a byte order mark in the kubeconfig or the token file",
        reference="invalid-credentials",
    )


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)
