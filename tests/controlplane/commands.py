"""The command lines of etcd, kube-apiserver, kube-controller-manager and kube-scheduler.

Everything listens on loopback only, the controller manager and the scheduler nowhere at all. Durability is
switched off wherever it costs time: the data lives as long as the tests.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .settings import PlaneSettings

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """The TCP ports of one plane."""

    etcd: int
    etcd_peer: int
    api: int


def etcd(programs: Path, data: Path, ports: Ports) -> list[str]:
    """One member that never waits for the disk."""
    client, peer = f"http://{LOOPBACK}:{ports.etcd}", f"http://{LOOPBACK}:{ports.etcd_peer}"
    return [
        str(programs / "etcd"),
        f"--data-dir={data / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver(programs: Path, data: Path, ports: Ports, settings: PlaneSettings) -> list[str]:
    """Signs its own serving certificate; the key of that certificate signs the service account tokens too."""
    certificates = data / "certificates"
    key = certificates / "apiserver.key"
    command = [
        str(programs / "kube-apiserver"),
        f"--etcd-servers=http://{LOOPBACK}:{ports.etcd}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={ports.api}",
        f"--cert-dir={certificates}",
        f"--token-auth-file={data / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",  # it would refuse to publish a loopback address
        "--enable-priority-and-fairness=false",  # tests ask in bursts
        "--delete-collection-workers=16",
        "--max-requests-inflight=0",
        "--max-mutating-requests-inflight=0",
        "--allow-privileged=true",
        "--profiling=false",
    ]
    if settings.admission:
        command.append(f"--enable-admission-plugins={','.join(settings.admission)}")
    if settings.disabled_admission:
        command.append(f"--disable-admission-plugins={','.join(settings.disabled_admission)}")
    if settings.runtime_config:
        command.append(f"--runtime-config={','.join(settings.runtime_config)}")
    return command + _feature_gates(settings)


def controller_manager(programs: Path, kubeconfig: Path, settings: PlaneSettings) -> list[str]:
    """Only the wanted controllers, as fast as they can."""
    return [
        str(programs / "kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        f"--controllers={','.join(settings.controllers)}",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=2000",
        "--kube-api-burst=4000",
        "--pvclaimbinder-sync-period=1s",
        "--profiling=false",
        *_feature_gates(settings),
    ]


def scheduler(programs: Path, data: Path, kubeconfig: Path, settings: PlaneSettings) -> list[str]:
    """The default profile; the back-off is short so that tests see the next try soon."""
    configuration = data / "scheduler.json"
    configuration.write_text(
        json.dumps(
            {
                "apiVersion": "kubescheduler.config.k8s.io/v1",
                "kind": "KubeSchedulerConfiguration",
                "clientConnection": {"kubeconfig": str(kubeconfig), "qps": 2000, "burst": 4000},
                "leaderElection": {"leaderElect": False},
                "podInitialBackoffSeconds": 1,
                "podMaxBackoffSeconds": 2,
            }
        )
    )
    return [
        str(programs / "kube-scheduler"),
        f"--config={configuration}",
        "--secure-port=0",
        *_feature_gates(settings),
    ]


def _feature_gates(settings: PlaneSettings) -> list[str]:
    return [f"--feature-gates={','.join(settings.feature_gates)}"] if settings.feature_gates else []
