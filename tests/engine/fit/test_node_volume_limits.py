"""How many volumes a node attaches; rows from upstream's TestCSILimits."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import VolumeEvidence, VolumeLimitEvidence
from tests.engine.fit.cells import codes, node, pod, refusals, victims
from tests.engine.fit.volumes import (
    attachment,
    claim,
    csi,
    csi_node,
    driver,
    ephemeral,
    owned_by,
    storage_class,
    uses,
    volume,
)

Object = dict[str, Any]


def bound(name: str, driver_name: str = "csi.example.com", handle: str | None = None) -> tuple[Object, Object]:
    """A claim bound to a CSI volume of the same name."""
    return claim(name, volume=name), volume(name, **csi(handle or name, driver_name))


def test_the_figures_of_a_full_node() -> None:
    cluster = (node(), csi_node({"csi.example.com": 2}), *bound("a"), *bound("b"), *bound("c"))
    held = (pod("x", "n1", volumes=uses("a")), pod("y", "n1", volumes=uses("b")))
    found = refusals(pod(volumes=uses("c")), *cluster, *held)
    assert [each.cause.evidence for each in found] == [
        VolumeLimitEvidence(driver="csi.example.com", requested=1, used=2, limit=2)
    ]
    assert not found[0].unresolvable
    assert codes(pod(volumes=uses("c")), *cluster, held[0]) == []


def test_a_volume_that_is_on_the_node_already_is_not_attached_twice() -> None:
    cluster = (node(), csi_node({"csi.example.com": 1}), *bound("a"))
    assert codes(pod(volumes=uses("a")), *cluster, pod("x", "n1", volumes=uses("a"))) == []


def test_two_claims_on_one_handle_are_one_volume() -> None:
    cluster = (node(), csi_node({"csi.example.com": 1}), *bound("a", handle="h"), *bound("b", handle="h"))
    assert codes(pod(volumes=uses("a", "b")), *cluster) == []


def test_drivers_are_counted_apart() -> None:
    cluster = (
        node(),
        csi_node({"csi.example.com": 1, "other.example.com": 1}),
        *bound("a"),
        *bound("b", "other.example.com"),
    )
    assert codes(pod(volumes=uses("a", "b")), *cluster) == []
    found = refusals(pod(volumes=uses("a", "b")), *cluster, *bound("c"), pod("x", "n1", volumes=uses("c")))
    assert [each.cause.evidence.driver for each in found] == ["csi.example.com"]  # type: ignore[union-attr]


def test_a_driver_without_a_limit_attaches_without_end() -> None:
    cluster = (node(), csi_node(installed=("csi.example.com",)), *bound("a"))
    assert codes(pod(volumes=uses("a")), *cluster) == []
    assert codes(pod(volumes=uses("a")), node(), *bound("a")) == []


def test_volumes_attached_without_a_pod_count_too_and_even_the_pods_own() -> None:
    cluster = (node(), csi_node({"csi.example.com": 1}), *bound("a"), *bound("b"))
    assert codes(pod(volumes=uses("a")), *cluster, attachment("b")) == ["NodeVolumeLimits"]
    assert codes(pod(volumes=uses("a")), *cluster, attachment("b", "n2")) == []
    assert codes(pod(volumes=uses("a")), *cluster, attachment("a")) == ["NodeVolumeLimits"]


def test_an_attached_volume_of_a_pod_on_the_node_counts_once() -> None:
    cluster = (node(), csi_node({"csi.example.com": 2}), *bound("a"), *bound("b"), attachment("b"))
    assert codes(pod(volumes=uses("a")), *cluster, pod("x", "n1", volumes=uses("b"))) == []


def test_a_claim_that_its_class_has_yet_to_fill_counts_for_the_provisioner() -> None:
    cluster = (node(), csi_node({"csi.example.com": 1}), claim("a", storage_class="late"), storage_class("late"))
    assert codes(pod(volumes=uses("a")), *cluster) == []
    full = (*cluster, *bound("b"), pod("x", "n1", volumes=uses("b")))
    assert codes(pod(volumes=uses("a")), *full) == ["NodeVolumeLimits"]


def test_volumes_that_are_not_csi_do_not_count() -> None:
    cluster = (
        node(),
        csi_node({"csi.example.com": 0}),
        claim("a", volume="a"),
        volume("a", nfs={"server": "s", "path": "/"}),
    )
    assert codes(pod(volumes=uses("a")), *cluster) == []


def test_a_claim_of_a_pod_on_the_node_that_is_missing_does_not_count() -> None:
    cluster = (node(), csi_node({"csi.example.com": 1}), *bound("a"))
    assert codes(pod(volumes=uses("a")), *cluster, pod("x", "n1", volumes=uses("gone"))) == []


GCE: Object = {"gcePersistentDisk": {"pdName": "d"}}
MIGRATED = [
    ("a GCE disk", GCE, "pd.csi.storage.gke.io"),
    ("an EBS volume", {"awsElasticBlockStore": {"volumeID": "aws://us-east-1a/vol-1"}}, "ebs.csi.aws.com"),
    ("an Azure disk", {"azureDisk": {"diskURI": "/d", "diskName": "d"}}, "disk.csi.azure.com"),
    ("a Cinder volume", {"cinder": {"volumeID": "v"}}, "cinder.csi.openstack.org"),
    ("a Portworx volume", {"portworxVolume": {"volumeID": "v"}}, "pxd.portworx.com"),
]


@pytest.mark.parametrize(("case", "source", "limit"), MIGRATED, ids=[row[0] for row in MIGRATED])
def test_in_tree_disks_count_for_the_driver_that_has_taken_them_over(case: str, source: Object, limit: str) -> None:
    inline = pod(volumes=[{"name": "v"} | source])
    assert codes(inline, node(), csi_node({limit: 0})) == ["NodeVolumeLimits"]
    assert codes(inline, node(), csi_node({limit: 1})) == []
    assert codes(inline, node()) == []
    claimed = (claim("a", volume="a"), volume("a", **source))
    assert codes(pod(volumes=uses("a")), node(), *claimed, csi_node({limit: 0})) == ["NodeVolumeLimits"]


def test_a_disk_that_its_driver_cannot_take_over_ends_in_an_error_for_the_pod_and_for_its_neighbours() -> None:
    broken = [{"name": "v", "awsElasticBlockStore": {"volumeID": "aws://zone/other"}}]
    found = refusals(pod(volumes=broken), node(), csi_node())
    assert [each.cause.evidence for each in found] == [VolumeEvidence(volume="v", problem="untranslatable")]
    assert found[0].unresolvable
    cluster = (node(), csi_node({"csi.example.com": 5}), *bound("a"), pod("x", "n1", volumes=broken))
    assert codes(pod(volumes=uses("a")), *cluster) == ["NodeVolumeLimits"]


def test_a_class_of_an_in_tree_provisioner_counts_for_its_driver() -> None:
    waiting = (claim("a", storage_class="gce"), storage_class("gce", provisioner="kubernetes.io/gce-pd"))
    assert codes(pod(volumes=uses("a")), node(), *waiting, csi_node({"pd.csi.storage.gke.io": 0})) == [
        "NodeVolumeLimits"
    ]
    unmoved = (claim("a", storage_class="v"), storage_class("v", provisioner="kubernetes.io/vsphere-volume"))
    assert codes(pod(volumes=uses("a")), node(), *unmoved, csi_node({"csi.vsphere.vmware.com": 0})) == []


def test_an_ephemeral_claim_of_a_pod_on_the_node_that_is_anothers_is_an_error() -> None:
    cluster = (node(), csi_node({"csi.example.com": 5}), *bound("a"), storage_class("late"))
    stolen = claim("x-scratch", storage_class="late", metadata=owned_by("somebody"))
    found = refusals(pod(volumes=uses("a")), *cluster, stolen, pod("x", "n1", volumes=ephemeral("late")))
    assert [each.cause.evidence for each in found] == [VolumeEvidence(claim="x-scratch", problem="foreignClaim")]
    assert found[0].unresolvable


def test_a_driver_may_demand_to_be_installed_since_1_37() -> None:
    cluster = (node(), *bound("a"), driver(preventPodSchedulingIfMissing=True))
    asked = pod(volumes=uses("a"))
    found = refusals(asked, *cluster)
    assert [each.cause.evidence for each in found] == [
        VolumeEvidence(volume="csi.example.com", problem="missingDriver")
    ]
    assert not found[0].unresolvable
    assert codes(asked, *cluster, csi_node(installed=("csi.example.com",))) == []
    assert codes(asked, *cluster, version="v1.36.3") == []
    assert codes(asked, node(), *bound("a"), driver()) == []


def test_evicting_a_pod_with_volumes_makes_room_for_others() -> None:
    cluster = (node(), csi_node({"csi.example.com": 1}), *bound("a"), *bound("b"))
    asked = pod(volumes=uses("b"), priority=10)
    assert victims(asked, *cluster, pod("x", "n1", volumes=uses("a")), pod("y", "n1")) == {"x"}


@pytest.mark.parametrize(
    "resource", ["csinodes", "persistentvolumes", "storageclasses", "volumeattachments", "csidrivers", "pods"]
)
def test_what_could_not_be_read_leaves_the_count_open_for_pods_with_volumes_alone(resource: str) -> None:
    cluster = (node(), csi_node({"csi.example.com": 5}), *bound("a"))
    found = refusals(pod(volumes=uses("a")), *cluster, denied=(resource,))
    assert ("NodeVolumeLimits", True) in [(each.cause.code, each.unknown) for each in found]
    plain = refusals(pod(), *cluster, denied=(resource,))
    assert "NodeVolumeLimits" not in [each.cause.code for each in plain]
