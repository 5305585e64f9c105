"""The volumes of one storage class, found by the node that can use them and by the claim that they are kept for.

``FindMatchingVolume`` (component-helpers/storage/volume v0.37) looks at every volume of a class for every node. With a
local disk on each node that grows with the square of the nodes, so volumes pinned to a label are looked up by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from kubectl_ds.model.storage import PersistentVolume, PersistentVolumeClaim

_Placed = tuple[int, PersistentVolume]


class VolumePool:
    """Volumes, in an order that is kept."""

    def __init__(self, volumes: Iterable[PersistentVolume]) -> None:
        self._anywhere: list[_Placed] = []
        self._pinned: defaultdict[tuple[str, str], list[_Placed]] = defaultdict(list)
        self._kept: defaultdict[tuple[str, str], list[_Placed]] = defaultdict(list)
        for placed in enumerate(volumes):
            volume = placed[1]
            reference = volume.spec.claim_ref
            if reference is not None:
                self._kept[reference.namespace, reference.name].append(placed)
            elif labels := _pins(volume):
                for label in labels:
                    self._pinned[label].append(placed)
            else:
                self._anywhere.append(placed)
        self._keys = {key for key, _ in self._pinned}

    def candidates(self, claim: PersistentVolumeClaim, labels: Mapping[str, str] | None) -> list[PersistentVolume]:
        """Volumes that may suit the claim on a node with these labels: none that suits is left out.

        Args:
            claim: not bound yet.
            labels: of the node; None for all nodes.
        """
        found = [*self._anywhere, *self._kept.get((claim.metadata.namespace, claim.metadata.name), ())]
        if labels is None:
            found += {placed[0]: placed for pinned in self._pinned.values() for placed in pinned}.values()
        else:
            for key in self._keys & labels.keys():
                found += self._pinned.get((key, labels[key]), ())
        return [volume for _, volume in sorted(found, key=_place)]


def _pins(volume: PersistentVolume) -> list[tuple[str, str]]:
    """Labels of which a node must have one to use the volume; empty where its affinity is less simple."""
    affinity = volume.spec.node_affinity
    terms = affinity.required.node_selector_terms if affinity is not None and affinity.required is not None else ()
    if len(terms) != 1:
        return []
    for requirement in terms[0].match_expressions:
        if requirement.operator == "In":
            return [(requirement.key, value) for value in dict.fromkeys(requirement.values)]
    return []


def _place(placed: _Placed) -> int:
    return placed[0]
