"""Storage that DaemonSet pods share: whether it can work, and what to do instead.

A claim named in a template is one volume for all pods. The scheduler refuses only ReadWriteOncePod and volumes pinned
to nodes; ReadWriteOnce on several nodes fails later, at attach, and only where the driver attaches (``Multi-Attach
error``, pkg/controller/volume/attachdetach, Kubernetes 1.37). NFS, hostPath and local volumes give no error and no
isolation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from kubectl_ds.engine.coverage import DaemonSetCoverage
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.pod import Container, Volume
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.storage import PersistentVolume, PersistentVolumeClaim

RWO, ROX, RWX, RWOP = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"


class Problem(str, Enum):
    """What is wrong with a claim that all pods of a DaemonSet share; in the order of their weight."""

    MISSING = "missingClaim"
    """There is no such claim: no pod can be scheduled."""
    MISSING_CLASS = "missingClass"
    """The claim waits for a storage class that does not exist."""
    UNBOUND = "unbound"
    """The claim has no volume yet."""
    ONE_POD = "readWriteOncePod"
    """Only one pod in the cluster may use it."""
    PINNED = "nodePinned"
    """Its volume can be used only from some of the nodes."""
    MULTI_ATTACH = "multiAttach"
    """Its volume is attached to one node at a time; pods on other nodes wait with Multi-Attach errors."""
    SHARED = "sharedWithoutIsolation"
    """It works, and all pods write into the same folder, although the claim says one node."""
    FINE = "fine"
    """Its access mode allows it."""


@dataclass(frozen=True)
class ClaimFinding:
    """One claim in the template of a DaemonSet."""

    claim: str
    volume_name: str
    """In the pod template."""
    problem: Problem
    access_modes: tuple[str, ...]
    volume: str | None
    driver: str | None
    """The CSI driver, or ``nfs``, ``hostPath``, ``local``; None when unknown."""
    nodes: int
    """On how many nodes the DaemonSet should run."""
    usable_on: tuple[str, ...] | None
    """Of those, the nodes from which the volume can be used; None for all of them."""
    holder: str | None
    """The pod that uses a ReadWriteOncePod claim, or the node that a volume is attached to."""
    storage_class: str | None
    read_only: bool


@dataclass(frozen=True)
class HostPathFinding:
    """A folder of the node into which more than one DaemonSet writes."""

    path: str
    writers: tuple[str, ...]
    """``namespace/name`` of each DaemonSet; the same twice when its own containers both write."""
    contains: bool
    """Whether one folder lies inside another's, not the very same."""


@dataclass(frozen=True)
class PortClash:
    """A host port that two DaemonSets want on the same nodes."""

    host_port: int
    protocol: str
    others: tuple[str, ...]
    """``namespace/name`` of the other DaemonSets."""
    nodes: int
    """On how many nodes both should run."""


@dataclass(frozen=True)
class StorageFindings:
    """All that is to be said of one DaemonSet's storage and ports."""

    daemon_set: DaemonSet
    claims: tuple[ClaimFinding, ...]
    host_paths: tuple[HostPathFinding, ...]
    ports: tuple[PortClash, ...]

    @property
    def wrong(self) -> bool:
        """Whether anything cannot work, or is dangerous."""
        return bool(self.ports or self.host_paths) or any(each.problem is not Problem.FINE for each in self.claims)


def review_storage(
    snapshot: Snapshot, coverages: tuple[DaemonSetCoverage, ...], asked: frozenset[str]
) -> tuple[StorageFindings, ...]:
    """Look at the storage and host ports of DaemonSets.

    Args:
        snapshot: the cluster, with claims, volumes, classes and drivers.
        coverages: of every DaemonSet that was read, so that clashes are seen.
        asked: keys (``namespace/name``) of those to report on.
    """
    runs_on = {
        each.daemon_set.key: frozenset(one.node for one in each.decisions if one.eligibility.should_run)
        for each in coverages
    }
    everyone = tuple(each.daemon_set for each in coverages)
    return tuple(
        StorageFindings(
            daemon_set=each,
            claims=tuple(_claims(snapshot, each, runs_on[each.key])),
            host_paths=tuple(_host_paths(each, everyone, runs_on)),
            ports=tuple(_ports(each, everyone, runs_on)),
        )
        for each in everyone
        if each.key in asked
    )


def _claims(snapshot: Snapshot, daemon_set: DaemonSet, nodes: frozenset[str]) -> Iterator[ClaimFinding]:
    known = {(each.metadata.namespace, each.metadata.name): each for each in snapshot.claims}
    volumes = {each.metadata.name: each for each in snapshot.volumes}
    for volume in daemon_set.spec.template.spec.volumes:
        source = volume.persistent_volume_claim
        if source is None:
            continue
        claim = known.get((daemon_set.namespace, source.claim_name))
        bound = volumes.get(claim.spec.volume_name) if claim is not None else None
        usable = _usable_on(snapshot, bound, nodes)
        problem = _problem(snapshot, claim, bound, usable, nodes, read_only=source.read_only)
        yield ClaimFinding(
            claim=source.claim_name,
            volume_name=volume.name,
            problem=problem,
            access_modes=claim.spec.access_modes if claim is not None else (),
            volume=bound.metadata.name if bound is not None else None,
            driver=_driver(bound),
            nodes=len(nodes),
            usable_on=usable,
            holder=_holder(snapshot, daemon_set, source.claim_name, bound, problem),
            storage_class=claim.spec.storage_class_name if claim is not None else None,
            read_only=source.read_only or _only_read(daemon_set, volume),
        )


def _problem(
    snapshot: Snapshot,
    claim: PersistentVolumeClaim | None,
    bound: PersistentVolume | None,
    usable: tuple[str, ...] | None,
    nodes: frozenset[str],
    *,
    read_only: bool,
) -> Problem:
    if claim is None:
        return Problem.MISSING
    modes = claim.spec.access_modes
    if RWOP in modes and len(nodes) > 1:
        return Problem.ONE_POD
    if not claim.spec.volume_name:
        wanted = claim.spec.storage_class_name
        known = {each.metadata.name for each in snapshot.storage_classes}
        return Problem.MISSING_CLASS if wanted and wanted not in known else Problem.UNBOUND
    if usable is not None and len(usable) < len(nodes):
        return Problem.PINNED
    if len(nodes) <= 1 or RWX in modes or (ROX in modes and read_only):
        return Problem.FINE
    if RWO in modes or ROX in modes:
        return Problem.MULTI_ATTACH if _is_attached(snapshot, bound) else Problem.SHARED
    return Problem.FINE


def _is_attached(snapshot: Snapshot, volume: PersistentVolume | None) -> bool:
    """Whether the volume is attached to one node at a time (``CSIDriver.spec.attachRequired``, true by default)."""
    if volume is None:
        return True
    spec = volume.spec
    if spec.nfs is not None or spec.host_path is not None or spec.local is not None:
        return False
    if spec.csi is not None:
        drivers = {each.metadata.name: each for each in snapshot.csi_drivers}
        driver = drivers.get(spec.csi.driver)
        return driver is None or driver.spec.attach_required
    return True


def _driver(volume: PersistentVolume | None) -> str | None:
    if volume is None:
        return None
    spec = volume.spec
    named = (("nfs", spec.nfs), ("hostPath", spec.host_path), ("local", spec.local))
    simple = next((name for name, source in named if source is not None), None)
    return spec.csi.driver if spec.csi is not None else simple


def _usable_on(snapshot: Snapshot, volume: PersistentVolume | None, nodes: frozenset[str]) -> tuple[str, ...] | None:
    affinity = volume.spec.node_affinity if volume is not None else None
    if affinity is None or affinity.required is None:
        return None
    required = affinity.required
    return tuple(
        sorted(
            (
                node.name
                for node in snapshot.nodes
                if node.name in nodes and required.matches(node.name, node.metadata.labels)
            ),
            key=natural_key,
        )
    )


def _holder(
    snapshot: Snapshot, daemon_set: DaemonSet, claim: str, volume: PersistentVolume | None, problem: Problem
) -> str | None:
    if problem is Problem.ONE_POD:
        for pod in snapshot.pods:
            if pod.namespace == daemon_set.namespace and pod.bound and not pod.terminal:
                names = {
                    each.persistent_volume_claim.claim_name for each in pod.spec.volumes if each.persistent_volume_claim
                }
                if claim in names:
                    return f"{pod.namespace}/{pod.name} on {pod.spec.node_name}"
    if problem is Problem.MULTI_ATTACH and volume is not None:
        for attachment in snapshot.volume_attachments:
            if attachment.spec.source.persistent_volume_name == volume.metadata.name and attachment.status.attached:
                return attachment.spec.node_name
    return None


def _host_paths(
    own: DaemonSet, everyone: tuple[DaemonSet, ...], runs_on: dict[str, frozenset[str]]
) -> Iterator[HostPathFinding]:
    for path in sorted(_written(own)):
        writers, contains = [own.key], False
        for other in everyone:
            if other.key != own.key and runs_on[own.key] & runs_on[other.key]:
                near = [each for each in _written(other) if _touches(path, each)]
                if near:
                    writers.append(other.key)
                    contains = contains or path not in near
        if len(writers) > 1:
            yield HostPathFinding(path=path, writers=tuple(writers), contains=contains)


def _touches(one: str, other: str) -> bool:
    first, second = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return first.startswith(second) or second.startswith(first)


def _written(daemon_set: DaemonSet) -> frozenset[str]:
    """Folders of the node that some container may write into; a folder per node by subPathExpr does not count."""
    paths = set()
    for volume in daemon_set.spec.template.spec.volumes:
        if volume.host_path is not None and volume.host_path.path and not _only_read(daemon_set, volume):
            paths.add(volume.host_path.path)
    return frozenset(paths)


def _only_read(daemon_set: DaemonSet, volume: Volume) -> bool:
    spec = daemon_set.spec.template.spec
    containers: tuple[Container, ...] = (*spec.containers, *spec.init_containers)
    mounts = [mount for container in containers for mount in container.volume_mounts if mount.name == volume.name]
    return all(mount.read_only for mount in mounts)


def _ports(own: DaemonSet, everyone: tuple[DaemonSet, ...], runs_on: dict[str, frozenset[str]]) -> Iterator[PortClash]:
    for port, protocol, address in sorted(_host_ports(own)):
        others: list[str] = []
        nodes: set[str] = set()
        for other in everyone:
            both = runs_on[own.key] & runs_on[other.key]
            if (
                other.key != own.key
                and both
                and any(
                    (port, protocol) == (number, name) and _same_address(address, theirs)
                    for number, name, theirs in _host_ports(other)
                )
            ):
                others.append(other.key)
                nodes |= both
        if others:
            yield PortClash(host_port=port, protocol=protocol, others=tuple(others), nodes=len(nodes))


def _host_ports(daemon_set: DaemonSet) -> frozenset[tuple[int, str, str]]:
    return frozenset(
        (port.host_port, port.protocol, port.host_ip or "0.0.0.0") for port in daemon_set.spec.template.spec.host_ports
    )


def _same_address(one: str, other: str) -> bool:
    return one == other or "0.0.0.0" in (one, other)
