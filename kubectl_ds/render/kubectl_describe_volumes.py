"""The volumes of a pod template in ``kubectl describe``.

Mirrors ``describeVolumes`` and the ``print…VolumeSource`` functions (k8s.io/kubectl v0.37
pkg/describe/describe.go). Most sources are rows of one table; those that are more than a list of fields have a
function each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kubectl_ds.model import quantity
from kubectl_ds.render.go_text import text_of
from kubectl_ds.render.kubectl_describe_labels import (
    MAX_ANNOTATION_LENGTH,
    shorten,
    write_annotations,
    write_labels,
)
from kubectl_ds.render.prefix_writer import NestedPrefixWriter, PrefixWriter

Json = Mapping[str, Any]

_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"


def write_volumes(writer: PrefixWriter, volumes: Sequence[Json]) -> None:
    """``describeVolumes`` of a pod template."""
    if not volumes:
        writer.write(0, "  Volumes:\t<none>\n")
        return
    writer.write(0, "  Volumes:\n")
    for volume in volumes:
        writer.write(1, f" {volume.get('name') or ''}:\n")
        field = next((field for field in _SOURCES if volume.get(field) is not None), None)
        if field is None:
            writer.write(1, "<unknown>\n")
        else:
            _write_source(writer, field, volume[field])


def _write_source(writer: PrefixWriter, name: str, source: Json) -> None:
    sentence, *fields = _SOURCES[name]
    lines = "".join(f"    {title}{form(source.get(field))}\n" for title, field, form in fields)
    writer.write(2, f"Type:\t{sentence}\n{lines}")
    if name in _MORE:
        _MORE[name](writer, source)


def _text(value: Any) -> str:
    return text_of(value or "")


def _number(value: Any) -> str:
    return text_of(value or 0)


def _flag(value: Any) -> str:
    return text_of(bool(value))


def _list(value: Any) -> str:
    return text_of(value or [])


def _joined(value: Any) -> str:
    return ", ".join(value or ())


def _map(value: Any) -> str:
    return text_of(value or {})


def _or_none(value: Any) -> str:
    return "<none>" if value is None else text_of(value)


def _secret(value: Any) -> str:
    """A reference to a Secret, as its generated ``String`` method writes it."""
    return "nil" if value is None else f"&LocalObjectReference{{Name:{value.get('name') or ''},}}"


def _size(value: Any) -> str:
    return "<unset>" if value is None or quantity.parse(value) <= 0 else str(value)


Field = tuple[str, str, Callable[[Any], str]]
"""The title with what follows it, the JSON field, and how its value is written."""

_FS_TYPE: Field = ("FSType:\t", "fsType", _text)
_READ_ONLY: Field = ("ReadOnly:\t", "readOnly", _flag)
_SECRET_REF: Field = ("SecretRef:\t", "secretRef", _secret)
_PATH: Field = ("Path:\t", "path", _text)
_VOLUME_ID: Field = ("VolumeID:\t", "volumeID", _text)
_PARTITION: Field = ("Partition:\t", "partition", _number)
_OPTIONAL: Field = ("Optional:\t", "optional", _flag)
_VOLUME_NAME: Field = ("VolumeName:\t", "volumeName", _text)

_SOURCES: Mapping[str, tuple[Any, ...]] = {
    "hostPath": ("HostPath (bare host directory volume)", _PATH, ("HostPathType:\t", "type", _or_none)),
    "emptyDir": (
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        ("Medium:\t", "medium", _text),
        ("SizeLimit:\t", "sizeLimit", _size),
    ),
    "gcePersistentDisk": (
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        ("PDName:\t", "pdName", _text),
        _FS_TYPE,
        _PARTITION,
        _READ_ONLY,
    ),
    "awsElasticBlockStore": (
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        _VOLUME_ID,
        _FS_TYPE,
        _PARTITION,
        _READ_ONLY,
    ),
    "gitRepo": (
        "GitRepo (a volume that is pulled from git when the pod is created)",
        ("Repository:\t", "repository", _text),
        ("Revision:\t", "revision", _text),
    ),
    "secret": ("Secret (a volume populated by a Secret)", ("SecretName:\t", "secretName", _text), _OPTIONAL),
    "configMap": ("ConfigMap (a volume populated by a ConfigMap)", ("Name:\t", "name", _text), _OPTIONAL),
    "nfs": (
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        ("Server:\t", "server", _text),
        _PATH,
        _READ_ONLY,
    ),
    "iscsi": (
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        ("TargetPortal:\t", "targetPortal", _text),
        ("IQN:\t", "iqn", _text),
        ("Lun:\t", "lun", _number),
        ("ISCSIInterface\t", "iscsiInterface", _text),  # without a colon upstream
        _FS_TYPE,
        _READ_ONLY,
        ("Portals:\t", "portals", _list),
        ("DiscoveryCHAPAuth:\t", "chapAuthDiscovery", _flag),
        ("SessionCHAPAuth:\t", "chapAuthSession", _flag),
        _SECRET_REF,
        ("InitiatorName:\t", "initiatorName", _or_none),
    ),
    "glusterfs": (
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        ("EndpointsName:\t", "endpoints", _text),
        _PATH,
        _READ_ONLY,
    ),
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        ("ClaimName:\t", "claimName", _text),
        _READ_ONLY,
    ),
    "ephemeral": ("EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",),
    "rbd": (
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        ("CephMonitors:\t", "monitors", _list),
        ("RBDImage:\t", "image", _text),
        _FS_TYPE,
        ("RBDPool:\t", "pool", _text),
        ("RadosUser:\t", "user", _text),
        ("Keyring:\t", "keyring", _text),
        _SECRET_REF,
        _READ_ONLY,
    ),
    "quobyte": (
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
        ("Registry:\t", "registry", _text),
        ("Volume:\t", "volume", _text),
        _READ_ONLY,
    ),
    "downwardAPI": ("DownwardAPI (a volume populated by information about the pod)",),
    "azureDisk": (
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        ("DiskName:\t", "diskName", _text),
        ("DiskURI:\t", "diskURI", _text),
        ("Kind: \t", "kind", _text),  # with this space upstream
        _FS_TYPE,
        ("CachingMode:\t", "cachingMode", _text),
        _READ_ONLY,
    ),
    "vsphereVolume": (
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        ("VolumePath:\t", "volumePath", _text),
        _FS_TYPE,
        ("StoragePolicyName:\t", "storagePolicyName", _text),
    ),
    "cinder": ("Cinder (a Persistent Disk resource in OpenStack)", _VOLUME_ID, _FS_TYPE, _READ_ONLY, _SECRET_REF),
    "photonPersistentDisk": (
        "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
        ("PdID:\t", "pdID", _text),
        _FS_TYPE,
    ),
    "portworxVolume": ("PortworxVolume (a Portworx Volume resource)", _VOLUME_ID),
    "scaleIO": (
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        ("Gateway:\t", "gateway", _text),
        ("System:\t", "system", _text),
        ("Protection Domain:\t", "protectionDomain", _text),
        ("Storage Pool:\t", "storagePool", _text),
        ("Storage Mode:\t", "storageMode", _text),
        _VOLUME_NAME,
        _FS_TYPE,
        _READ_ONLY,
    ),
    "cephfs": (
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        ("Monitors:\t", "monitors", _list),
        _PATH,
        ("User:\t", "user", _text),
        ("SecretFile:\t", "secretFile", _text),
        _SECRET_REF,
        _READ_ONLY,
    ),
    "storageos": (
        "StorageOS (a StorageOS Persistent Disk resource)",
        _VOLUME_NAME,
        ("VolumeNamespace:\t", "volumeNamespace", _text),
        _FS_TYPE,
        _READ_ONLY,
    ),
    "fc": (
        "FC (a Fibre Channel disk)",
        ("TargetWWNs:\t", "targetWWNs", _joined),
        ("LUN:\t", "lun", _or_none),
        _FS_TYPE,
        _READ_ONLY,
    ),
    "azureFile": (
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        ("SecretName:\t", "secretName", _text),
        ("ShareName:\t", "shareName", _text),
        _READ_ONLY,
    ),
    "flexVolume": (
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        ("Driver:\t", "driver", _text),
        _FS_TYPE,
        _SECRET_REF,
        _READ_ONLY,
        ("Options:\t", "options", _map),
    ),
    "flocker": (
        "Flocker (a Flocker volume mounted by the Flocker agent)",
        ("DatasetName:\t", "datasetName", _text),
        ("DatasetUUID:\t", "datasetUUID", _text),
    ),
    "projected": ("Projected (a volume that contains injected data from multiple sources)",),
    "csi": (
        "CSI (a Container Storage Interface (CSI) volume source)",
        ("Driver:\t", "driver", _text),
        _FS_TYPE,
        _READ_ONLY,
    ),
    "image": (
        "Image (a container image or OCI artifact)",
        ("Reference:\t", "reference", _text),
        ("PullPolicy:\t", "pullPolicy", _text),
    ),
}
"""What each source is, and its fields, in the order in which upstream looks for them."""


def _write_items(writer: PrefixWriter, downward: Json) -> None:
    """The rest of ``printDownwardAPIVolumeSource``."""
    writer.write(0, "    Items:\n")
    for item in downward.get("items") or ():
        for field, name in (("fieldRef", "fieldPath"), ("resourceFieldRef", "resource")):
            if item.get(field) is not None:
                writer.write(3, f"{item[field].get(name) or ''} -> {item.get('path') or ''}\n")


def _write_projections(writer: PrefixWriter, projected: Json) -> None:
    """The rest of ``printProjectedVolumeSource``; sources that it does not know leave no line."""
    for source in projected.get("sources") or ():
        if (secret := source.get("secret")) is not None:
            _write_projection(writer, "SecretName", secret)
        elif source.get("downwardAPI") is not None:
            writer.write(2, "DownwardAPI:\ttrue\n")
        elif (config_map := source.get("configMap")) is not None:
            _write_projection(writer, "ConfigMapName", config_map)
        elif (token := source.get("serviceAccountToken")) is not None:
            writer.write(2, f"TokenExpirationSeconds:\t{token.get('expirationSeconds') or 0}\n")


def _write_projection(writer: PrefixWriter, title: str, source: Json) -> None:
    writer.write(2, f"{title}:\t{_text(source.get('name'))}\n    Optional:\t{_flag(source.get('optional'))}\n")


def _write_attributes(writer: PrefixWriter, csi: Json) -> None:
    """``printCSIPersistentVolumeAttributesMultiline``."""
    attributes = csi.get("volumeAttributes") or {}
    writer.write(2, "VolumeAttributes:\t")
    if not attributes:
        writer.write_line("<none>")
    for number, key in enumerate(sorted(attributes)):
        if number:
            writer.write(2, "")
            writer.write(2, "\t")
        writer.write(2, f"{shorten(f'{key}={attributes[key]}', MAX_ANNOTATION_LENGTH)}\n")


def _write_claim_template(writer: PrefixWriter, ephemeral: Json) -> None:
    """``printPersistentVolumeClaim`` of a template; it asks for access modes and capacity that a claim would have."""
    template = ephemeral.get("volumeClaimTemplate")
    if template is None:
        return
    nested = NestedPrefixWriter(writer, 2)
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    annotations = metadata.get("annotations") or {}
    storage_class = annotations.get(_CLASS_ANNOTATION, spec.get("storageClassName") or "")
    nested.write(0, f"StorageClass:\t{storage_class}\n")
    nested.write(0, f"Volume:\t{spec.get('volumeName') or ''}\n")
    write_labels(nested, "Labels", metadata.get("labels"))
    write_annotations(nested, "Annotations", annotations)
    nested.write(0, f"Capacity:\t{'0' if spec.get('volumeName') else ''}\n")
    nested.write(0, "Access Modes:\t\n")
    if spec.get("volumeMode") is not None:
        nested.write(0, f"VolumeMode:\t{spec['volumeMode']}\n")
    source = spec.get("dataSource")
    if source is None:
        return
    nested.write(0, "DataSource:\n")
    if source.get("apiGroup") is not None:
        nested.write(1, f"APIGroup:\t{source['apiGroup']}\n")
    nested.write(1, f"Kind:\t{source.get('kind') or ''}\n")
    nested.write(1, f"Name:\t{source.get('name') or ''}\n")


_MORE: Mapping[str, Callable[[PrefixWriter, Json], None]] = {
    "csi": _write_attributes,
    "downwardAPI": _write_items,
    "ephemeral": _write_claim_template,
    "projected": _write_projections,
}
