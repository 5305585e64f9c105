"""The service account of a pod, for those who run in one.

Mirrors ``inClusterClientConfig`` (k8s.io/client-go/tools/clientcmd v0.37), but takes every flag: upstream goes to
localhost:8080 as soon as one is given that is not among the three it knows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from kubectl_ds.cluster.connection import ConnectionOptions
from kubectl_ds.cluster.kubeconfig import Cluster, User

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where a pod finds the token, CA and namespace of its service account."""


def possible(environ: Mapping[str, str], account: str) -> bool:
    """Whether this is a pod with a service account (upstream ``Possible``)."""
    return bool(environ.get("KUBERNETES_SERVICE_HOST") and environ.get("KUBERNETES_SERVICE_PORT")) and os.path.isfile(  # noqa: PTH113
        f"{account}/token"
    )


def account_entries(options: ConnectionOptions, environ: Mapping[str, str], account: str) -> tuple[Cluster, User]:
    """The service account as if a kubeconfig named it; a token or password that is given takes its token's place."""
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ["KUBERNETES_SERVICE_PORT"]
    cluster = Cluster(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}", certificate_authority=f"{account}/ca.crt"
    )
    return cluster, User() if options.token or options.username else User(token_file=f"{account}/token")


def in_cluster_namespace(environ: Mapping[str, str], account: str) -> str:
    """The namespace of the pod that this runs in (upstream ``Namespace``)."""
    if environ.get("POD_NAMESPACE"):
        return environ["POD_NAMESPACE"]
    try:
        with open(f"{account}/namespace", encoding="utf-8") as file:  # noqa: PTH123
            return file.read().strip()
    except OSError:
        return ""
