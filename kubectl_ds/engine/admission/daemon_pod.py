"""The pod that the DaemonSet controller asks the API server to create: the template, tolerations, labels, the pin.

Mirrors ``CreatePodTemplate``, ``AddOrUpdateDaemonPodTolerations``, ``ReplaceDaemonSetPodNodeNameNodeAffinity``
(pkg/controller/daemon/util), ``AddOrUpdateTolerationInPodSpec`` (pkg/apis/core/v1/helper) and ``GetPodFromTemplate``
(pkg/controller), Kubernetes 1.37. It must not know what the API server makes of the pod.
"""

from __future__ import annotations

import msgspec

from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.eligibility import automatic_tolerations
from kubectl_ds.engine.revisions import current_revision
from kubectl_ds.model.daemonset import (
    REVISION_HASH_LABEL,
    TEMPLATE_GENERATION_ANNOTATION,
    TEMPLATE_GENERATION_LABEL,
    DaemonSet,
)
from kubectl_ds.model.meta import OwnerReference
from kubectl_ds.model.pod import Affinity, NodeAffinity, Pod, PodMeta
from kubectl_ds.model.selector import NodeSelector, NodeSelectorTerm, SelectorRequirement
from kubectl_ds.model.taint import Toleration

UNKNOWN_HASH = ""
"""Stands for the hash of a revision that does not exist yet: no pod has it."""


def daemon_pod(request: Request) -> Pod:
    """The pod of any node, not pinned yet. Its name is the prefix that the API server completes."""
    daemon_set = request.daemon_set
    template = daemon_set.spec.template
    spec = template.spec
    owner = OwnerReference(kind="DaemonSet", name=daemon_set.name, uid=daemon_set.metadata.uid, controller=True)
    tolerations = spec.tolerations
    for each in automatic_tolerations(spec):
        tolerations = add_or_update(tolerations, each)
    return Pod(
        metadata=PodMeta(
            name=f"{daemon_set.name}-",
            namespace=daemon_set.namespace,
            labels=template.metadata.labels | _labels(request),
            owner_references=(owner,),
        ),
        spec=msgspec.structs.replace(spec, tolerations=tolerations),
    )


def pinned(pod: Pod, node_name: str) -> Pod:
    """The pod for one node: all required node affinity replaced by the node's name, preferences and the rest kept."""
    affinity = pod.spec.affinity or Affinity()
    node_affinity = msgspec.structs.replace(
        affinity.node_affinity or NodeAffinity(),
        required_during_scheduling_ignored_during_execution=_only(node_name),
    )
    affinity = msgspec.structs.replace(affinity, node_affinity=node_affinity)
    return msgspec.structs.replace(pod, spec=msgspec.structs.replace(pod.spec, affinity=affinity))


def add_or_update(tolerations: tuple[Toleration, ...], wanted: Toleration) -> tuple[Toleration, ...]:
    """Append a toleration, or put it in the place of those that differ only in their seconds."""
    updated: list[Toleration] = []
    found = False
    for each in tolerations:
        if each == wanted:
            return tolerations
        alike = msgspec.structs.replace(each, toleration_seconds=wanted.toleration_seconds) == wanted
        found = found or alike
        updated.append(wanted if alike else each)
    return tuple(updated) if found else (*tolerations, wanted)


def _only(node_name: str) -> NodeSelector:
    requirement = SelectorRequirement(key="metadata.name", operator="In", values=(node_name,))
    return NodeSelector(node_selector_terms=(NodeSelectorTerm(match_fields=(requirement,)),))


def _labels(request: Request) -> dict[str, str]:
    daemon_set = request.daemon_set
    revisions = request.snapshot.revisions_by_owner.get(daemon_set.metadata.uid, ())
    current = current_revision(daemon_set, revisions)
    labels = {REVISION_HASH_LABEL: current.hash or UNKNOWN_HASH}
    generation = 1 if _is_new(daemon_set) else current.template_generation
    return labels if generation is None else labels | {TEMPLATE_GENERATION_LABEL: str(generation)}


def _is_new(daemon_set: DaemonSet) -> bool:
    """A manifest that was never created: the API server numbers its template 1 (``daemonSetStrategy``)."""
    return not daemon_set.metadata.uid and TEMPLATE_GENERATION_ANNOTATION not in daemon_set.metadata.annotations
