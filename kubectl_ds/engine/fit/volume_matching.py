"""Which persistent volume suits a claim on a node, and which nodes a volume or a class suits.

Mirrors ``FindMatchingVolume``, ``CheckNodeAffinity`` (component-helpers/storage/volume v0.37) and
``MatchTopologySelectorTerms`` (component-helpers/scheduling/corev1 v0.37).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from kubectl_ds.engine.fit.selectors import Labels, Selector, SelectorError
from kubectl_ds.engine.fit.storage_lister import claim_class, volume_class
from kubectl_ds.engine.fit.volume_pool import VolumePool
from kubectl_ds.engine.requests import nano_units
from kubectl_ds.model.selector import NodeSelector, is_label_key, is_label_value
from kubectl_ds.model.storage import PersistentVolume, PersistentVolumeClaim, TopologySelectorTerm

_FILESYSTEM = "Filesystem"


def find_matching_volume(
    claim: PersistentVolumeClaim, volumes: VolumePool, labels: Labels, taken: Set[str]
) -> PersistentVolume | None:
    """The volume that the scheduler would bind: one reserved for the claim, else the smallest that suits it.

    Args:
        claim: waits for its first consumer.
        volumes: of the claim's class.
        labels: of the node.
        taken: names of volumes that other claims of the same pod have got.
    """
    return min(matching_volumes(claim, volumes, labels, taken), key=_capacity, default=None)


def smallest(volumes: Iterable[PersistentVolume], count: int) -> list[PersistentVolume]:
    """So many of the smallest volumes, and all that are as small: among equals the scheduler takes any."""
    ordered = sorted(volumes, key=_capacity)
    return [each for each in ordered if _capacity(each) <= _capacity(ordered[min(count, len(ordered)) - 1])]


def matching_volumes(
    claim: PersistentVolumeClaim, volumes: VolumePool, labels: Labels | None, taken: Set[str]
) -> Iterator[PersistentVolume]:
    """All volumes that the claim could be bound to; the one that is reserved for it alone where there is one.

    Args:
        claim: not bound yet.
        volumes: of the claim's class.
        labels: of the node; None where it does not matter from which node they can be used.
        taken: names of volumes that others have got.
    """
    requested = nano_units(claim.spec.resources.requests.get("storage", 0))
    selector = _parsed(claim)
    if claim.spec.selector is not None and selector is None:
        return
    found = []
    for volume in volumes.candidates(claim, labels):
        reserved = _reserved_for(volume, claim)
        if volume.metadata.name in taken or (volume.spec.claim_ref is not None and not reserved):
            continue
        if _capacity(volume) < requested or _differs(claim, volume) or volume.metadata.deletion_timestamp is not None:
            continue
        usable = labels is None or is_usable_from(volume, labels)
        if reserved:
            yield from (volume,) if usable else ()
            return
        if (
            usable
            and volume.status.phase == "Available"
            and volume_class(volume) == claim_class(claim)
            and (selector is None or selector.matches(volume.metadata.labels))
            and set(claim.spec.access_modes) <= set(volume.spec.access_modes)
        ):
            found.append(volume)
    yield from found


def is_usable_from(volume: PersistentVolume, labels: Labels) -> bool:
    """Whether a node with these labels can use the volume (``CheckNodeAffinity``)."""
    affinity = volume.spec.node_affinity
    return affinity is None or affinity.required is None or selects_labels(affinity.required, labels)


def selects_labels(selector: NodeSelector, labels: Labels) -> bool:
    """Whether any term takes a node with these labels; fields are not looked at (``CheckNodeAffinity``)."""
    return any(
        term.parses and all(requirement.matches(labels) for requirement in term.match_expressions)
        for term in selector.node_selector_terms
    )


def has_topology(terms: tuple[TopologySelectorTerm, ...], labels: Labels) -> bool:
    """Whether a class that provisions in these topologies does so for a node with these labels."""
    if not terms:
        return True
    for term in terms:
        expressions = term.match_label_expressions
        valid = all(
            each.values and is_label_key(each.key) and all(is_label_value(value) for value in each.values)
            for each in expressions
        )
        if expressions and valid and all(labels.get(each.key) in each.values for each in expressions):
            return True
    return False


def _parsed(claim: PersistentVolumeClaim) -> Selector | None:
    if claim.spec.selector is None:
        return None
    try:
        return Selector(claim.spec.selector)
    except SelectorError:
        return None


def _reserved_for(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """``IsVolumeBoundToClaim``."""
    reference = volume.spec.claim_ref
    if reference is None:
        return False
    if reference.name != claim.metadata.name or reference.namespace != claim.metadata.namespace:
        return False
    return reference.uid in ("", claim.metadata.uid)


def _differs(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    """Whether the volume is of another mode or attributes class than the claim asks for."""
    if (claim.spec.volume_mode or _FILESYSTEM) != (volume.spec.volume_mode or _FILESYSTEM):
        return True
    return claim.spec.volume_attributes_class_name != volume.spec.volume_attributes_class_name


def _capacity(volume: PersistentVolume) -> int:
    return nano_units(volume.spec.capacity.get("storage", "0"))
