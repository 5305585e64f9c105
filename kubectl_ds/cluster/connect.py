"""From flags and kubeconfig to one ``Connection``: which cluster, which user, and every contradiction refused.

Mirrors ``DirectClientConfig`` (k8s.io/client-go/tools/clientcmd v0.37), its words and the order of its checks. Where
kubectl goes to localhost:8080 for want of a configuration, this says what is missing.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from kubectl_ds.cluster.connection import Connection, ConnectionOptions, ExecPlugin, Identity, Pem, Tls
from kubectl_ds.cluster.contradictions import cluster_problems, refuse, user_problems
from kubectl_ds.cluster.in_cluster import ACCOUNT, account_entries, in_cluster_namespace, possible
from kubectl_ds.cluster.kubeconfig import Cluster, Context, Exec, Kubeconfig, User, read_kubeconfig
from kubectl_ds.cluster.server_url import server_url
from kubectl_ds.cluster.timeouts import parse_timeout
from kubectl_ds.errors import ConfigError

_CLUSTER_INFO = "client.authentication.k8s.io/exec"
_NOWHERE = "http://localhost:8080"
"""Where upstream goes when no server is named (``ClusterDefaults``)."""
_PLUGIN_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


@dataclass(frozen=True)
class _Chosen:
    """The entries that count, by their names; None where the kubeconfig has none of that name."""

    context_name: str
    context: Context | None
    cluster_name: str
    cluster: Cluster | None
    user_name: str
    user: User | None

    @property
    def namespace(self) -> str:
        return self.context.namespace if self.context is not None else ""


def connect(
    options: ConnectionOptions | None = None, environ: Mapping[str, str] | None = None, account: str = ACCOUNT
) -> Connection:
    """The connection that the flags, the kubeconfig and the environment mean; nothing is opened, no plugin is run.

    Raises:
        ConfigError: something is missing, contradictory or unreadable.
    """
    options = options or ConnectionOptions()
    environ = os.environ if environ is None else environ
    kubeconfig = read_kubeconfig(options.kubeconfig, environ)
    chosen = _choose(options, kubeconfig)
    master = environ.get("KUBERNETES_MASTER", "")
    nothing_chosen = not (chosen.context_name or options.server or options.cluster or options.user or master)
    if nothing_chosen and possible(environ, account):
        chosen = _in_cluster(options, environ, account)
    cluster, user = _cluster(options, chosen, master), _user(options, chosen)
    _check(options, chosen, cluster, user)
    _expect_a_way(options, chosen, cluster, kubeconfig)
    connection = Connection(
        server=server_url(cluster.server, chosen.cluster_name),
        context=chosen.context_name,
        cluster=chosen.cluster_name,
        namespace=options.namespace or chosen.namespace or "default",
        impersonation=_impersonation(user),
        proxy=cluster.proxy_url,
        compression=not cluster.disable_compression,
        timeout=parse_timeout(options.request_timeout),
    )
    if connection.server.startswith("http://"):
        return connection  # upstream sends no credentials in clear either: IsConfigTransportTLS
    identity = _identity(options, chosen, user, cluster, kubeconfig)
    if cluster.insecure_skip_tls_verify and (cluster.certificate_authority or cluster.certificate_authority_data):
        refuse("specifying a root certificates file with the insecure flag is not allowed")
    return msgspec.structs.replace(connection, tls=_tls(cluster, user), identity=identity, warnings=_warnings(user))


def context_names(kubeconfig: str = "", environ: Mapping[str, str] | None = None) -> list[str]:
    """The contexts that there are, sorted; ``kubeconfig`` is the flag's value.

    Raises:
        ConfigError: a kubeconfig cannot be read.
    """
    return sorted(read_kubeconfig(kubeconfig, os.environ if environ is None else environ).contexts)


def _choose(options: ConnectionOptions, kubeconfig: Kubeconfig) -> _Chosen:
    context_name = options.context or kubeconfig.current_context
    context = kubeconfig.contexts.get(context_name)
    cluster_name = options.cluster or (context.cluster if context is not None else "")
    user_name = options.user or (context.user if context is not None else "")
    return _Chosen(
        context_name,
        context,
        cluster_name,
        kubeconfig.clusters.get(cluster_name),
        user_name,
        kubeconfig.users.get(user_name),
    )


def _in_cluster(options: ConnectionOptions, environ: Mapping[str, str], account: str) -> _Chosen:
    cluster, user = account_entries(options, environ, account)
    return _Chosen("", Context(namespace=in_cluster_namespace(environ, account)), "", cluster, "", user)


def _check(options: ConnectionOptions, chosen: _Chosen, cluster: Cluster, user: User) -> None:
    """What kubectl finds wrong, in its order: asking for the namespace checks everything once, if none is given."""
    problems = []
    if chosen.context_name and chosen.context is None:
        problems.append(f"context was not found for specified context: {chosen.context_name}")
    problems += user_problems(chosen.user_name, user)
    required = chosen.cluster is None and bool(options.cluster)
    server = cluster.server or _NOWHERE
    checked = Cluster() if required else msgspec.structs.replace(cluster, server=server)
    problems += cluster_problems(chosen.cluster_name, checked)
    if not options.namespace:
        refuse(*problems)
    if options.user and chosen.user is None:
        refuse(f'auth info "{options.user}" does not exist')
    if options.context and chosen.context is None:
        refuse(f'context "{options.context}" does not exist')
    if options.cluster and chosen.cluster is None:
        refuse(f'cluster "{options.cluster}" does not exist')
    refuse(*problems, late=True)


def _expect_a_way(options: ConnectionOptions, chosen: _Chosen, cluster: Cluster, kubeconfig: Kubeconfig) -> None:
    """Upstream goes to localhost:8080 where no server is named."""
    if cluster.server:
        return
    if chosen.cluster_name:
        raise ConfigError(
            f'cluster "{chosen.cluster_name}" does not exist in the kubeconfig'
            if chosen.cluster is None
            else f'no server found for cluster "{chosen.cluster_name}"',
            hint=_choices("clusters", kubeconfig.clusters) or _looked(kubeconfig),
            reference="cluster-missing",
        )
    if chosen.context_name:
        raise ConfigError(
            "the context names no cluster", hint="give --cluster or --server", reference="cluster-missing"
        )
    if kubeconfig.empty:
        raise ConfigError(
            f"no kubeconfig found: {_looked(kubeconfig)}",
            hint="give --kubeconfig or set KUBECONFIG",
            reference="kubeconfig-missing",
        )
    raise ConfigError(
        f"no context is chosen: {', '.join(kubeconfig.found)} has no current-context",
        hint=_choices("contexts", kubeconfig.contexts) + "; choose one with --context or kubectl config use-context",
        reference="context-missing",
    )


def _cluster(options: ConnectionOptions, chosen: _Chosen, master: str) -> Cluster:
    """Upstream ``DirectClientConfig.getCluster``: what a flag says replaces the entry's field."""
    cluster = chosen.cluster or Cluster()
    if options.insecure_skip_tls_verify or options.certificate_authority:
        cluster = msgspec.structs.replace(
            cluster,
            insecure_skip_tls_verify=options.insecure_skip_tls_verify,
            certificate_authority=options.certificate_authority,
            certificate_authority_data="",
        )
    if options.tls_server_name or options.server:
        cluster = msgspec.structs.replace(cluster, tls_server_name=options.tls_server_name)
    return msgspec.structs.replace(
        cluster,
        server=options.server or cluster.server or master,
        proxy_url=options.proxy_url or cluster.proxy_url,
        disable_compression=options.disable_compression or cluster.disable_compression,
    )


def _user(options: ConnectionOptions, chosen: _Chosen) -> User:
    """Upstream ``DirectClientConfig.getAuthInfo``: what a flag says replaces the entry's field."""
    if options.user and chosen.user is None:
        return User()
    user = chosen.user or User()
    if options.client_key:
        user = msgspec.structs.replace(user, client_key=options.client_key, client_key_data="")
    if options.client_certificate:
        user = msgspec.structs.replace(user, client_certificate=options.client_certificate, client_certificate_data="")
    return msgspec.structs.replace(
        user,
        token=options.token or user.token,
        username=options.username or user.username,
        password=options.password or user.password,
        as_user=options.as_user or user.as_user,
        as_uid=options.as_uid or user.as_uid,
        as_groups=list(options.as_group) or user.as_groups,
        as_user_extra={**user.as_user_extra, **_extra(options.as_user_extra)},
    )


def _extra(given: tuple[str, ...]) -> dict[str, list[str]]:
    extra: dict[str, list[str]] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not key or not equals:
            raise ConfigError(
                f'"{each}" is no KEY=VALUE',
                hint="write --as-user-extra=KEY=VALUE, once for each value",
                reference="invalid-impersonation",
            )
        extra.setdefault(key, []).append(value)
    return extra


def _tls(cluster: Cluster, user: User) -> Tls:
    return Tls(
        authority=_pem(cluster.certificate_authority_data, cluster.certificate_authority),
        certificate=_pem(user.client_certificate_data, user.client_certificate),
        key=_pem(user.client_key_data, user.client_key),
        server_name=cluster.tls_server_name,
        insecure=cluster.insecure_skip_tls_verify,
    )


def _pem(data: str, path: str) -> Pem:
    return Pem(base64.b64decode(data), path)  # that it is base64 was seen as the file was read


def _identity(
    options: ConnectionOptions, chosen: _Chosen, user: User, cluster: Cluster, kubeconfig: Kubeconfig
) -> Identity:
    """Upstream ``getUserIdentificationPartialConfig`` and ``HTTPWrappersForConfig``: tokens and passwords first."""
    from kubectl_ds.cluster.credentials import read_token

    name = chosen.user_name
    token, token_file = user.token, user.token_file
    if token_file and not token and not read_token(token_file):
        raise ConfigError(
            f"the token file {token_file} is empty",
            hint="tokenFile in the kubeconfig names it",
            reference="no-credentials",
        )
    if (token or token_file) and user.username:
        refuse("username/password or bearer token may be set, but not both")
    plugin = _plugin(user.exec, cluster, options.kuberc) if user.exec is not None else None
    oidc = _provider(user)
    certificate = bool(user.client_certificate or user.client_certificate_data)
    if token or token_file or user.username:  # a password without a name is none: upstream HasBasicAuth
        return Identity(token, token_file, user.username, user.password, user=name)
    if oidc:
        return Identity(oidc=oidc, user=name)
    if certificate:
        return Identity(user=name)
    if plugin is not None:
        return Identity(plugin=plugin, user=name)
    if name and chosen.user is None:
        raise ConfigError(
            f'user "{name}" does not exist in the kubeconfig',
            hint=_choices("users", kubeconfig.users) or _looked(kubeconfig),
            reference="user-missing",
        )
    raise ConfigError(
        f'no credentials for user "{name}"' if name else "no credentials: the context names no user",
        hint="give --token, --client-certificate with --client-key, or --user with another entry of the kubeconfig",
        reference="no-credentials",
    )


def _plugin(plugin: Exec, cluster: Cluster, kuberc: str) -> ExecPlugin:
    if plugin.api_version not in _PLUGIN_VERSIONS:
        refuse(f'exec plugin: invalid apiVersion "{plugin.api_version}"')
    return ExecPlugin(
        api_version=plugin.api_version,
        command=os.path.normpath(plugin.command),
        args=tuple(plugin.args),
        env=tuple((variable.name, variable.value) for variable in plugin.env),
        install_hint=plugin.install_hint,
        interactive_mode=plugin.interactive_mode or "IfAvailable",
        cluster_info=_cluster_info(cluster) if plugin.provide_cluster_info else "",
        kuberc=kuberc,
    )


def _cluster_info(cluster: Cluster) -> str:
    """The ``spec.cluster`` of ``KUBERNETES_EXEC_INFO`` (upstream ``ConfigToExecCluster``)."""
    info: dict[str, object] = {"server": cluster.server}
    if cluster.tls_server_name:
        info["tls-server-name"] = cluster.tls_server_name
    if cluster.insecure_skip_tls_verify:
        info["insecure-skip-tls-verify"] = True
    data = cluster.certificate_authority_data
    if cluster.certificate_authority:
        with open(cluster.certificate_authority, "rb") as file:  # noqa: PTH123
            data = base64.b64encode(file.read()).decode()
    if data:
        info["certificate-authority-data"] = data
    if cluster.proxy_url:
        info["proxy-url"] = cluster.proxy_url
    if cluster.disable_compression:
        info["disable-compression"] = True
    info["config"] = next((_json(each.extension) for each in cluster.extensions if each.name == _CLUSTER_INFO), None)
    return msgspec.json.encode(info).decode()


def _json(value: object) -> object:
    """What YAML allows for a key, and JSON does not, becomes text, as upstream's YAML does it; keys are sorted."""
    if isinstance(value, list):
        return [_json(each) for each in value]
    if not isinstance(value, dict):
        return value
    texts = {str(key).lower() if isinstance(key, bool) else str(key): _json(each) for key, each in value.items()}
    return dict(sorted(texts.items()))


def _provider(user: User) -> tuple[tuple[str, str], ...]:
    """The settings of the auth-provider, of which only ``oidc`` is left."""
    provider = user.auth_provider
    if provider is None:
        return ()
    removed = _REMOVED.get(provider.name)
    if removed is not None:
        refuse(f"The {provider.name} auth plugin has been removed.\n{removed}")
    if provider.name != "oidc":
        refuse(f'no Auth Provider found for name "{provider.name}"')
    from kubectl_ds.cluster.oidc import check_provider

    check_provider(provider.config)
    return tuple(provider.config.items())


_REMOVED = {
    "gcp": 'Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.\n'
    "See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke for further details",
    "azure": "Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.\n"
    "See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins "
    "for further details",
}
"""Auth-providers of old, and what upstream's stubs say of them."""


def _impersonation(user: User) -> tuple[tuple[str, str], ...]:
    """Upstream ``NewImpersonatingRoundTripper``: the names of extra keys percent-encoded as headers need it."""
    if not user.as_user:
        return ()
    headers = [("Impersonate-User", user.as_user)]
    if user.as_uid:
        headers.append(("Impersonate-Uid", user.as_uid))
    headers += [("Impersonate-Group", group) for group in user.as_groups]
    for key in sorted(user.as_user_extra):
        headers += [(f"Impersonate-Extra-{_header_key(key)}", value) for value in user.as_user_extra[key]]
    return tuple(headers)


def _header_key(key: str) -> str:
    legal = "!#$&'*+-.^_`|~"
    return "".join(
        character if character.isascii() and (character.isalnum() or character in legal) else _percent(character)
        for character in key
    )


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _warnings(user: User) -> tuple[str, ...]:
    """Upstream says nothing when it passes over a tokenFile."""
    if not (user.token and user.token_file):
        return ()
    try:
        from kubectl_ds.cluster.credentials import read_token

        problem = "" if read_token(user.token_file) else "is empty"
    except ConfigError:
        problem = "cannot be read" if os.path.exists(user.token_file) else "is not there"  # noqa: PTH110
    if not problem:
        return ()
    return (f"the tokenFile {user.token_file} {problem}; the token beside it is used instead",)


def _choices(what: str, names: Mapping[str, object]) -> str:
    return f"there are these {what}: {', '.join(sorted(names))}" if names else ""


def _looked(kubeconfig: Kubeconfig) -> str:
    return f"looked at {', '.join(kubeconfig.files) or 'nothing'}"
