"""Claims, bound and waiting; rows from upstream's TestVolumeBinding and TestFindPodVolumes*."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import UnknownEvidence, VolumeEvidence
from tests.engine.fit.cells import HOSTNAME, ZONE, codes, node, pod, refusals
from tests.engine.fit.volumes import (
    BIND_COMPLETED,
    LATE,
    claim,
    csi_node,
    driver,
    ephemeral,
    owned_by,
    storage_class,
    uses,
    volume,
)

Object = dict[str, Any]

NO_PROVISIONER = "kubernetes.io/no-provisioner"
STATIC = storage_class("static", provisioner=NO_PROVISIONER)
SELECTED = {"volume.kubernetes.io/selected-node": "n1"}


def problems(asked: Object, *others: Object, on: str = "n1", denied: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with which claim, first refusal first."""
    found = refusals(asked, node(), *others, on=on, denied=denied)
    return [each.cause.evidence.problem for each in found if isinstance(each.cause.evidence, VolumeEvidence)]


def test_a_missing_claim_refuses_every_node_under_volume_binding() -> None:
    found = refusals(pod(volumes=uses("data")), node())
    assert [(each.cause.code, each.pre_filter, each.unresolvable) for each in found] == [("VolumeBinding", True, True)]
    assert found[0].cause.evidence == VolumeEvidence(claim="data", problem="missingClaim")


def test_a_claim_of_another_namespace_is_missing() -> None:
    foreign = claim(metadata={"namespace": "other"})
    assert problems(pod(volumes=uses("data")), foreign) == ["missingClaim"]


BEFORE_ANY_NODE = [
    ("lost", claim(volume="pv", phase="Lost"), "lostClaim"),
    (
        "being deleted",
        claim(volume="pv", metadata={"annotations": BIND_COMPLETED, "deletionTimestamp": "2026-11-23T12:00:00Z"}),
        "claimTerminating",
    ),
    ("unbound without a class", claim(), "unboundImmediate"),
    ("unbound, its class binds at once", claim(storage_class="now"), "unboundImmediate"),
    ("unbound, its class is missing", claim(storage_class="gone"), "missingClass"),
    ("names a volume, binding not complete", claim(volume="pv", metadata={"annotations": {}}), "unboundImmediate"),
    (
        "names a volume although its class binds late",
        claim(volume="pv", storage_class="static", metadata={"annotations": {}}),
        "unboundImmediate",
    ),
]


@pytest.mark.parametrize(("case", "held", "problem"), BEFORE_ANY_NODE, ids=[row[0] for row in BEFORE_ANY_NODE])
def test_a_claim_that_is_not_as_it_should_be_refuses_before_any_node(case: str, held: Object, problem: str) -> None:
    asked = pod(volumes=uses("data"))
    found = refusals(asked, node(), held, volume(), STATIC, storage_class("now", "Immediate"))
    assert [each.cause.evidence.problem for each in found] == [problem]  # type: ignore[union-attr]
    assert found[0].pre_filter and found[0].unresolvable


def test_every_claim_at_fault_is_told() -> None:
    asked = pod(volumes=uses("a", "b", "c"))
    others = (claim("a", volume="pv", phase="Lost"), claim("b", volume="pv"), claim("c", volume="pv", phase="Lost"))
    assert problems(asked, *others, volume()) == ["lostClaim", "lostClaim"]


def test_a_bound_volume_must_be_usable_from_the_node() -> None:
    asked = pod(volumes=uses("data"))
    pinned = (claim(volume="pv"), volume(nodes=("n2",)))
    found = refusals(asked, node(), *pinned)
    assert [each.cause.evidence for each in found] == [
        VolumeEvidence(claim="data", volume="pv", bound_to=f"{HOSTNAME} in (n2)", problem="nodeAffinity")
    ]
    assert found[0].unresolvable and not found[0].pre_filter
    assert codes(asked, node("n2"), *pinned, on="n2") == []


def test_a_volume_without_affinity_is_usable_everywhere() -> None:
    assert codes(pod(volumes=uses("data")), node(), claim(volume="pv"), volume()) == []


def test_fields_in_a_volumes_affinity_are_not_looked_at() -> None:
    by_name = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}
    held = volume(nodeAffinity={"required": {"nodeSelectorTerms": [by_name]}})
    assert codes(pod(volumes=uses("data")), node(), claim(volume="pv"), held) == []


def test_a_claim_bound_to_a_volume_that_is_gone_refuses_before_any_node() -> None:
    found = refusals(pod(volumes=uses("data")), node(), claim(volume="gone"))
    evidence = VolumeEvidence(claim="data", volume="gone", problem="missingVolume")
    assert found[0].cause.evidence == evidence
    assert found[0].cause.code == "VolumeBinding" and found[0].pre_filter


MATCHING: list[tuple[str, Object, Object, bool]] = [
    ("suits", {}, {}, True),
    ("too small", {"storage": "2Gi"}, {}, False),
    ("larger is fine", {}, {"storage": "5Gi"}, True),
    ("pinned elsewhere", {}, {"nodes": ("n2",)}, False),
    ("pinned here", {}, {"nodes": ("n1",)}, True),
    ("released", {}, {"phase": "Released"}, False),
    ("other class", {}, {"storage_class": "other"}, False),
    ("other mode", {"volumeMode": "Block"}, {}, False),
    ("same mode", {"volumeMode": "Block"}, {"volumeMode": "Block"}, True),
    ("other access mode", {"modes": ("ReadWriteMany",)}, {}, False),
    ("all access modes", {"modes": ("ReadWriteOnce", "ReadWriteMany")}, {}, False),
    ("being deleted", {}, {"metadata": {"deletionTimestamp": "2026-11-23T12:00:00Z"}}, False),
    ("labels wanted", {"selector": {"matchLabels": {"tier": "gold"}}}, {}, False),
    ("labels found", {"selector": {"matchLabels": {"tier": "gold"}}}, {"labels": {"tier": "gold"}}, True),
    ("a selector that does not parse", {"selector": {"matchExpressions": [{"key": "a", "operator": "?"}]}}, {}, False),
    ("other attributes", {"volumeAttributesClassName": "fast"}, {}, False),
    ("reserved for another", {}, {"claimRef": {"namespace": "ns", "name": "other"}}, False),
    ("reserved for this one", {}, {"claimRef": {"namespace": "ns", "name": "data"}, "phase": "Released"}, True),
    ("reserved for one of this name before", {}, {"claimRef": {"namespace": "ns", "name": "data", "uid": "x"}}, False),
    ("reserved, but pinned elsewhere", {}, {"claimRef": {"namespace": "ns", "name": "data"}, "nodes": ("n2",)}, False),
]


@pytest.mark.parametrize(("case", "wanted", "offered", "fits"), MATCHING, ids=[row[0] for row in MATCHING])
def test_a_claim_that_waits_takes_a_volume_that_suits_it(
    case: str, wanted: Object, offered: Object, fits: bool
) -> None:
    waiting = claim(storage_class="static", **wanted)
    held: Object = {"storage_class": "static"} | offered
    asked = pod(volumes=uses("data"))
    assert problems(asked, waiting, volume(**held), STATIC) == ([] if fits else ["noMatchingVolume"])


def test_two_claims_cannot_have_the_same_volume() -> None:
    asked = pod(volumes=uses("a", "b"))
    waiting = (claim("a", storage_class="static"), claim("b", storage_class="static"))
    assert problems(asked, *waiting, volume(storage_class="static"), STATIC) == ["noMatchingVolume"]
    two = (volume("pv1", "static"), volume("pv2", "static"))
    assert problems(asked, *waiting, *two, STATIC) == []


def test_the_smaller_claim_takes_the_smaller_volume() -> None:
    asked = pod(volumes=uses("large", "small"))
    waiting = (claim("large", storage_class="static", storage="3Gi"), claim("small", storage_class="static"))
    offered = (volume("pv1", "static", storage="5Gi"), volume("pv2", "static", storage="2Gi"))
    assert problems(asked, *waiting, *offered, STATIC) == []


def test_a_claim_that_can_be_provisioned_refuses_no_node() -> None:
    assert problems(pod(volumes=uses("data")), claim(storage_class="late"), storage_class("late")) == []


def test_a_class_provisions_only_in_its_topologies() -> None:
    zones = {"matchLabelExpressions": [{"key": ZONE, "values": ["z1"]}]}
    limited = storage_class("late", allowedTopologies=[zones])
    asked = pod(volumes=uses("data"))
    waiting = claim(storage_class="late")
    assert problems(asked, waiting, limited) == ["noTopology"]
    assert codes(asked, node("z", {ZONE: "z1"}), waiting, limited, on="z") == []
    assert problems(asked, waiting, storage_class("late", allowedTopologies=[{}])) == ["noTopology"]


def test_a_claim_being_provisioned_for_another_node_keeps_the_pod_to_that_node() -> None:
    waiting = claim(storage_class="late", metadata={"annotations": SELECTED})
    asked = pod(volumes=uses("data"))
    assert problems(asked, waiting, storage_class("late")) == []
    assert problems(asked, node("n2"), waiting, storage_class("late"), on="n2") == ["otherNode"]


def test_the_older_class_annotations_win() -> None:
    annotated = {"annotations": {"volume.beta.kubernetes.io/storage-class": "static"}}
    asked = pod(volumes=uses("data"))
    offered = volume(storage_class="other", metadata=annotated)
    assert problems(asked, claim(storage_class="other", metadata=annotated), offered, STATIC) == []


def test_a_driver_that_publishes_its_room_leaves_the_answer_open() -> None:
    asked = pod(volumes=uses("data"))
    found = refusals(asked, node(), claim(storage_class="late"), storage_class("late"), driver(storageCapacity=True))
    assert [each.unknown for each in found] == [True]
    assert found[0].cause.evidence == UnknownEvidence(resource="csistoragecapacities", error="not read")


def test_a_volume_of_a_migrated_plugin_is_judged_by_the_drivers_labels() -> None:
    zone = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": ["z1"]}]}
    disk = volume(
        gcePersistentDisk={"pdName": "d"}, nodeAffinity={"required": {"nodeSelectorTerms": [zone]}}, labels={ZONE: "z1"}
    )
    asked = pod(volumes=uses("data"))
    here = node("n1", {ZONE: "z1"})
    assert codes(asked, here, claim(volume="pv"), disk) == []
    migrated = csi_node(migrated=("kubernetes.io/gce-pd",))
    assert codes(asked, here, claim(volume="pv"), disk, migrated) == ["VolumeBinding"]
    labelled = node("n1", {ZONE: "z1", "topology.gke.io/zone": "z1"})
    assert codes(asked, labelled, claim(volume="pv"), disk, migrated) == []


def test_a_volume_that_its_driver_cannot_take_over_ends_in_an_error() -> None:
    disk = volume(gcePersistentDisk={"pdName": "d"}, labels={ZONE: "z1__z2"})
    asked = pod(volumes=uses("data"))
    assert problems(asked, claim(volume="pv"), disk) == []
    assert problems(asked, claim(volume="pv"), disk, csi_node(migrated=("kubernetes.io/gce-pd",))) == ["untranslatable"]


class TestEphemeral:
    """Claims made for one pod."""

    def test_the_claim_of_a_live_pod_is_missing_until_its_controller_made_it(self) -> None:
        found = refusals(pod("p", volumes=ephemeral("late")), node(), storage_class("late"))
        assert found[0].cause.evidence == VolumeEvidence(claim="p-scratch", problem="missingClaim")

    def test_a_claim_of_that_name_must_belong_to_the_pod(self) -> None:
        asked = pod("p", volumes=ephemeral("late"))
        own = claim("p-scratch", storage_class="late", metadata=owned_by("p"))
        other = claim("p-scratch", storage_class="late", metadata=owned_by("q"))
        assert problems(asked, own, storage_class("late")) == []
        assert problems(asked, other, storage_class("late")) == ["foreignClaim"]

    def test_the_volume_of_an_ephemeral_claim_that_is_gone_is_found_out_on_the_node(self) -> None:
        own = claim("p-scratch", volume="gone", metadata=owned_by("p") | {"annotations": BIND_COMPLETED})
        found = refusals(pod("p", volumes=ephemeral("late")), node(), own)
        assert [(each.cause.evidence.problem, each.pre_filter) for each in found] == [("missingVolume", False)]  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("wanted", "classes", "problem"),
        [
            ("late", (storage_class("late"),), []),
            ("static", (STATIC,), ["noMatchingVolume"]),
            ("gone", (), ["missingClass"]),
            (
                None,
                (
                    storage_class(
                        "late", metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
                    ),
                ),
                [],
            ),
        ],
        ids=["binds late", "static without a volume", "missing class", "default class"],
    )
    def test_a_pod_to_come_is_judged_by_the_claim_that_will_be_made(
        self, wanted: str | None, classes: tuple[Object, ...], problem: list[str]
    ) -> None:
        foretold = pod(volumes=ephemeral(wanted), metadata={"uid": ""})
        assert problems(foretold, *classes) == problem

    def test_whether_a_claim_to_come_will_be_bound_at_once_nobody_knows(self) -> None:
        foretold = pod(volumes=ephemeral("now"), metadata={"uid": ""})
        assert [each.unknown for each in refusals(foretold, node(), storage_class("now", "Immediate"))] == [True]


DENIED = [
    ("persistentvolumeclaims", pod(volumes=uses("data")), (claim(volume="pv"), volume()), True),
    ("persistentvolumeclaims", pod(), (), False),
    ("persistentvolumes", pod(volumes=uses("data")), (claim(volume="pv"),), True),
    ("persistentvolumes", pod(volumes=uses("data")), (claim(storage_class="static"), STATIC), True),
    ("storageclasses", pod(volumes=uses("data")), (claim(storage_class="late"),), True),
    ("storageclasses", pod(volumes=uses("data")), (claim(volume="pv"), volume()), False),
]


@pytest.mark.parametrize(("resource", "asked", "others", "unknown"), DENIED)
def test_what_could_not_be_read_leaves_exactly_its_dependents_open(
    resource: str, asked: Object, others: tuple[Object, ...], unknown: bool
) -> None:
    found = [
        each for each in refusals(asked, node(), *others, denied=(resource,)) if each.cause.code == "VolumeBinding"
    ]
    assert [(each.unknown, each.cause.evidence.resource) for each in found] == (  # type: ignore[union-attr]
        [(True, resource)] if unknown else []
    )


def test_the_default_class_is_the_newest_one_marked_so() -> None:
    default = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    old = storage_class("old", LATE, metadata=default | {"creationTimestamp": "2026-01-01T00:00:00Z"})
    new = storage_class("new", LATE, NO_PROVISIONER, metadata=default | {"creationTimestamp": "2026-02-01T00:00:00Z"})
    foretold = pod(volumes=ephemeral(None), metadata={"uid": ""})
    found = refusals(foretold, node(), old, new)
    assert [each.cause.evidence.storage_class for each in found] == ["new"]  # type: ignore[union-attr]
