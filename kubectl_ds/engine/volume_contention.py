"""Where a DaemonSet's own pods want the same volumes.

Either they share claims, which are bound to suit whoever comes first or are for one pod alone; or each has claims of
its own (generic ephemeral volumes), and there are fewer volumes than pods. What a provisioner makes is enough for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from kubectl_ds.engine.fit.claims import PodClaim, binds_late, pod_claims
from kubectl_ds.engine.fit.storage_lister import StorageLister, claim_class
from kubectl_ds.engine.fit.volume_matching import is_usable_from, matching_volumes, smallest
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.storage import PersistentVolume, PersistentVolumeClaim

_NO_PROVISIONER = ("", "kubernetes.io/no-provisioner")
_ONE_POD = "ReadWriteOncePod"


class VolumeContention:
    """Which volumes pods like this one can have, each from its own node."""

    def __init__(self, nodes: Mapping[str, Node], storage: StorageLister, pod: Pod) -> None:
        self._nodes = nodes
        self._storage = storage
        self._claims = pod_claims(pod, storage)

    @property
    def possible(self) -> bool:
        """Whether the pods can be in each other's way at all."""
        for_one_pod = any(
            _ONE_POD in each.claim.spec.access_modes
            for each in self._claims
            if each.claim is not None and not each.ephemeral
        )
        return for_one_pod or bool(self._shared) or self.limited

    @property
    def limited(self) -> bool:
        """Whether each pod needs volumes for itself, and only those that are there already can be had."""
        return bool(self._own)

    @cached_property
    def _shared(self) -> tuple[PersistentVolumeClaim, ...]:
        """Claims that all pods name, and that will be bound to suit whichever pod comes first."""
        late = [each.claim for each in self._claims if not each.ephemeral and self._is_late(each)]
        return tuple(claim for claim in late if claim is not None)

    @cached_property
    def _own(self) -> tuple[PersistentVolumeClaim, ...]:
        """Claims that each pod will have for itself, and that only volumes can fulfil that are there already."""
        return tuple(
            each.claim
            for each in self._claims
            if each.claim is not None
            and each.expected
            and self._is_late(each)
            and self._storage.storage_classes[claim_class(each.claim)].provisioner in _NO_PROVISIONER
        )

    def _is_late(self, each: PodClaim) -> bool:
        claim = each.claim
        return claim is not None and not claim.spec.volume_name and binds_late(claim, self._storage)

    def most_from_shared(self, nodes: Sequence[str]) -> int | None:
        """How many pods run at most where shared claims get the volumes of whoever comes first.

        None where there are no such claims, or all of their volumes can be used from everywhere.

        Args:
            nodes: those on which a pod could run.
        """
        if not self._shared:
            return None
        classes = self._storage.storage_classes
        if any(classes[claim_class(claim)].provisioner not in _NO_PROVISIONER for claim in self._shared):
            return len(nodes)
        chosen: defaultdict[str, dict[str, PersistentVolume]] = defaultdict(dict)
        for node in nodes:
            for claim in self._shared:
                suited = matching_volumes(claim, self._storage.volumes_for(claim), self._labels(node), frozenset())
                for volume in smallest(suited, len(self._shared)):
                    chosen[claim.metadata.name][volume.metadata.name] = volume
        usable = [
            [sum(is_usable_from(volume, self._labels(node)) for node in nodes) for volume in volumes.values()]
            for volumes in chosen.values()
        ]
        if usable and all(min(counts) == len(nodes) for counts in usable):
            return None
        return min((max(counts) for counts in usable), default=1)

    def without_one_of_their_own(self, nodes: Sequence[str]) -> tuple[list[str], int]:
        """Nodes whose pod gets a volume for itself only if it comes early, and how many of these do at most.

        A node is sure of its volumes when there are enough even once every other pod has taken all that it can use.

        Args:
            nodes: those on which a pod could run.
        """
        unsure: dict[str, None] = {}
        most = len(nodes)
        for claims in self._own_by_class:
            usable = {node: self._usable(claims, node) for node in nodes}
            rivals = _rivals(usable)
            short = [node for node, volumes in usable.items() if len(volumes) < len(claims) * _count(volumes, rivals)]
            unsure |= dict.fromkeys(short)
            if short:
                most = min(most, len(set().union(*(usable[node] for node in short))) // len(claims))
        return list(unsure), most

    def left_without(self, nodes: Sequence[str], users: Sequence[str]) -> set[str]:
        """Those of ``nodes`` that may find no volume once the pods on ``users`` have theirs."""
        found: set[str] = set()
        for claims in self._own_by_class:
            rivals = _rivals({node: self._usable(claims, node) for node in users})
            usable = {node: self._usable(claims, node) for node in nodes}
            found |= {
                node for node, volumes in usable.items() if len(volumes) < len(claims) * (1 + _count(volumes, rivals))
            }
        return found

    @cached_property
    def _own_by_class(self) -> list[list[PersistentVolumeClaim]]:
        found: defaultdict[str, list[PersistentVolumeClaim]] = defaultdict(list)
        for claim in self._own:
            found[claim_class(claim)].append(claim)
        return list(found.values())

    def _usable(self, claims: Sequence[PersistentVolumeClaim], node: str) -> set[str]:
        """The volumes that any of these claims could get on a node."""
        return {
            volume.metadata.name
            for claim in claims
            for volume in matching_volumes(claim, self._storage.volumes_for(claim), self._labels(node), frozenset())
        }

    def _labels(self, node: str) -> Mapping[str, str]:
        return self._nodes[node].labels


def _rivals(usable: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    """By volume, the nodes whose pods could use it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for node, volumes in usable.items():
        for volume in volumes:
            found[volume].add(node)
    return found


def _count(volumes: set[str], rivals: Mapping[str, set[str]]) -> int:
    """How many nodes could use any of these volumes."""
    return len(set().union(*(rivals.get(volume, ()) for volume in volumes)))
