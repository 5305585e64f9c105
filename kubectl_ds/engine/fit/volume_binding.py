"""VolumeBinding: every claim of the pod must be bound to a volume usable from the node, or be bindable there.

Mirrors ``VolumeBinding`` and ``volumeBinder`` (pkg/scheduler/framework/plugins/volumebinding, 1.37) and
``FindMatchingVolume``, ``CheckNodeAffinity`` (component-helpers/storage/volume v0.37). What provisioners will do, and
which of two equal volumes is taken, is not foretold: a claim that can be provisioned for the node does not refuse it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import VolumeEvidence
from kubectl_ds.engine.fit.claims import PodClaim, binds_late, is_bound, pod_claims
from kubectl_ds.engine.fit.csi_translation import TranslationError, node_affinity_on
from kubectl_ds.engine.fit.plugin import Filter, Refusal, Refusals, cannot_tell, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.fit.storage_lister import claim_class
from kubectl_ds.engine.fit.volume_matching import find_matching_volume, has_topology, matching_volumes, selects_labels
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.engine.requests import nano_units
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.selector import NodeSelector
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.model.storage import PersistentVolumeClaim

NAME = "VolumeBinding"
_SELECTED_NODE = "volume.kubernetes.io/selected-node"
_NO_PROVISIONER = "kubernetes.io/no-provisioner"


class VolumeBinding(Filter):
    """The claims of a pod, bound ones and those that wait for it."""

    def __init__(
        self, bound: Sequence[PersistentVolumeClaim], waiting: Sequence[PersistentVolumeClaim], cluster: SharedLister
    ) -> None:
        self._bound = bound
        self._waiting = sorted(waiting, key=_size)
        self._cluster = cluster

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node from which a volume cannot be used, or where a claim finds none: one refusal a claim."""
        refusals = [refusal for claim in self._bound for refusal in self._check_bound(claim, node)]
        refusals += self._check_waiting(node)
        known = tuple(each for each in refusals if not each.unknown)
        return known or tuple(refusals[:1])

    def _check_bound(self, claim: PersistentVolumeClaim, node: NodeInfo) -> Iterable[Refusal]:
        """``checkBoundClaims``."""
        volume = self._cluster.storage.volumes.get(claim.spec.volume_name)
        if volume is None:
            gap = self._cluster.snapshot.denied("persistentvolumes")
            yield cannot_tell(NAME, gap) if gap is not None else refuse_missing_volume(claim)
            return
        try:
            required = node_affinity_on(volume, self._cluster.storage.csi_nodes.get(node.name))
        except TranslationError:
            yield _refusal(claim, "untranslatable", volume=volume.metadata.name)
            return
        if required is not None and not selects_labels(required, node.labels):
            evidence = VolumeEvidence(
                claim=claim.metadata.name,
                volume=volume.metadata.name,
                bound_to=_in_words(required),
                problem="nodeAffinity",
            )
            yield refuse(NAME, evidence, Fault.POD, unresolvable=True)

    def _check_waiting(self, node: NodeInfo) -> list[Refusal]:
        """``FindPodVolumes`` for claims that wait for their first consumer."""
        to_provision: list[PersistentVolumeClaim] = []
        to_match: list[PersistentVolumeClaim] = []
        for claim in self._waiting:
            selected = claim.metadata.annotations.get(_SELECTED_NODE)
            if selected is None:
                to_match.append(claim)
            elif selected == node.name:
                to_provision.append(claim)
            else:
                return [_refusal(claim, "otherNode", bound_to=selected)]
        chosen: set[str] = set()
        for claim in to_match:
            match = find_matching_volume(claim, self._cluster.storage.volumes_for(claim), node.labels, chosen)
            if match is None:
                to_provision.append(claim)
            else:
                chosen.add(match.metadata.name)
        return [refusal for claim in to_provision for refusal in self._check_provision(claim, node)]

    def _check_provision(self, claim: PersistentVolumeClaim, node: NodeInfo) -> Iterable[Refusal]:
        """``checkVolumeProvisions``: whether a volume could be made for the claim, usable from the node."""
        snapshot = self._cluster.snapshot
        storage_class = self._cluster.storage.storage_classes[claim_class(claim)]
        if storage_class.provisioner in ("", _NO_PROVISIONER):
            gap = snapshot.denied("persistentvolumes")
            yield cannot_tell(NAME, gap) if gap is not None else _refusal(claim, "noMatchingVolume")
        elif not has_topology(storage_class.allowed_topologies, node.labels):
            yield _refusal(claim, "noTopology")
        elif "storage" in claim.spec.resources.requests:
            gap = snapshot.denied("csidrivers") or self._capacity_gap(storage_class.provisioner)
            if gap is not None:
                yield cannot_tell(NAME, gap)

    def _capacity_gap(self, provisioner: str) -> Gap | None:
        """Why the room that a driver has left is not known, where the driver publishes it (``hasEnoughCapacity``)."""
        driver = self._cluster.storage.csi_drivers.get(provisioner)
        if driver is None or not driver.spec.storage_capacity:
            return None
        return Gap(resource="csistoragecapacities", namespace=None, error="not read")


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | Refusals | None:
    """Nothing to do for a pod without claims; refuse everywhere for claims that are not as they should be."""
    claims = pod_claims(pod, cluster.storage)
    if not claims:
        return None
    gap = cluster.snapshot.denied("persistentvolumeclaims", pod.namespace)
    if gap is not None and not all(each.expected for each in claims):
        return Undecided(gap)
    refusals = [refusal for each in claims for refusal in _check_claim(each)]
    if refusals:
        return tuple(refusals)
    bound, waiting, immediate = [], [], []
    for each in claims:
        claim = each.claim
        if claim is None:
            return None  # named and missing: VolumeRestrictions has refused it
        if is_bound(claim):
            bound.append(claim)
        elif not claim.spec.volume_name and binds_late(claim, cluster.storage):
            waiting.append(claim)
        else:
            immediate.append((claim, each.expected))
    if immediate:
        return _check_immediate(immediate, cluster)
    return VolumeBinding(bound, waiting, cluster)


class Undecided(Filter):
    """A pod whose claims could not be read, or will be bound by somebody first."""

    def __init__(self, gap: Gap) -> None:
        self._refusals = (cannot_tell(NAME, gap),)

    def filter(self, node: NodeInfo) -> Refusals:
        """Nobody can tell."""
        return self._refusals


def refuse_missing_claim(name: str) -> Refusal:
    """The refusal of a pod whose claim does not exist."""
    evidence = VolumeEvidence(claim=name, problem="missingClaim")
    return refuse(NAME, evidence, Fault.POD, unresolvable=True, pre_filter=True)


def refuse_missing_volume(claim: PersistentVolumeClaim, *, pre_filter: bool = False) -> Refusal:
    """The refusal of a pod whose claim is bound to a volume that does not exist."""
    evidence = VolumeEvidence(claim=claim.metadata.name, volume=claim.spec.volume_name, problem="missingVolume")
    return refuse(NAME, evidence, Fault.POD, unresolvable=True, pre_filter=pre_filter)


def _check_claim(each: PodClaim) -> Iterable[Refusal]:
    """``podHasPVCs``; claims that pods name and that do not exist were VolumeRestrictions' to tell."""
    if each.claim is None:
        if each.ephemeral:
            yield refuse_missing_claim(each.name)
    elif each.claim.status.phase == "Lost":
        yield _refusal(each.claim, "lostClaim", volume=each.claim.spec.volume_name, pre_filter=True)
    elif each.claim.metadata.deletion_timestamp is not None:
        yield _refusal(each.claim, "claimTerminating", pre_filter=True)
    elif each.foreign:
        yield _refusal(each.claim, "foreignClaim", pre_filter=True)


def _check_immediate(claims: Sequence[tuple[PersistentVolumeClaim, bool]], cluster: SharedLister) -> Filter | Refusals:
    """Claims that should be bound before any pod is looked at; those of pods to come may be, or may not."""
    gap = cluster.snapshot.denied("storageclasses")
    if gap is not None:
        return Undecided(gap)
    refusals = []
    left_to_chance = False
    for claim, expected in claims:
        name = claim_class(claim)
        storage_class = cluster.storage.storage_classes.get(name)
        if name and storage_class is None:
            refusals.append(_refusal(claim, "missingClass", pre_filter=True))
        elif not expected:
            refusals.append(_refusal(claim, "unboundImmediate", pre_filter=True))
        elif storage_class is None or storage_class.provisioner in ("", _NO_PROVISIONER):
            if any(matching_volumes(claim, cluster.storage.volumes_for(claim), None, frozenset())):
                left_to_chance = True
            elif (denied := cluster.snapshot.denied("persistentvolumes")) is not None:
                return Undecided(denied)
            else:
                refusals.append(_refusal(claim, "unboundImmediate", pre_filter=True))
    if refusals:
        return tuple(refusals)
    later = Gap(resource="persistentvolumeclaims", namespace=None, error="bound only once the pod is there")
    return (cannot_tell(NAME, later),) if left_to_chance else Undecided(later)


def _refusal(
    claim: PersistentVolumeClaim,
    problem: str,
    *,
    volume: str | None = None,
    bound_to: str | None = None,
    pre_filter: bool = False,
) -> Refusal:
    evidence = VolumeEvidence(
        claim=claim.metadata.name,
        volume=volume,
        bound_to=bound_to,
        problem=problem,
        storage_class=claim_class(claim) or None,
    )
    return refuse(NAME, evidence, Fault.POD, unresolvable=True, pre_filter=pre_filter)


def _size(claim: PersistentVolumeClaim) -> int:
    return nano_units(claim.spec.resources.requests.get("storage", 0))


def _in_words(selector: NodeSelector) -> str:
    terms = (
        " and ".join(str(requirement) for requirement in (*term.match_expressions, *term.match_fields))
        for term in selector.node_selector_terms
    )
    return " or ".join(term for term in terms if term)
