"""From flags and kubeconfig to one ``Connection``: which cluster, which user, and every contradiction refused.

Mirrors ``DirectClientConfig`` (k8s.io/client-go/tools/clientcmd v0.37). Where kubectl goes to localhost:8080 for want
of a configuration, this says what is missing.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping

import msgspec

from kubectl_ds.cluster.connection import Connection, ConnectionOptions, ExecPlugin, Identity, Pem, Tls, parse_timeout
from kubectl_ds.cluster.contradictions import cluster_problems, user_problems
from kubectl_ds.cluster.kubeconfig import Cluster, Context, Exec, Kubeconfig, User, read_kubeconfig
from kubectl_ds.errors import ConfigError

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where a pod finds the token, CA and namespace of its service account."""
_CLUSTER_INFO = "client.authentication.k8s.io/exec"


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
    if kubeconfig.empty and not options.kubeconfig and _in_cluster(environ, account):
        chosen, context = "", Context(namespace=in_cluster_namespace(environ, account))
        cluster, user = _account(options, environ, account)
    else:
        chosen, context = _context(options, kubeconfig)
        cluster = _cluster(options, context, kubeconfig)
        user = _user(options, context, kubeconfig)
    cluster_name = options.cluster or context.cluster
    user_name = options.user or context.user
    problems = [*cluster_problems(cluster_name, cluster), *user_problems(user_name, user)]
    if problems:
        raise _contradiction(problems)
    connection = Connection(
        server=_server(cluster.server, cluster_name),
        context=chosen,
        cluster=cluster_name,
        namespace=options.namespace or context.namespace or "default",
        impersonation=_impersonation(user),
        proxy=cluster.proxy_url,
        compression=not (options.disable_compression or cluster.disable_compression),
        timeout=parse_timeout(options.request_timeout),
    )
    if connection.server.startswith("http://"):
        return connection  # upstream sends no credentials in clear either: IsConfigTransportTLS
    return msgspec.structs.replace(
        connection,
        tls=_tls(cluster, user, cluster_name, user_name),
        identity=_identity(user, user_name, cluster),
        warnings=_warnings(user),
    )


def context_names(kubeconfig: str = "", environ: Mapping[str, str] | None = None) -> list[str]:
    """The contexts that there are, sorted; ``kubeconfig`` is the flag's value.

    Raises:
        ConfigError: a kubeconfig cannot be read.
    """
    return sorted(read_kubeconfig(kubeconfig, os.environ if environ is None else environ).contexts)


def _context(options: ConnectionOptions, kubeconfig: Kubeconfig) -> tuple[str, Context]:
    name = options.context or kubeconfig.current_context
    standalone = bool(options.server or options.cluster)
    if name:
        found = kubeconfig.contexts.get(name)
        if found is None:
            raise ConfigError(
                f'context "{name}" does not exist',
                hint=_choices("contexts", kubeconfig.contexts) or _looked(kubeconfig),
                reference="context-missing",
            )
        return name, found
    if standalone:
        return "", Context()
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


def _cluster(options: ConnectionOptions, context: Context, kubeconfig: Kubeconfig) -> Cluster:
    """Upstream ``DirectClientConfig.getCluster``."""
    name = options.cluster or context.cluster
    found = kubeconfig.clusters.get(name)
    if found is None and name and (options.cluster or not options.server):
        raise ConfigError(
            f'cluster "{name}" does not exist in the kubeconfig',
            hint=_choices("clusters", kubeconfig.clusters) or _looked(kubeconfig),
            reference="cluster-missing",
        )
    if found is None and not options.server:
        raise ConfigError(
            "the context names no cluster", hint="give --cluster or --server", reference="cluster-missing"
        )
    cluster = found or Cluster()
    if options.insecure_skip_tls_verify or options.certificate_authority:
        cluster = msgspec.structs.replace(
            cluster,
            insecure_skip_tls_verify=options.insecure_skip_tls_verify,
            certificate_authority=_absolute(options.certificate_authority),
            certificate_authority_data="",
        )
    if options.tls_server_name or options.server:
        cluster = msgspec.structs.replace(cluster, tls_server_name=options.tls_server_name)
    return msgspec.structs.replace(cluster, server=options.server or cluster.server)


def _user(options: ConnectionOptions, context: Context, kubeconfig: Kubeconfig) -> User:
    """Upstream ``DirectClientConfig.getAuthInfo``: what a flag says replaces the entry's field."""
    name = options.user or context.user
    found = kubeconfig.users.get(name)
    if (
        found is None
        and name
        and (options.user or not (options.token or options.username or options.client_certificate))
    ):
        raise ConfigError(
            f'user "{name}" does not exist in the kubeconfig',
            hint=_choices("users", kubeconfig.users) or _looked(kubeconfig),
            reference="user-missing",
        )
    user = _overridden(found or User(), options)
    if options.client_key:
        user = msgspec.structs.replace(user, client_key=_absolute(options.client_key), client_key_data="")
    if options.client_certificate:
        path = _absolute(options.client_certificate)
        user = msgspec.structs.replace(user, client_certificate=path, client_certificate_data="")
    return user


def _overridden(user: User, options: ConnectionOptions) -> User:
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


def _in_cluster(environ: Mapping[str, str], account: str) -> bool:
    """Upstream ``inClusterClientConfig.Possible``."""
    return bool(environ.get("KUBERNETES_SERVICE_HOST") and environ.get("KUBERNETES_SERVICE_PORT")) and os.path.isfile(  # noqa: PTH113
        f"{account}/token"
    )


def _account(options: ConnectionOptions, environ: Mapping[str, str], account: str) -> tuple[Cluster, User]:
    """The service account of the pod that this runs in, as if a kubeconfig named it."""
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ["KUBERNETES_SERVICE_PORT"]
    cluster = Cluster(
        server=options.server or f"https://{f'[{host}]' if ':' in host else host}:{port}",
        certificate_authority=_absolute(options.certificate_authority) or f"{account}/ca.crt",
        tls_server_name=options.tls_server_name,
    )
    if options.insecure_skip_tls_verify:
        cluster = msgspec.structs.replace(cluster, insecure_skip_tls_verify=True, certificate_authority="")
    own = User() if options.token or options.username else User(token_file=f"{account}/token")
    return cluster, _overridden(own, options)


def in_cluster_namespace(environ: Mapping[str, str], account: str = ACCOUNT) -> str:
    """The namespace of the pod that this runs in (upstream ``inClusterClientConfig.Namespace``)."""
    if environ.get("POD_NAMESPACE"):
        return environ["POD_NAMESPACE"]
    try:
        with open(f"{account}/namespace", encoding="utf-8") as file:  # noqa: PTH123
            return file.read().strip()
    except OSError:
        return ""


def _contradiction(problems: list[str]) -> ConfigError:
    return ConfigError(
        "; ".join(problems),
        hint="kubectl config view --minify shows the entries that are used; secrets are left out",
        reference="invalid-configuration",
    )


def _server(server: str, cluster: str) -> str:
    """With a scheme, without query and trailing slash; upstream takes http:// where none is given."""
    from urllib.parse import urlsplit

    address = server if "://" in server else f"http://{server}"
    try:
        parts = urlsplit(address)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or any(character <= " " for character in address):
        raise ConfigError(
            f'the server "{server}" of cluster "{cluster}" is no URL',
            hint="it must look like https://host:6443",
            reference="invalid-server",
        )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


def _tls(cluster: Cluster, user: User, cluster_name: str, user_name: str) -> Tls:
    return Tls(
        authority=_pem(cluster.certificate_authority_data, cluster.certificate_authority, cluster_name),
        certificate=_pem(user.client_certificate_data, user.client_certificate, user_name),
        key=_pem(user.client_key_data, user.client_key, user_name),
        server_name=cluster.tls_server_name,
        insecure=cluster.insecure_skip_tls_verify,
    )


def _pem(data: str, path: str, name: str) -> Pem:
    try:
        return Pem(base64.b64decode("".join(data.split()), validate=True), path)
    except (binascii.Error, ValueError) as error:
        raise ConfigError(
            f'a certificate or key of "{name}" in the kubeconfig is not base64',
            hint="fields that end in -data hold base64; those without hold a path",
            reference="invalid-configuration",
        ) from error


def _identity(user: User, name: str, cluster: Cluster) -> Identity:
    if user.token or user.token_file or user.username or user.password:
        return Identity(user.token, user.token_file, user.username, user.password, user=name)
    if user.client_certificate or user.client_certificate_data:
        return Identity(user=name)
    if user.exec is not None:
        return Identity(plugin=_plugin(user.exec, cluster), user=name)
    if user.auth_provider is not None:
        return Identity(token=_provided_token(user, name), user=name)
    raise ConfigError(
        f'no credentials for user "{name}"' if name else "no credentials: the context names no user",
        hint="give --token, --client-certificate with --client-key, or --user with another entry of the kubeconfig",
        reference="no-credentials",
    )


def _plugin(plugin: Exec, cluster: Cluster) -> ExecPlugin:
    return ExecPlugin(
        api_version=plugin.api_version,
        command=plugin.command,
        args=tuple(plugin.args),
        env=tuple((variable.name, variable.value) for variable in plugin.env),
        install_hint=plugin.install_hint,
        interactive_mode=plugin.interactive_mode or "IfAvailable",
        cluster_info=_cluster_info(cluster) if plugin.provide_cluster_info else "",
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
    for extension in cluster.extensions:
        if extension.get("name") == _CLUSTER_INFO:
            info["config"] = extension.get("extension")
    return msgspec.json.encode(info).decode()


def _provided_token(user: User, name: str) -> str:
    from kubectl_ds.cluster.credentials import oidc_token

    provider = user.auth_provider
    if provider is not None and provider.name == "oidc":
        return oidc_token(provider.config, name)
    kind = provider.name if provider is not None else ""
    raise ConfigError(
        f'user "{name}" uses the auth-provider "{kind}", which kubectl has removed',
        hint="use its exec plugin instead, such as gke-gcloud-auth-plugin or kubelogin",
        reference="unsupported-credentials",
    )


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
    if user.token and user.token_file and not os.path.isfile(user.token_file):  # noqa: PTH113
        return (f"the tokenFile {user.token_file} is not there; the token of the kubeconfig is used instead",)
    return ()


def _absolute(path: str) -> str:
    return os.path.abspath(path) if path else ""  # noqa: PTH100


def _choices(what: str, names: Mapping[str, object]) -> str:
    return f"there are these {what}: {', '.join(sorted(names))}" if names else ""


def _looked(kubeconfig: Kubeconfig) -> str:
    return f"looked at {', '.join(kubeconfig.files) or 'nothing'}"
