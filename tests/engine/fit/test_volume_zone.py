"""Zones and regions of bound volumes; rows from upstream's TestSingleZone and TestMultiZone."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import VolumeEvidence
from tests.engine.fit.cells import ZONE, codes, node, pod, refusals
from tests.engine.fit.volumes import claim, ephemeral, owned_by, storage_class, uses, volume

Object = dict[str, Any]

REGION = "topology.kubernetes.io/region"
BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
OTHER = {"topology.kubernetes.io/other": "x"}

ZONES = [
    ("same zone", {ZONE: "z1"}, {ZONE: "z1"}, True),
    ("other zone", {ZONE: "z1"}, {ZONE: "z2"}, False),
    ("one of several zones", {ZONE: "z1__z2"}, {ZONE: "z2"}, True),
    ("none of several zones", {ZONE: "z1__z2"}, {ZONE: "z3"}, False),
    ("a node without any zone is everywhere", {ZONE: "z1"}, OTHER, True),
    ("a node that knows its region alone", {ZONE: "z1"}, {REGION: "r1"}, False),
    ("an old label matches the new one of the node", {BETA_ZONE: "z1"}, {ZONE: "z1"}, True),
    ("an old label and another new one", {BETA_ZONE: "z1"}, {ZONE: "z2"}, False),
    ("a new label does not match an old one", {ZONE: "z1"}, {BETA_ZONE: "z1"}, False),
    ("an empty part says nothing", {ZONE: "z1__"}, {ZONE: "z2"}, True),
    ("zone and region", {ZONE: "z1", REGION: "r1"}, {ZONE: "z1", REGION: "r2"}, False),
]


@pytest.mark.parametrize(("case", "of_volume", "of_node", "fits"), ZONES, ids=[row[0] for row in ZONES])
def test_a_volume_in_a_zone_is_used_from_that_zone(case: str, of_volume: Object, of_node: Object, fits: bool) -> None:
    cluster = (node("n1", of_node), claim(volume="pv"), volume(labels=of_volume))
    assert codes(pod(volumes=uses("data")), *cluster) == ([] if fits else ["VolumeZone"])


def test_every_label_in_the_way_is_told() -> None:
    cluster = (
        node("n1", {ZONE: "z2", REGION: "r2"}),
        claim(volume="pv"),
        volume(labels={ZONE: "z1__z3", REGION: "r1"}),
    )
    found = refusals(pod(volumes=uses("data")), *cluster)
    assert [each.cause.evidence for each in found] == [
        VolumeEvidence(claim="data", volume="pv", bound_to=f"{ZONE} in (z1, z3)", problem="zone"),
        VolumeEvidence(claim="data", volume="pv", bound_to=f"{REGION} in (r1)", problem="zone"),
    ]
    assert all(each.unresolvable for each in found)


def test_claims_made_for_one_pod_are_not_looked_at() -> None:
    own = claim(
        "p-scratch",
        volume="pv",
        metadata=owned_by("p") | {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
    )
    asked = pod("p", volumes=ephemeral("late"))
    cluster = (node("n1", {ZONE: "z2"}), own, volume(labels={ZONE: "z1"}), storage_class("late"))
    assert codes(asked, *cluster) == []
