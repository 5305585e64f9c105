"""Storage that a DaemonSet's pods share: whether it can work.

A claim named in a template is one volume for all pods. The scheduler refuses only ReadWriteOncePod and volumes pinned
to nodes; ReadWriteOnce on several nodes fails later, at attach, and only where the volume is attached at all
(``IsMultiAttachAllowed``, pkg/volume/util, and ``CanAttach``, pkg/volume/csi, Kubernetes 1.37; the volume's access
modes count, not the claim's). NFS, hostPath and local volumes give no error and no isolation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from kubectl_ds.engine.eligibility import Controller
from kubectl_ds.engine.evidence import VolumeEvidence
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.node_sharing import HostPathFinding, PortClash, Sharing, takes_of_nodes
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.pod import Container, Pod, PodMeta, PodSpec, Volume
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from kubectl_ds.model.taint import Toleration

RWO, ROX, RWX, RWOP = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"
_LATE = "WaitForFirstConsumer"


class Problem(str, Enum):
    """What is wrong with a claim that all pods of a DaemonSet share; in the order of their weight."""

    MISSING = "missingClaim"
    """There is no such claim: no pod can be scheduled."""
    TERMINATING = "claimTerminating"
    """The claim is being deleted: no pod can be scheduled."""
    LOST = "lostClaim"
    """The claim has lost its volume."""
    MISSING_CLASS = "missingClass"
    """The claim waits for a storage class that does not exist."""
    ONE_POD = "readWriteOncePod"
    """Only one pod in the cluster may use it."""
    UNBOUND = "unbound"
    """The claim has no volume yet, and pods wait until it has."""
    PINNED = "nodePinned"
    """Its volume can be used only from some of the nodes."""
    MULTI_ATTACH = "multiAttach"
    """Its volume is attached to one node at a time; pods on other nodes wait with Multi-Attach errors."""
    UNKNOWN = "unknown"
    """What it depends on could not be read."""
    FIRST_CONSUMER = "firstConsumer"
    """The first pod decides which volume it gets, and from where that can be used."""
    SHARED = "sharedWithoutIsolation"
    """It works, and all pods write into the same folder, although the claim says one node."""
    FINE = "fine"
    """Its access mode allows it."""

    @property
    def severe(self) -> bool:
        """Whether pods cannot run because of it."""
        return self not in (Problem.UNKNOWN, Problem.FIRST_CONSUMER, Problem.SHARED, Problem.FINE)


@dataclass(frozen=True)
class ClaimFinding:
    """One claim in the template of a DaemonSet."""

    claim: str
    volume_name: str
    """In the pod template."""
    problem: Problem
    access_modes: tuple[str, ...]
    """Of the bound volume, else those that the claim asks for."""
    volume: str | None
    driver: str | None
    """The CSI driver, or ``nfs``, ``hostPath``, ``local``; None when unknown."""
    nodes: int | None
    """On how many nodes the DaemonSet should run; None when nodes could not be read."""
    usable_on: tuple[str, ...] | None
    """Of those, the nodes from which the volume can be used; None for all of them, or when nobody knows."""
    attaches: bool | None
    """Whether the volume is attached to one node at a time; None when nobody knows."""
    holder: str | None
    """The pod that uses a ReadWriteOncePod claim, or the node that a volume is attached to."""
    storage_class: str | None
    size: str | None
    """How much the claim asks for."""
    read_only: bool
    denied: str | None = None
    """The resource that could not be read, where the problem is unknown."""


@dataclass(frozen=True)
class StorageFindings:
    """All that is to be said of one DaemonSet's storage and ports."""

    daemon_set: DaemonSet
    claims: tuple[ClaimFinding, ...]
    host_paths: tuple[HostPathFinding, ...]
    ports: tuple[PortClash, ...]
    unseen: tuple[str, ...]
    """Resources that could not be read, and so may hide somebody who wants the same port or folder."""

    @property
    def wrong(self) -> bool:
        """Whether pods cannot run; shared folders are worth knowing, and may be meant."""
        return bool(self.ports) or any(each.problem.severe for each in self.claims)

    @property
    def unknown(self) -> bool:
        """Whether what an answer depends on could not be read."""
        return bool(self.unseen) or any(each.problem is Problem.UNKNOWN for each in self.claims)


def review_storage(
    snapshot: Snapshot, asked: frozenset[str], node: str = "", *, elsewhere: bool = True
) -> tuple[StorageFindings, ...]:
    """Look at the storage and host ports of DaemonSets.

    Args:
        snapshot: the cluster, with every DaemonSet that may be in the way, claims, volumes, classes and drivers, and
            the pods on the nodes.
        asked: keys (``namespace/name``) of those to report on.
        node: only what concerns this node, if one is named.
        elsewhere: whether the DaemonSets of other namespaces could be read.
    """
    runs_on: dict[str, frozenset[str]] = {}
    for each in snapshot.daemon_sets:
        controller = Controller(each)
        runs_on[each.key] = frozenset(one.name for one in snapshot.nodes if controller.eligibility(one).should_run)
    here = {key: nodes & {node} if node else nodes for key, nodes in runs_on.items()}
    sharing = Sharing(snapshot, here)
    claims = _Claims(snapshot)
    unseen = tuple(_unseen(snapshot, elsewhere))
    ordered = sorted(snapshot.daemon_sets, key=lambda each: (natural_key(each.namespace), natural_key(each.name)))
    return tuple(
        StorageFindings(
            daemon_set=each,
            claims=tuple(claims.of(each, runs_on[each.key])),
            host_paths=tuple(sharing.host_paths(each)),
            ports=tuple(sharing.ports(each)),
            unseen=unseen if takes_of_nodes(each) else (),
        )
        for each in ordered
        if each.key in asked and (not node or here[each.key])
    )


def _unseen(snapshot: Snapshot, elsewhere: bool) -> Iterator[str]:
    """What keeps neighbours from being seen."""
    if not elsewhere:
        yield "daemonsets"
    for resource in ("nodes", "pods"):
        if any(gap.denied and gap.resource == resource for gap in snapshot.gaps):
            yield resource


class _Claims:
    """The claims of one snapshot, and what may be said of them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._claims = {(each.metadata.namespace, each.metadata.name): each for each in snapshot.claims}
        self._volumes = {each.metadata.name: each for each in snapshot.volumes}
        self._classes = {each.metadata.name: each for each in snapshot.storage_classes}
        self._view = ClusterView(snapshot)
        self._nodes_known = snapshot.denied("nodes") is None

    def of(self, daemon_set: DaemonSet, nodes: frozenset[str]) -> Iterator[ClaimFinding]:
        """What is to be said of each claim in a template whose pods should run on ``nodes``."""
        for volume in daemon_set.spec.template.spec.volumes:
            if volume.persistent_volume_claim is not None:
                yield self._finding(daemon_set, volume, volume.persistent_volume_claim.claim_name, nodes)

    def _finding(self, daemon_set: DaemonSet, volume: Volume, name: str, nodes: frozenset[str]) -> ClaimFinding:
        source = volume.persistent_volume_claim
        claim = self._claims.get((daemon_set.namespace, name))
        bound = self._volumes.get(claim.spec.volume_name) if claim is not None else None
        usable = self._usable_on(daemon_set, volume, nodes) if bound is not None else None
        holder = self._user(daemon_set, name)
        attaches = self._attaches(bound) if bound is not None else None
        problem, denied = self._problem(daemon_set, volume, claim, bound, usable, attaches, nodes, holder)
        if problem is not Problem.ONE_POD:
            holder = self._attached_to(bound) if problem is Problem.MULTI_ATTACH else None
        requested = claim.spec.resources.requests.get("storage") if claim is not None else None
        return ClaimFinding(
            claim=name,
            volume_name=volume.name,
            problem=problem,
            access_modes=(bound or claim).spec.access_modes if claim is not None else (),
            volume=bound.metadata.name if bound is not None else None,
            driver=_driver(bound),
            nodes=len(nodes) if self._nodes_known else None,
            usable_on=usable,
            attaches=attaches,
            holder=holder,
            storage_class=claim.spec.storage_class_name if claim is not None else None,
            size=None if requested is None else str(requested),
            read_only=(source is not None and source.read_only) or only_read(daemon_set, volume),
            denied=denied,
        )

    def _problem(
        self,
        daemon_set: DaemonSet,
        volume: Volume,
        claim: PersistentVolumeClaim | None,
        bound: PersistentVolume | None,
        usable: tuple[str, ...] | None,
        attaches: bool | None,
        nodes: frozenset[str],
        holder: str | None,
    ) -> tuple[Problem, str | None]:
        """What is wrong, and which resource could not be read where nobody can tell."""
        if claim is None:
            return self._unless_denied("persistentvolumeclaims", daemon_set.namespace, Problem.MISSING)
        if claim.metadata.deletion_timestamp is not None:
            return Problem.TERMINATING, None
        if claim.status.phase == "Lost":
            return Problem.LOST, None
        if not claim.spec.volume_name and self._class_is_missing(claim):
            return self._unless_denied("storageclasses", None, Problem.MISSING_CLASS)
        if not self._nodes_known:
            return self._without_nodes(claim)
        foreign = holder is not None and not self._is_own(daemon_set, holder)
        if RWOP in claim.spec.access_modes and (len(nodes) > 1 or foreign):
            return Problem.ONE_POD, None
        if not claim.spec.volume_name:
            return (Problem.FIRST_CONSUMER if self._binds_late(claim) else Problem.UNBOUND), None
        if bound is None:
            return self._unless_denied("persistentvolumes", None, Problem.LOST)
        if usable is not None:
            return Problem.PINNED, None
        if len(nodes) <= 1 or {RWX, ROX} & {*bound.spec.access_modes}:
            return Problem.FINE, None
        if attaches is None:
            return Problem.UNKNOWN, "csidrivers"
        if attaches:
            return Problem.MULTI_ATTACH, None
        written = not only_read(daemon_set, volume) and not _apart(daemon_set, volume)
        return (Problem.SHARED if written else Problem.FINE), None

    def _without_nodes(self, claim: PersistentVolumeClaim) -> tuple[Problem, str | None]:
        """What can be said of a claim when nobody knows how many pods share it."""
        if not claim.spec.volume_name and RWOP not in claim.spec.access_modes:
            return (Problem.FIRST_CONSUMER if self._binds_late(claim) else Problem.UNBOUND), None
        return Problem.UNKNOWN, "nodes"

    def _unless_denied(self, resource: str, namespace: str | None, problem: Problem) -> tuple[Problem, str | None]:
        if self._snapshot.denied(resource, namespace) is not None:
            return Problem.UNKNOWN, resource
        return problem, None

    def _class_is_missing(self, claim: PersistentVolumeClaim) -> bool:
        wanted = claim.spec.storage_class_name
        return bool(wanted) and wanted not in self._classes

    def _binds_late(self, claim: PersistentVolumeClaim) -> bool:
        found: StorageClass | None = self._classes.get(claim.spec.storage_class_name or "")
        return found is not None and found.volume_binding_mode == _LATE

    def _attaches(self, volume: PersistentVolume) -> bool | None:
        """Whether the volume is attached to one node at a time; of kinds that are not decoded it is supposed.

        ``CSIDriver.spec.attachRequired`` is true by default, also where no such object is there.
        """
        spec = volume.spec
        if spec.nfs is not None or spec.host_path is not None or spec.local is not None:
            return False
        if not spec.access_modes or {RWX, ROX} & {*spec.access_modes}:
            return False
        if spec.csi is None:
            return True
        if self._snapshot.denied("csidrivers") is not None:
            return None
        drivers = {each.metadata.name: each for each in self._snapshot.csi_drivers}
        driver = drivers.get(spec.csi.driver)
        return driver is None or driver.spec.attach_required

    def _usable_on(self, daemon_set: DaemonSet, volume: Volume, nodes: frozenset[str]) -> tuple[str, ...] | None:
        """By the scheduler's own filters (VolumeBinding, VolumeZone); None when every node will do."""
        anything = (Toleration(operator="Exists"),)
        pod = Pod(
            metadata=PodMeta(name=daemon_set.name, namespace=daemon_set.namespace),
            spec=PodSpec(volumes=(volume,), tolerations=anything),
        )
        usable = [node for node in nodes if not self._is_elsewhere(pod, node)]
        return None if len(usable) == len(nodes) else tuple(sorted(usable, key=natural_key))

    def _is_elsewhere(self, pod: Pod, node: str) -> bool:
        causes = (refusal.cause for refusal in self._view.refusals(pod, node))
        return any(
            isinstance(cause.evidence, VolumeEvidence) and cause.evidence.problem in ("nodeAffinity", "zone")
            for cause in causes
        )

    def _user(self, daemon_set: DaemonSet, claim: str) -> str | None:
        """Who uses the claim, as ``namespace/name``: of several the first by name, another's before our own."""
        users = [
            pod
            for pod in self._snapshot.pods
            if pod.namespace == daemon_set.namespace and pod.bound and not pod.terminal and _uses(pod, claim)
        ]
        uid = daemon_set.metadata.uid
        users.sort(key=lambda pod: (_owner(pod) == uid, natural_key(pod.name)))
        return f"{users[0].namespace}/{users[0].name}" if users else None

    def _is_own(self, daemon_set: DaemonSet, holder: str) -> bool:
        own = self._snapshot.pods_by_owner.get(daemon_set.metadata.uid, ())
        return any(f"{pod.namespace}/{pod.name}" == holder for pod in own)

    def _attached_to(self, volume: PersistentVolume | None) -> str | None:
        for attachment in self._snapshot.volume_attachments:
            source = attachment.spec.source.persistent_volume_name
            if volume is not None and source == volume.metadata.name and attachment.status.attached:
                return attachment.spec.node_name
        return None


def only_read(daemon_set: DaemonSet, volume: Volume) -> bool:
    """Whether no container may write to this volume of the template."""
    mounts = [mount for container in containers_of(daemon_set) for mount in container.volume_mounts]
    return all(mount.read_only for mount in mounts if mount.name == volume.name)


def containers_of(daemon_set: DaemonSet) -> tuple[Container, ...]:
    """All containers of the template, init containers last."""
    spec = daemon_set.spec.template.spec
    return (*spec.containers, *spec.init_containers)


def _apart(daemon_set: DaemonSet, volume: Volume) -> bool:
    """Whether every mount is a folder of its own for each pod or node, by subPathExpr."""
    mounts = [mount for container in containers_of(daemon_set) for mount in container.volume_mounts]
    return all("$(" in mount.sub_path_expr for mount in mounts if mount.name == volume.name)


def _uses(pod: Pod, claim: str) -> bool:
    return any(
        each.persistent_volume_claim is not None and each.persistent_volume_claim.claim_name == claim
        for each in pod.spec.volumes
    )


def _owner(pod: Pod) -> str:
    controller = pod.metadata.controller
    return controller.uid if controller is not None else ""


def _driver(volume: PersistentVolume | None) -> str | None:
    if volume is None:
        return None
    spec = volume.spec
    named = (("nfs", spec.nfs), ("hostPath", spec.host_path), ("local", spec.local))
    simple = next((name for name, source in named if source is not None), None)
    return spec.csi.driver if spec.csi is not None else simple
