"""How to reach an API server and as whom, as values: the flags as given, and what became of them.

Nothing here reads a file or opens a connection. No value shows a secret in its ``repr``.
"""

from __future__ import annotations

import msgspec


class _Shown(msgspec.Struct, frozen=True):
    """A value of which ``repr`` shows only what is no secret: structs are made ten times faster than dataclasses."""

    def __repr__(self) -> str:
        """Only the fields that ``_SHOWN`` names for the class."""
        shown = (f"{name}={getattr(self, name)!r}" for name in _SHOWN[type(self).__name__])
        return f"{type(self).__name__}({', '.join(shown)})"


class ConnectionOptions(_Shown, frozen=True):
    """kubectl's connection flags as they were given; empty means not given."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    server: str = ""
    token: str = ""
    namespace: str = ""
    as_user: str = ""
    """``--as``"""
    as_group: tuple[str, ...] = ()
    as_uid: str = ""
    as_user_extra: tuple[str, ...] = ()
    """``KEY=VALUE`` each."""
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    request_timeout: str = ""
    """Seconds, or a Go duration such as ``1m30s``; ``0`` is no limit."""
    disable_compression: bool = False
    proxy_url: str = ""
    cache_dir: str = ""
    kuberc: str = ""
    username: str = ""
    password: str = ""


class Pem(_Shown, frozen=True):
    """A certificate or key: inline, or a file."""

    data: bytes = b""
    path: str = ""

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self.data or self.path)


class Tls(_Shown, frozen=True):
    """Whom to believe, and what to show."""

    authority: Pem = Pem()
    """Who may sign for the server; none is the system's own list."""
    certificate: Pem = Pem()
    key: Pem = Pem()
    server_name: str = ""
    """The name that the server's certificate must carry, where it is not the host's."""
    insecure: bool = False
    """Verification switched off by the user, never by omission."""


class ExecPlugin(_Shown, frozen=True):
    """A program that hands out credentials."""

    api_version: str
    command: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    install_hint: str = ""
    interactive_mode: str = "IfAvailable"
    cluster_info: str = ""
    """JSON of the cluster for ``KUBERNETES_EXEC_INFO``; empty when ``provideClusterInfo`` is not set."""
    kuberc: str = ""
    """The value of ``--kuberc``: where the user says which plugins may run."""


class Identity(_Shown, frozen=True):
    """As whom: at most one way to say it in a header, beside client certificates in ``Tls``."""

    token: str = ""
    token_file: str = ""
    """Beats ``token``; read again as it rotates."""
    username: str = ""
    password: str = ""
    plugin: ExecPlugin | None = None
    oidc: tuple[tuple[str, str], ...] = ()
    """The settings of the auth-provider ``oidc``."""
    user: str = ""
    """The name of the kubeconfig's entry, for messages."""


class Connection(_Shown, frozen=True):
    """Everything that a transport needs."""

    server: str
    """``https://host:port/prefix``, without a trailing slash."""
    context: str = ""
    cluster: str = ""
    namespace: str = "default"
    tls: Tls = Tls()
    identity: Identity = Identity()
    impersonation: tuple[tuple[str, str], ...] = ()
    """Headers."""
    proxy: str = ""
    """From the kubeconfig or the flag; empty leaves it to the environment."""
    compression: bool = True
    timeout: float | None = None
    """Seconds for one request from first to last byte; None is no limit."""
    warnings: tuple[str, ...] = ()
    """Worth a line on stderr."""


_SHOWN = {
    "ConnectionOptions": ("kubeconfig", "context", "cluster", "user", "server", "namespace"),
    "Pem": ("path",),
    "Tls": ("authority", "certificate", "key", "server_name", "insecure"),
    "ExecPlugin": ("api_version", "command", "interactive_mode"),
    "Identity": ("token_file", "plugin", "user"),
    "Connection": ("server", "context", "cluster", "namespace", "tls", "identity", "compression", "timeout"),
}
