"""In-tree volumes as the CSI drivers see them that have taken them over: driver, handle, topology.

Mirrors ``CSITranslator`` (k8s.io/csi-translation-lib v0.37) and ``isCSIMigrationOn``
(pkg/scheduler/framework/plugins/nodevolumelimits, 1.37) for the five plugins that the scheduler translates. It must not
know what the translation is for.
"""

from __future__ import annotations

import re

import msgspec

from kubectl_ds.model.pod import AzureDisk, Volume
from kubectl_ds.model.selector import NodeSelector, NodeSelectorTerm, SelectorRequirement
from kubectl_ds.model.storage import CSINode, PersistentVolume
from kubectl_ds.model.value import Value

_GCE = "kubernetes.io/gce-pd"
_EBS = "kubernetes.io/aws-ebs"
_AZURE = "kubernetes.io/azure-disk"
_CINDER = "kubernetes.io/cinder"
_PORTWORX = "kubernetes.io/portworx-volume"
_DRIVERS = {
    _GCE: "pd.csi.storage.gke.io",
    _EBS: "ebs.csi.aws.com",
    _AZURE: "disk.csi.azure.com",
    _CINDER: "cinder.csi.openstack.org",
    _PORTWORX: "pxd.portworx.com",
    "kubernetes.io/azure-file": "file.csi.azure.com",
    "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
}
_TOPOLOGY_KEYS = {
    _GCE: "topology.gke.io/zone",
    _EBS: "topology.ebs.csi.aws.com/zone",
    _CINDER: "topology.cinder.csi.openstack.org/zone",
}
_MIGRATED = frozenset({_GCE, _EBS, _AZURE, _CINDER, _PORTWORX})
_MIGRATED_ANNOTATION = "storage.alpha.kubernetes.io/migrated-plugins"
_ZONE, _REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
_BETA_ZONE, _BETA_REGION = "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region"
_UNSPECIFIED = "UNSPECIFIED"
_EBS_VOLUME = re.compile(r"^vol-[^/]*$")


class TranslationError(ValueError):
    """An in-tree volume that upstream cannot translate, for which the scheduler gives up on the pod."""


class CsiVolume(Value, frozen=True):
    """A volume as its CSI driver knows it."""

    driver: str
    handle: str


def driver_of_provisioner(provisioner: str, csi_node: CSINode | None) -> str:
    """The CSI driver behind a class's provisioner on a node; empty where an in-tree one was not taken over."""
    if provisioner not in _DRIVERS:
        return provisioner
    return _DRIVERS[provisioner] if _migration_on(provisioner, csi_node) else ""


def is_inline_migratable(volume: Volume) -> bool:
    """Whether a volume named in a pod has become a CSI driver's matter (``IsInlineMigratable``)."""
    return _inline_plugin(volume) != ""


def inline_volume(volume: Volume, csi_node: CSINode | None) -> CsiVolume | None:
    """A volume named in a pod, as CSI on this node; None when it is not CSI's matter there.

    Raises:
        TranslationError: it is, and cannot be translated.
    """
    plugin = _inline_plugin(volume)
    if not plugin or not _migration_on(plugin, csi_node):
        return None
    if volume.gce_persistent_disk is not None:
        handle = f"projects/{_UNSPECIFIED}/zones/{_UNSPECIFIED}/disks/{volume.gce_persistent_disk.pd_name}"
    elif volume.aws_elastic_block_store is not None:
        handle = _ebs_handle(volume.aws_elastic_block_store.volume_id)
    elif volume.azure_disk is not None:
        handle = _azure_handle(volume.azure_disk)
    elif volume.cinder is not None:
        handle = volume.cinder.volume_id
    else:
        handle = volume.portworx_volume.volume_id if volume.portworx_volume is not None else ""
    return CsiVolume(driver=_DRIVERS[plugin], handle=handle)


def persistent_volume(volume: PersistentVolume, csi_node: CSINode | None) -> CsiVolume | None:
    """A persistent volume as CSI on this node; None when it is not CSI's matter there, or cannot be translated."""
    if volume.spec.csi is not None:
        return CsiVolume(driver=volume.spec.csi.driver, handle=volume.spec.csi.volume_handle)
    plugin = _volume_plugin(volume)
    if not plugin or not _migration_on(plugin, csi_node):
        return None
    try:
        return CsiVolume(driver=_DRIVERS[plugin], handle=_volume_handle(volume))
    except TranslationError:
        return None


def node_affinity_on(volume: PersistentVolume, csi_node: CSINode | None) -> NodeSelector | None:
    """From which nodes a volume can be used, in the labels of the CSI driver if this node says that it has migrated.

    Mirrors ``tryTranslatePVToCSI`` (pkg/scheduler/framework/plugins/volumebinding) and
    ``translateTopologyFromInTreeToCSI``.

    Raises:
        TranslationError: the node says so, and the volume cannot be translated.
    """
    affinity = volume.spec.node_affinity
    required = affinity.required if affinity is not None else None
    plugin = _volume_plugin(volume)
    if plugin not in _MIGRATED or not _migrated_on_node(plugin, csi_node):
        return required
    _volume_handle(volume)
    key = _TOPOLOGY_KEYS.get(plugin)
    if key is None:
        return required
    zone, region = _topology_labels(volume, required)
    if _values(required, zone):
        required = _renamed(required, zone, key)
    elif zone in volume.metadata.labels:
        zones = sorted({each.strip() for each in volume.metadata.labels[zone].split("__") if each.strip()})
        required = _with_topology(required, key, tuple(zones)) if zones else required
    if region == _BETA_REGION and _values(required, region):
        required = _renamed(required, region, _REGION)
    return required


def _migration_on(plugin: str, csi_node: CSINode | None) -> bool:
    return csi_node is not None and plugin in _MIGRATED


def _migrated_on_node(plugin: str, csi_node: CSINode | None) -> bool:
    if csi_node is None:
        return False
    return plugin in csi_node.metadata.annotations.get(_MIGRATED_ANNOTATION, "").split(",")


def _inline_plugin(volume: Volume) -> str:
    if volume.gce_persistent_disk is not None:
        return _GCE
    if volume.aws_elastic_block_store is not None:
        return _EBS
    if volume.azure_disk is not None:
        return _AZURE
    if volume.cinder is not None:
        return _CINDER
    return _PORTWORX if volume.portworx_volume is not None else ""


def _volume_plugin(volume: PersistentVolume) -> str:
    spec = volume.spec
    if spec.gce_persistent_disk is not None:
        return _GCE
    if spec.aws_elastic_block_store is not None:
        return _EBS
    if spec.azure_disk is not None:
        return _AZURE
    if spec.cinder is not None:
        return _CINDER
    return _PORTWORX if spec.portworx_volume is not None else ""


def _volume_handle(volume: PersistentVolume) -> str:
    spec = volume.spec
    if spec.gce_persistent_disk is not None:
        return _gce_handle(spec.gce_persistent_disk.pd_name, volume.metadata.labels)
    if spec.aws_elastic_block_store is not None:
        return _ebs_handle(spec.aws_elastic_block_store.volume_id)
    if spec.azure_disk is not None:
        return _azure_handle(spec.azure_disk)
    if spec.cinder is not None:
        return spec.cinder.volume_id
    return spec.portworx_volume.volume_id if spec.portworx_volume is not None else ""


def _gce_handle(disk: str, labels: dict[str, str]) -> str:
    zones = (labels.get(_BETA_ZONE) or labels.get(_ZONE) or "").split("__")
    if len(zones) > 1:
        regions = {zone.rpartition("-")[0] for zone in zones}
        if len(regions) != 1 or any(zone.count("-") != 2 for zone in zones):
            raise TranslationError(f"no one region has the zones {zones}")
        return f"projects/{_UNSPECIFIED}/regions/{regions.pop()}/disks/{disk}"
    return f"projects/{_UNSPECIFIED}/zones/{zones[0] or _UNSPECIFIED}/disks/{disk}"


def _ebs_handle(volume_id: str) -> str:
    if not volume_id.startswith("aws://"):
        return volume_id
    handle = volume_id.removeprefix("aws://").partition("/")[2].strip("/")
    if not _EBS_VOLUME.match(handle):
        raise TranslationError(f"{volume_id} names no EBS volume")
    return handle


def _azure_handle(disk: AzureDisk) -> str:
    if disk.kind and disk.kind.lower() != "managed":
        raise TranslationError(f"Azure disks of kind {disk.kind} are not taken over")
    return disk.disk_uri


def _topology_labels(volume: PersistentVolume, required: NodeSelector | None) -> tuple[str, str]:
    """``getTopologyLabel``: the generation of zone and region labels that the volume uses."""
    pairs = ((_ZONE, _REGION), (_BETA_ZONE, _BETA_REGION))
    for zone, region in pairs:
        if _has_key(required, zone):
            return zone, region
    for zone, region in pairs:
        if zone in volume.metadata.labels:
            return zone, region
    return pairs[0]


def _has_key(required: NodeSelector | None, key: str) -> bool:
    terms = required.node_selector_terms if required is not None else ()
    return any(requirement.key == key for term in terms for requirement in term.match_expressions)


def _values(required: NodeSelector | None, key: str) -> set[str]:
    terms = required.node_selector_terms if required is not None else ()
    return {
        value
        for term in terms
        for requirement in term.match_expressions
        if requirement.key == key
        for value in requirement.values
    }


def _renamed(required: NodeSelector | None, old: str, new: str) -> NodeSelector | None:
    if required is None:
        return None
    return NodeSelector(
        node_selector_terms=tuple(
            msgspec.structs.replace(
                term,
                match_expressions=tuple(
                    msgspec.structs.replace(each, key=new) if each.key == old else each
                    for each in term.match_expressions
                ),
            )
            for term in required.node_selector_terms
        )
    )


def _with_topology(required: NodeSelector | None, key: str, zones: tuple[str, ...]) -> NodeSelector:
    topology = SelectorRequirement(key=key, operator="In", values=zones)
    terms = (required.node_selector_terms if required is not None else ()) or (NodeSelectorTerm(),)
    return NodeSelector(
        node_selector_terms=tuple(
            msgspec.structs.replace(term, match_expressions=(*term.match_expressions, topology)) for term in terms
        )
    )
