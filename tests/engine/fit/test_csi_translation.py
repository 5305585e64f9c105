"""In-tree volumes as their CSI drivers see them; rows from csi-translation-lib's own tables."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.fit.csi_translation import (
    CsiVolume,
    TranslationError,
    driver_of_provisioner,
    inline_volume,
    is_inline_migratable,
    node_affinity_on,
    persistent_volume,
)
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.pod import Volume
from kubectl_ds.model.storage import CSINode, PersistentVolume
from tests.engine.fit.cells import ZONE
from tests.engine.fit.volumes import csi_node, volume

Object = dict[str, Any]

REGION = "topology.kubernetes.io/region"
BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
BETA_REGION = "failure-domain.beta.kubernetes.io/region"
GCE: Object = {"gcePersistentDisk": {"pdName": "d"}}
ON_NODE = from_builtins(CSINode, csi_node(migrated=("kubernetes.io/gce-pd", "kubernetes.io/cinder")))


def requirement(key: str, *values: str) -> Object:
    """One requirement on a label."""
    return {"key": key, "operator": "In", "values": list(values)}


def affinity(*requirements: Object) -> Object:
    """The node affinity of a volume, of one term."""
    return {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": list(requirements)}]}}}


def value(plain: Object) -> PersistentVolume:
    """A volume."""
    return from_builtins(PersistentVolume, plain)


def translated(plain: Object, node: CSINode | None = ON_NODE) -> list[tuple[str, tuple[str, ...]]] | None:
    """The requirements of the translated volume's one term; None without any affinity."""
    required = node_affinity_on(value(plain), node)
    if required is None:
        return None
    (only,) = required.node_selector_terms
    return [(each.key, each.values) for each in only.match_expressions]


GCE_ZONES = [
    ("no zone", {}, "projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d"),
    ("a zone", {ZONE: "us-east1-a"}, "projects/UNSPECIFIED/zones/us-east1-a/disks/d"),
    (
        "an old label wins",
        {ZONE: "us-east1-a", BETA_ZONE: "us-west1-a"},
        "projects/UNSPECIFIED/zones/us-west1-a/disks/d",
    ),
    ("two zones of a region", {ZONE: "us-east1-a__us-east1-b"}, "projects/UNSPECIFIED/regions/us-east1/disks/d"),
    ("zones of two regions", {ZONE: "us-east1-a__us-west1-b"}, None),
    ("zones that are none", {ZONE: "east__west"}, None),
]


@pytest.mark.parametrize(("case", "labels", "handle"), GCE_ZONES, ids=[row[0] for row in GCE_ZONES])
def test_the_handle_of_a_gce_disk_tells_its_zone_or_region(case: str, labels: Object, handle: str | None) -> None:
    found = persistent_volume(value(volume(labels=labels, **GCE)), ON_NODE)
    assert found == (CsiVolume(driver="pd.csi.storage.gke.io", handle=handle) if handle else None)


EBS = [
    ("vol-1234", "vol-1234"),
    ("anything", "anything"),
    ("aws://us-east-1a/vol-1234", "vol-1234"),
    ("aws:///vol-1234", "vol-1234"),
]


@pytest.mark.parametrize(("volume_id", "handle"), EBS)
def test_the_handle_of_an_ebs_volume_is_the_bare_id(volume_id: str, handle: str) -> None:
    source: Object = {"awsElasticBlockStore": {"volumeID": volume_id}}
    expected = CsiVolume(driver="ebs.csi.aws.com", handle=handle)
    assert inline_volume(from_builtins(Volume, source), ON_NODE) == expected
    assert persistent_volume(value(volume(**source)), ON_NODE) == expected


BROKEN: list[tuple[str, Object]] = [
    ("kubernetes.io/aws-ebs", {"awsElasticBlockStore": {"volumeID": "aws://us-east-1a/other"}}),
    ("kubernetes.io/aws-ebs", {"awsElasticBlockStore": {"volumeID": "aws://us-east-1a/vol-1/x"}}),
    ("kubernetes.io/azure-disk", {"azureDisk": {"diskURI": "/d", "kind": "Shared"}}),
]


@pytest.mark.parametrize(("plugin", "source"), BROKEN)
def test_what_cannot_be_translated_is_an_error_where_it_must_be_and_else_not_csi(plugin: str, source: Object) -> None:
    with pytest.raises(TranslationError):
        inline_volume(from_builtins(Volume, source), ON_NODE)
    assert persistent_volume(value(volume(**source)), ON_NODE) is None
    assert node_affinity_on(value(volume(**source)), ON_NODE) is None
    with pytest.raises(TranslationError):
        node_affinity_on(value(volume(**source)), from_builtins(CSINode, csi_node(migrated=(plugin,))))


def test_managed_azure_disks_are_taken_over_by_their_uri() -> None:
    source: Object = {"azureDisk": {"diskURI": "/d", "kind": "managed"}}
    expected = CsiVolume(driver="disk.csi.azure.com", handle="/d")
    assert inline_volume(from_builtins(Volume, source), ON_NODE) == expected
    assert persistent_volume(value(volume(**source)), ON_NODE) == expected


def test_nothing_is_migrated_on_a_node_without_a_csi_node() -> None:
    assert persistent_volume(value(volume(**GCE)), None) is None
    assert inline_volume(from_builtins(Volume, GCE), None) is None
    assert driver_of_provisioner("kubernetes.io/gce-pd", None) == ""
    assert driver_of_provisioner("csi.example.com", None) == "csi.example.com"


def test_plain_volumes_are_not_the_business_of_csi() -> None:
    assert persistent_volume(value(volume(hostPath={"path": "/x"})), ON_NODE) is None
    assert not is_inline_migratable(from_builtins(Volume, {"hostPath": {"path": "/x"}}))
    assert inline_volume(from_builtins(Volume, {"hostPath": {"path": "/x"}}), ON_NODE) is None


def test_a_csi_volume_stays_what_it_is() -> None:
    found = persistent_volume(value(volume(csi={"driver": "d", "volumeHandle": "h"})), None)
    assert found == CsiVolume(driver="d", handle="h")


TOPOLOGY = [
    ("zone in the affinity", affinity(requirement(ZONE, "z1")), {}, [("topology.gke.io/zone", ("z1",))]),
    ("old zone in the affinity", affinity(requirement(BETA_ZONE, "z1")), {}, [("topology.gke.io/zone", ("z1",))]),
    (
        "zone in the labels",
        {},
        {ZONE: "us-east1-b__us-east1-a"},
        [("topology.gke.io/zone", ("us-east1-a", "us-east1-b"))],
    ),
    ("affinity before labels", affinity(requirement(ZONE, "z1")), {ZONE: "z2"}, [("topology.gke.io/zone", ("z1",))]),
    (
        "other requirements stay",
        affinity(requirement("disk", "ssd")),
        {ZONE: "z1"},
        [("disk", ("ssd",)), ("topology.gke.io/zone", ("z1",))],
    ),
    (
        "an old region becomes a new one",
        affinity(requirement(BETA_ZONE, "z1"), requirement(BETA_REGION, "r1")),
        {},
        [("topology.gke.io/zone", ("z1",)), (REGION, ("r1",))],
    ),
    ("nothing known", {}, {}, None),
    ("a label without a zone in it", {}, {ZONE: ""}, None),
]


@pytest.mark.parametrize(("case", "spec", "labels", "expected"), TOPOLOGY, ids=[row[0] for row in TOPOLOGY])
def test_the_topology_is_told_in_the_drivers_own_label(
    case: str, spec: Object, labels: Object, expected: list[tuple[str, tuple[str, ...]]] | None
) -> None:
    assert translated(volume(labels=labels, **spec, **GCE)) == expected


def test_the_topology_stays_on_nodes_that_have_not_migrated_the_plugin() -> None:
    held = volume(**affinity(requirement(ZONE, "z1")), **GCE)
    assert translated(held, None) == [(ZONE, ("z1",))]
    assert translated(held, from_builtins(CSINode, csi_node())) == [(ZONE, ("z1",))]
    assert translated(held, from_builtins(CSINode, csi_node(migrated=("kubernetes.io/aws-ebs",)))) == [(ZONE, ("z1",))]


def test_azure_disks_keep_their_topology() -> None:
    azure = from_builtins(CSINode, csi_node(migrated=("kubernetes.io/azure-disk",)))
    held = volume(**affinity(requirement(ZONE, "z1")), azureDisk={"diskURI": "/d"})
    assert translated(held, azure) == [(ZONE, ("z1",))]
