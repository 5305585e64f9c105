"""Disks and claims that only one pod may use; rows from upstream's TestGCEDiskConflicts, TestAWSDiskConflicts,
TestRBDDiskConflicts, TestISCSIDiskConflicts and TestAccessModeConflicts.
"""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import VolumeEvidence
from tests.engine.fit.cells import codes, node, pod, preemption, refusals, victims
from tests.engine.fit.volumes import claim, uses, volume

Object = dict[str, Any]


def gce(name: str, read_only: bool = False) -> Object:
    """A GCE disk."""
    return {"gcePersistentDisk": {"pdName": name, "readOnly": read_only}}


def ebs(name: str, read_only: bool = False) -> Object:
    """An EBS volume."""
    return {"awsElasticBlockStore": {"volumeID": name, "readOnly": read_only}}


def iscsi(name: str, read_only: bool = False, portal: str = "1.1.1.1") -> Object:
    """An iSCSI target."""
    return {"iscsi": {"targetPortal": portal, "iqn": name, "readOnly": read_only}}


def rbd(image: str, read_only: bool = False, monitors: tuple[str, ...] = ("a", "b"), pool: str = "rbd") -> Object:
    """A Ceph image."""
    return {"rbd": {"monitors": list(monitors), "pool": pool, "image": image, "readOnly": read_only}}


CONFLICTS = [
    ("same GCE disk", gce("d"), gce("d"), True),
    ("both read-only", gce("d", True), gce("d", True), False),
    ("one read-only", gce("d", True), gce("d"), True),
    ("other GCE disk", gce("d"), gce("e"), False),
    ("same EBS volume", ebs("v"), ebs("v"), True),
    ("EBS is never shared", ebs("v", True), ebs("v", True), True),
    ("other EBS volume", ebs("v"), ebs("w"), False),
    ("same iSCSI target through another portal", iscsi("q"), iscsi("q", portal="2.2.2.2"), True),
    ("both read-only iSCSI", iscsi("q", True), iscsi("q", True), False),
    ("same Ceph image, one monitor shared", rbd("i"), rbd("i", monitors=("b", "c")), True),
    ("no monitor shared", rbd("i"), rbd("i", monitors=("c", "d")), False),
    ("other pool", rbd("i"), rbd("i", pool="other"), False),
    ("other pool wanted", rbd("i", pool="other"), rbd("i"), False),
    ("no pool is the pool rbd", rbd("i", pool=""), rbd("i"), True),
    ("the pool rbd is no pool", rbd("i"), rbd("i", pool=""), True),
    ("other image", rbd("i"), rbd("j"), False),
    ("both read-only Ceph", rbd("i", True), rbd("i", True), False),
    ("different kinds", gce("x"), ebs("x"), False),
    ("hostPath is nobody's", {"hostPath": {"path": "/x"}}, {"hostPath": {"path": "/x"}}, False),
]


@pytest.mark.parametrize(("case", "wanted", "held", "clash"), CONFLICTS, ids=[row[0] for row in CONFLICTS])
def test_a_disk_in_use_on_the_node_refuses_unless_all_mounts_are_read_only(
    case: str, wanted: Object, held: Object, clash: bool
) -> None:
    asked = pod(volumes=[{"name": "v"} | wanted])
    holder = pod("holder", "n1", volumes=[{"name": "v"} | held])
    assert codes(asked, node(), holder) == (["VolumeRestrictions"] if clash else [])
    assert codes(asked, node(), node("n2"), pod("holder", "n2", volumes=[{"name": "v"} | held])) == []


def test_the_disk_and_its_holder_are_named() -> None:
    disks = [{"name": "a"} | gce("d"), {"name": "b"} | rbd("i")]
    found = refusals(pod(volumes=disks), node(), pod("x", "n1", volumes=disks))
    assert [each.cause.evidence for each in found] == [
        VolumeEvidence(volume="d", problem="diskInUse", holder="ns/x"),
        VolumeEvidence(volume="rbd/i", problem="diskInUse", holder="ns/x"),
    ]
    assert not any(each.unresolvable for each in found)


ONE_POD = (claim(volume="pv", modes=("ReadWriteOncePod",)), volume(accessModes=["ReadWriteOncePod"]))


def test_a_claim_for_one_pod_in_use_anywhere_refuses_every_node() -> None:
    asked = pod(volumes=uses("data"))
    holder = pod("holder", "n2", volumes=uses("data"))
    found = refusals(asked, node(), node("n2"), *ONE_POD, holder)
    expected = VolumeEvidence(
        claim="data", access_mode="ReadWriteOncePod", problem="readWriteOncePod", holder="ns/holder"
    )
    assert [each.cause.evidence for each in found] == [expected]
    assert not found[0].unresolvable and not found[0].pre_filter
    assert codes(asked, node(), *ONE_POD) == []


def test_an_ordinary_claim_may_be_shared() -> None:
    shared = (claim(volume="pv"), volume())
    assert codes(pod(volumes=uses("data")), node(), *shared, pod("other", "n1", volumes=uses("data"))) == []


def test_pods_that_are_over_or_on_no_node_do_not_use_the_claim() -> None:
    over = pod("over", "n1", volumes=uses("data"), status={"phase": "Succeeded"})
    waiting = pod("waiting", volumes=uses("data"))
    lost = pod("lost", "gone", volumes=uses("data"))
    assert codes(pod(volumes=uses("data")), node(), *ONE_POD, over, waiting, lost) == []


def test_evicting_the_user_on_this_node_frees_the_claim() -> None:
    asked = pod(volumes=uses("data"), priority=10)
    assert victims(asked, node(), *ONE_POD, pod("holder", "n1", volumes=uses("data"))) == {"holder"}


def test_evicting_here_does_not_free_a_claim_used_elsewhere() -> None:
    asked = pod(volumes=uses("data"), priority=10)
    cluster = (node(), node("n2"), *ONE_POD, pod("holder", "n2", volumes=uses("data")), pod("bystander", "n1"))
    assert preemption(asked, *cluster).reason == "stillShort"


def test_a_claim_of_the_same_name_in_another_namespace_seems_to_be_freed() -> None:
    """Upstream compares names alone (``conflictingPVCRefCountForPod``)."""
    asked = pod(volumes=uses("data"), priority=10)
    namesake = pod("namesake", "n1", namespace="other", volumes=uses("data"))
    cluster = (node(), node("n2"), *ONE_POD, pod("holder", "n2", volumes=uses("data")), namesake)
    assert [victim.name for victim in preemption(asked, *cluster).victims] == ["namesake"]


def test_two_users_of_one_claim_count_as_one() -> None:
    """Upstream counts claims in use, not their users (``calPreFilterState``), so evicting one of them seems enough."""
    asked = pod(volumes=uses("data"), priority=10)
    users = (pod("low", "n1", volumes=uses("data")), pod("high", "n1", volumes=uses("data"), priority=20))
    assert victims(asked, node(), *ONE_POD, *users) == {"low"}


def test_unread_pods_leave_open_who_uses_a_claim() -> None:
    found = refusals(pod(volumes=uses("data")), node(), *ONE_POD, denied=("pods",))
    assert ("VolumeRestrictions", True) in [(each.cause.code, each.unknown) for each in found]
    plain = refusals(pod(volumes=uses("data")), node(), claim(volume="pv"), volume(), denied=("pods",))
    assert "VolumeRestrictions" not in [each.cause.code for each in plain]
