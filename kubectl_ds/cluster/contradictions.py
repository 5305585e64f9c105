"""What contradicts itself in a kubeconfig's entries, in kubectl's own words.

Mirrors ``validateClusterInfo`` and ``validateAuthInfo`` (k8s.io/client-go/tools/clientcmd v0.37): all problems are
found, none is repaired in silence.
"""

from __future__ import annotations

from kubectl_ds.cluster.kubeconfig import Cluster, Exec, User, go_words
from kubectl_ds.cluster.proxy import proxy_problem
from kubectl_ds.cluster.server_url import without_password
from kubectl_ds.errors import ConfigError

_DEFAULT_MODE = ("client.authentication.k8s.io/v1beta1", "client.authentication.k8s.io/v1alpha1")
"""Versions in which an interactiveMode that is not given is ``IfAvailable`` (upstream ``SetDefaults_ExecConfig``)."""


def refuse(*problems: str, late: bool = False) -> None:
    """Raise what is wrong, as kubectl puts it (upstream ``errConfigurationInvalid`` and kubectl's ``checkErr``).

    ``late`` is what it finds when it connects, and not already as it asks for the namespace.

    Raises:
        ConfigError: there is a problem.
    """
    if not problems:
        return
    named = late or problems[0].startswith("context was not found")
    if len(problems) > 1:
        line = "\n* ".join(["Error in configuration: ", *problems])
    else:
        line = f"Error in configuration: {problems[0]}" if named else f"error: {problems[0]}"
    raise ConfigError(
        "; ".join(problems),
        line=line,
        hint="kubectl config get-contexts lists what there is; kubectl config view --minify shows what is used",
        reference="invalid-configuration",
    )


def cluster_problems(name: str, cluster: Cluster) -> list[str]:
    """What is wrong with a cluster's entry (upstream ``validateClusterInfo``)."""
    problems = []
    if not cluster.server:
        problems.append(f'no server found for cluster "{name}"' if name else "default cluster has no server defined")
    if cluster.proxy_url and (wrong := proxy_problem(cluster.proxy_url)):
        problems.append(f'invalid \'proxy-url\' "{without_password(cluster.proxy_url)}" for cluster "{name}": {wrong}')
    if cluster.certificate_authority and cluster.certificate_authority_data:
        problems.append(
            f"certificate-authority-data and certificate-authority are both specified for {name}. "
            "certificate-authority-data will override."
        )
    problems += _unreadable("certificate-authority", cluster.certificate_authority, name)
    return problems


def user_problems(name: str, user: User) -> list[str]:
    """What is wrong with a user's entry (upstream ``validateAuthInfo``)."""
    problems = []
    if user.client_certificate or user.client_certificate_data:
        if user.client_certificate and user.client_certificate_data:
            problems.append(
                f"client-cert-data and client-cert are both specified for {name}. client-cert-data will override."
            )
        if user.client_key and user.client_key_data:
            problems.append(
                f"client-key-data and client-key are both specified for {name}; client-key-data will override"
            )
        if not user.client_key and not user.client_key_data:
            problems.append(
                f"client-key-data or client-key must be specified for {name} "
                "to use the clientCert authentication method."
            )
        problems += _unreadable("client-cert", user.client_certificate, name)
        problems += _unreadable("client-key", user.client_key, name)
    if user.exec is not None:
        if user.auth_provider is not None:
            problems.append(f"authProvider cannot be provided in combination with an exec plugin for {name}")
        problems += _plugin_problems(name, user.exec)
    if user.token and (user.username or user.password):
        problems.append(
            f"more than one authentication method found for {name}; found [token basicAuth], only one is allowed"
        )
    if (user.as_uid or user.as_groups or user.as_user_extra) and not user.as_user:
        problems.append(f"requesting uid, groups or user-extra for {name} without impersonating a user")
    return problems


def _plugin_problems(name: str, plugin: Exec) -> list[str]:
    problems = []
    if not plugin.command:
        problems.append(f"command must be specified for {name} to use exec authentication plugin")
    if not plugin.api_version:
        problems.append(f"apiVersion must be specified for {name} to use exec authentication plugin")
    problems += [
        f"env variable name must be specified for {name} to use exec authentication plugin"
        for variable in plugin.env
        if not variable.name
    ]
    if not plugin.interactive_mode and plugin.api_version not in _DEFAULT_MODE:
        problems.append(f"interactiveMode must be specified for {name} to use exec authentication plugin")
    elif plugin.interactive_mode not in ("", "Never", "IfAvailable", "Always"):
        problems.append(f'invalid interactiveMode for {name}: "{plugin.interactive_mode}"')
    return problems


def _unreadable(what: str, path: str, name: str) -> list[str]:
    if not path:
        return []
    try:
        with open(path, "rb"):  # noqa: PTH123
            return []
    except OSError as error:
        return [f"unable to read {what} {path} for {name} due to {go_words(error, path)}"]
