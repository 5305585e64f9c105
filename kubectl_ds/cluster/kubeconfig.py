"""kubeconfig files: found, read and merged as kubectl does; nothing is chosen here, and nothing is ever written.

Mirrors ``ClientConfigLoadingRules.Load`` (k8s.io/client-go/tools/clientcmd v0.37): whole entries of the first file
that has them win, the first ``current-context`` that is set wins, paths are relative to their own file.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping

import msgspec

from kubectl_ds.cluster.plain_yaml import read_plain
from kubectl_ds.errors import ConfigError
from kubectl_ds.model.decode import without_nulls

_LINE_BREAKS = {ord("\r"): None, ord("\n"): None}
"""Which Go's base64 passes over."""


class _Entry(msgspec.Struct, frozen=True, rename="kebab"):
    """The base of what a kubeconfig holds; unknown fields are passed over."""


class Extension(_Entry, frozen=True):
    """What somebody else has to say about an entry."""

    name: str = ""
    extension: object = None


class Cluster(_Entry, frozen=True):
    """Where a cluster is."""

    server: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: list[Extension] = []


class EnvVar(_Entry, frozen=True):
    """A variable for a plugin."""

    name: str = ""
    value: str = ""


class Exec(msgspec.Struct, frozen=True, rename="camel"):
    """A credential plugin."""

    api_version: str = ""
    command: str = ""
    args: list[str] = []
    env: list[EnvVar] = []
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""


class AuthProvider(msgspec.Struct, frozen=True, rename="camel"):
    """The older kind of credential plugin, built in: only ``oidc`` is left."""

    name: str = ""
    config: dict[str, str] = {}


class User(_Entry, frozen=True):
    """Who somebody is."""

    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = msgspec.field(default="", name="tokenFile")
    as_user: str = msgspec.field(default="", name="as")
    as_uid: str = ""
    as_groups: list[str] = []
    as_user_extra: dict[str, list[str]] = {}
    username: str = ""
    password: str = ""
    auth_provider: AuthProvider | None = None
    exec: Exec | None = None

    def __repr__(self) -> str:
        """Nothing of it: half of its fields are secrets."""
        return "User(…)"


class Context(_Entry, frozen=True):
    """A cluster, a user and a namespace, under one name."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""
    extensions: list[Extension] = []


class _NamedCluster(_Entry, frozen=True):
    name: str = ""
    cluster: Cluster = Cluster()


class _NamedUser(_Entry, frozen=True):
    name: str = ""
    user: User = User()


class _NamedContext(_Entry, frozen=True):
    name: str = ""
    context: Context = Context()


class _File(_Entry, frozen=True):
    api_version: str = msgspec.field(default="", name="apiVersion")
    kind: str = ""
    current_context: str = ""
    clusters: list[_NamedCluster] = []
    users: list[_NamedUser] = []
    contexts: list[_NamedContext] = []


class Kubeconfig(msgspec.Struct, frozen=True):
    """All files as one."""

    files: tuple[str, ...] = ()
    """Where it was looked for, in order, whether there is a file or not."""
    found: tuple[str, ...] = ()
    """Those that are there."""
    current_context: str = ""
    clusters: Mapping[str, Cluster] = msgspec.field(default_factory=dict)
    users: Mapping[str, User] = msgspec.field(default_factory=dict)
    contexts: Mapping[str, Context] = msgspec.field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it (upstream ``clientcmdapi.IsConfigEmpty``)."""
        return not (self.clusters or self.users or self.contexts or self.current_context)


def read_kubeconfig(explicit: str, environ: Mapping[str, str]) -> Kubeconfig:
    """The files of ``--kubeconfig``, else of ``KUBECONFIG``, else ``~/.kube/config``, merged.

    Raises:
        ConfigError: ``--kubeconfig`` names no file; a file cannot be read or understood.
    """
    paths = _paths(explicit, environ)
    found: list[str] = []
    clusters: dict[str, Cluster] = {}
    users: dict[str, User] = {}
    contexts: dict[str, Context] = {}
    current = ""
    for path in paths:
        data = _read(path, required=bool(explicit))
        if data is None:
            continue
        found.append(path)
        parsed = _parse(path, data)
        current = current or parsed.current_context
        folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - pathlib costs a millisecond here
        for cluster in parsed.clusters:
            clusters.setdefault(cluster.name, _cluster_from(cluster.cluster, folder))
        for user in parsed.users:
            users.setdefault(user.name, _user_from(user.user, folder))
        for context in parsed.contexts:
            contexts.setdefault(context.name, context.context)
    return Kubeconfig(tuple(paths), tuple(found), current, clusters, users, contexts)


def _paths(explicit: str, environ: Mapping[str, str]) -> list[str]:
    if explicit:
        return [explicit]
    listed = environ.get("KUBECONFIG", "")
    if listed:
        return list(dict.fromkeys(path for path in listed.split(os.pathsep) if path))
    return [os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".kube", "config")]  # noqa: PTH111, PTH118


def _read(path: str, *, required: bool) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except FileNotFoundError as error:
        if not required:
            return None
        message = f"stat {path}: no such file or directory"
        raise ConfigError(
            message,
            line=f"error: {message}",
            hint="look at the path after --kubeconfig",
            reference="kubeconfig-missing",
        ) from error
    except OSError as error:
        raise _invalid(path, go_words(error, path)) from error


def _parse(path: str, data: bytes) -> _File:
    from kubectl_ds.cluster.documents import Malformed, load_documents

    try:
        document = _json(data)
        if document is None:
            text = data.decode("utf-8-sig")
            document = read_plain(text) or next(load_documents(text), None)
        parsed = msgspec.convert(without_nulls({} if document is None else document), _File)
    except UnicodeDecodeError as error:
        raise _invalid(path, f"byte {error.start} is not UTF-8 text") from error
    except Malformed as error:
        raise _invalid(path, f"line {error.line}, column {error.column}: {error.problem}") from None
    except (msgspec.ValidationError, RecursionError) as error:
        raise _invalid(path, str(error) or "nested too deeply") from None
    if parsed.kind not in ("", "Config") or parsed.api_version not in ("", "v1"):
        raise _invalid(path, f'"{parsed.kind}" in version "{parsed.api_version}" is no kubeconfig')
    for what, names in (
        ("cluster", [each.name for each in parsed.clusters]),
        ("user", [each.name for each in parsed.users]),
        ("context", [each.name for each in parsed.contexts]),
    ):
        doubled = next((name for index, name in enumerate(names) if name in names[:index]), None)
        if doubled is not None:
            raise _invalid(path, f'two {what} entries have the name "{doubled}"')
    _expect_base64(path, parsed)
    return parsed


def _expect_base64(path: str, parsed: _File) -> None:
    """Every field of bytes is looked at, used or not, as upstream's decoder does."""
    for named in parsed.clusters:
        _decoded(
            path, f'certificate-authority-data of cluster "{named.name}"', named.cluster.certificate_authority_data
        )
    for each in parsed.users:
        _decoded(path, f'client-certificate-data of user "{each.name}"', each.user.client_certificate_data)
        _decoded(path, f'client-key-data of user "{each.name}"', each.user.client_key_data)


def _decoded(path: str, what: str, data: str) -> None:
    try:
        base64.b64decode(data.translate(_LINE_BREAKS), validate=True)
    except (binascii.Error, ValueError):
        raise _invalid(path, f"{what} is not base64") from None


def _json(data: bytes) -> object:
    """The document, when it is JSON: read without YAML, whose import alone takes longer than all else here."""
    if data.lstrip()[:1] != b"{":
        return None
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        return None


def _invalid(path: str, problem: str) -> ConfigError:
    message = f'error loading config file "{path}": {problem}'
    return ConfigError(
        message,
        line=f"error: {message}",
        hint="kubectl config view shows what kubectl makes of it",
        reference="kubeconfig-invalid",
    )


def go_words(error: OSError, path: str) -> str:
    """What Go says when a file cannot be opened or read: ``open x: no such file or directory``."""
    verb = "read" if isinstance(error, IsADirectoryError) else "open"
    return f"{verb} {path}: {(error.strerror or str(error)).lower()}"


def _cluster_from(cluster: Cluster, folder: str) -> Cluster:
    return msgspec.structs.replace(cluster, certificate_authority=_beside(folder, cluster.certificate_authority))


def _user_from(user: User, folder: str) -> User:
    plugin = user.exec
    if plugin is not None and os.sep in plugin.command:
        plugin = msgspec.structs.replace(plugin, command=_beside(folder, plugin.command))
    return msgspec.structs.replace(
        user,
        client_certificate=_beside(folder, user.client_certificate),
        client_key=_beside(folder, user.client_key),
        token_file=_beside(folder, user.token_file),
        exec=plugin,
    )


def _beside(folder: str, path: str) -> str:
    """A relative path below its file's folder; an absolute one is left as it was written."""
    if not path or os.path.isabs(path):  # noqa: PTH117
        return path
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118
