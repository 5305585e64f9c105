"""A plane, its kubelets and one test's namespace, emptied between tests.

Starting a plane takes seconds, emptying one takes a fraction of a second, so tests share planes. A cluster is
emptied when the next test wants it, not when a test ends: after a failure everything is still there to look at.
"""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from . import objects, wait
from .client import ApiError
from .kubelet import FakeKubelet
from .nodes import create_nodes
from .plane import ControlPlane
from .policies import namespace as namespace_object
from .resources import BY_PLURAL

if TYPE_CHECKING:
    import subprocess

    from .settings import PlaneSettings

Object = dict[str, Any]

SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
BUILT_IN = "kubernetes.io/bootstrapping"
"""The label of the roles and bindings that every API server makes for itself."""

SWEPT = (
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "validatingadmissionpolicybindings",
    "validatingadmissionpolicies",
    "daemonsets",
    "deployments",
    "replicasets",
    "poddisruptionbudgets",
    "resourcequotas",
    "limitranges",
    "pods",
    "controllerrevisions",
    "persistentvolumeclaims",
    "persistentvolumes",
    "storageclasses",
    "csinodes",
    "csidrivers",
    "priorityclasses",
    "runtimeclasses",
    "resourceclaims",
    "deviceclasses",
    "nodes",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
)
"""What is deleted between tests, first what could hinder the rest. The namespaces come last, when there are no pods
left in them."""

SINCE = {"resourceclaims": 34, "deviceclasses": 34}
"""Of which minor version of Kubernetes on a resource is served, where the oldest that is supported lacks it."""

LAST_IN_NAMESPACE = ("configmaps", "secrets", "services", "serviceaccounts", "leases", "events")
"""What is deleted when a namespace is Terminating, and can no longer be filled by controllers."""

CLEAN_TIMEOUT = 60.0
_numbers = itertools.count(1)


class Cluster:
    """One plane with its kubelets, and what tests do with it all the time."""

    def __init__(self, settings: PlaneSettings) -> None:
        self.plane = ControlPlane(settings)
        self.plane.start()
        self.client = self.plane.client()
        self.kubelet = FakeKubelet(self.plane.new_client())
        self.kubelet.start()
        self.minor = int(settings.version.split(".")[1])
        """Of the Kubernetes 1.x that runs."""

        self.namespace = "default"
        """The fresh namespace of the present test."""

        self.clean_seconds = 0.0
        """How long the last emptying took."""

    def close(self) -> None:
        """Stop everything."""
        self.kubelet.stop()
        self.plane.stop()

    def begin(self) -> None:
        """Get ready for a test: an empty cluster and a fresh namespace."""
        self.clean()
        self.namespace = f"test-{next(_numbers)}"
        self.create(namespace_object(self.namespace))

    def create(self, *wanted: Object) -> list[Object]:
        """Create objects in this order, those without a namespace in the test's own."""
        return [self._create(one) for one in wanted]

    def nodes(self, *wanted: Object | str) -> None:
        """Create nodes, several at a time; a name alone makes an ordinary one."""
        version = f"v{self.plane.settings.version}"
        ordinary = (objects.node(one, kubelet_version=version) if isinstance(one, str) else one for one in wanted)
        create_nodes(self.client, ordinary)

    def daemon_set(self, name: str, **fields: Any) -> Object:
        """Create a DaemonSet; the keywords are those of ``objects.daemon_set``."""
        return self._create(objects.daemon_set(name, **fields))

    def pods(self, labels: str | None = None, node: str | None = None) -> list[Object]:
        """The pods of the test's namespace, by name."""
        found = self.client.list("pods", self.namespace, labels, f"spec.nodeName={node}" if node else None)
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    def status(self, daemon_set: str) -> Object:
        """The status of a DaemonSet of the test's namespace."""
        found: Object = self.client.get("daemonsets", daemon_set, self.namespace)["status"]
        return found

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until the controller, the scheduler and the kubelets have nothing left to do."""
        self.kubelet.settle(timeout)
        wait.settled(self.client, timeout)
        self.kubelet.settle(timeout)

    def kubectl(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """The plane's kubectl, in the test's namespace; the options are those of ``ControlPlane.kubectl``."""
        return self.plane.kubectl(*arguments, **({"namespace": self.namespace} | options))

    def clean(self) -> None:
        """Remove whatever tests made, whatever holds on to it."""
        started = time.monotonic()
        if self.plane.settings.scheduler:
            self.plane.resume_scheduler()
        self.kubelet.reset()
        swept = [name for name in SWEPT if SINCE.get(name, 0) <= self.minor]
        with ThreadPoolExecutor(6) as pool:
            while any(list(pool.map(self._sweep, swept))) or self._sweep_namespaces():
                if time.monotonic() - started > CLEAN_TIMEOUT:
                    raise AssertionError(f"the cluster is not empty after {CLEAN_TIMEOUT:.0f} s")
                time.sleep(0.02)
        for namespace in SYSTEM_NAMESPACES:
            self.client.delete_all("events", namespace)
        for resource in ("configmaps", "secrets"):
            self.client.delete_all(resource, "default")
        self.clean_seconds = time.monotonic() - started

    def _create(self, wanted: Object) -> Object:
        created = self.client.create(wanted, self.namespace)
        if created["kind"] == "Namespace" and self.plane.settings.service_accounts:
            name = created["metadata"]["name"]
            wait.eventually(lambda: self.client.find("serviceaccounts", "default", name))
        return created

    def _sweep(self, resource: str) -> bool:
        """Delete all that tests have made of this resource; True when there was any, or might be."""
        left = [one for one in self.client.list(resource) if not _is_built_in(one)]
        try:
            if BY_PLURAL[resource].namespaced or resource == "nodes":
                for namespace in {one["metadata"].get("namespace") for one in left}:
                    self.client.delete_all(resource, namespace, 0, f"!{BUILT_IN}")
            else:
                for one in left:
                    self.client.delete(resource, one["metadata"]["name"])
            for one in left:
                self._let_go(resource, one["metadata"])
        except ApiError as error:
            _try_again(error)
        return bool(left)

    def _let_go(self, resource: str, metadata: Object) -> None:
        """Take off the finalizers that keep a deleted object."""
        if "deletionTimestamp" in metadata and metadata.get("finalizers"):
            body = {"metadata": {"finalizers": None}}
            self.client.patch(resource, metadata["name"], body, metadata.get("namespace"))

    def _sweep_namespaces(self) -> bool:
        found = [one["metadata"]["name"] for one in self.client.list("namespaces")]
        left = [name for name in found if name not in SYSTEM_NAMESPACES]
        for name in left:
            try:
                self._end_namespace(name)
            except ApiError as error:
                _try_again(error)
        return bool(left)

    def _end_namespace(self, name: str) -> None:
        """Delete an almost empty namespace at once; its controller would first wait for 5 s."""
        self.client.delete("namespaces", name)
        for resource in LAST_IN_NAMESPACE:
            self.client.delete_all(resource, name)
        released = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {"finalizers": []}}
        self.client.update(released, "finalize")


def _try_again(error: ApiError) -> None:
    """Let pass what the next round finds in another state: something gone, changed, or held by a dying webhook."""
    if error.status not in (404, 409) and error.status < 500:
        raise error


def _is_built_in(one: Object) -> bool:
    metadata = one["metadata"]
    return BUILT_IN in metadata.get("labels", {}) or metadata["name"].startswith("system-")
