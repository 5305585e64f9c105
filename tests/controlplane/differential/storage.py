"""The storage of a random cluster: claims bound and free, drivers with limits, and volumes that many pods share."""

from __future__ import annotations

from tests.controlplane.filters.drawing import BETA_ZONE, REGION, ZONE, Dice, Object
from tests.controlplane.filters.parts import draw_disk
from tests.controlplane.policies import claim_volume, csi_node, pv, pvc, storage_class

DRIVER = "csi.example.com"
CLAIMS = (
    *("pinned", "zoned", "free", "single", "unbound", "waiting", "waiting-too", "classless", "absent"),
    *("csi-0", "csi-1", "hopeless"),
)


def draw_storage(dice: Dice) -> list[Object]:
    """All of it, in the order of creation."""
    zone = dice.pick((ZONE, ZONE, BETA_ZONE, REGION))
    zones = {zone: dice.pick(("z1", "z2", "z1__z2")) if zone != REGION else "r1"}
    made = [
        storage_class("now", "Immediate"),
        storage_class("later", "WaitForFirstConsumer"),
        storage_class("never", "WaitForFirstConsumer"),
        pv("pinned", node=dice.pick(dice.names), storage_class="none-1"),
        pvc("pinned", storage_class="none-1", volume="pinned"),
        pv("zoned", labels=zones, storage_class="none-2"),
        pvc("zoned", storage_class="none-2", volume="zoned"),
        pv("free", storage_class="none-3", modes=("ReadWriteMany",)),
        pvc("free", storage_class="none-3", modes=("ReadWriteMany",), volume="free"),
        pv("single", storage_class="none-4", modes=("ReadWriteOncePod",), source=_csi("single")),
        pvc("single", storage_class="none-4", modes=("ReadWriteOncePod",), volume="single"),
        pvc("unbound", storage_class="now"),
        pvc("waiting", storage_class="later"),
        pvc("waiting-too", storage_class="later", storage=dice.pick(("1Gi", "5Gi"))),
        pvc("hopeless", storage_class="never"),
        pvc("classless", storage_class="absent"),
    ]
    for number in range(3):
        name = f"csi-{number}"
        made.append(pv(name, storage_class=f"none-csi-{number}", modes=("ReadWriteMany",), source=_csi(name)))
        made.append(pvc(name, storage_class=f"none-csi-{number}", modes=("ReadWriteMany",), volume=name))
    made += [csi_node(name, {DRIVER: dice.pick((1, 2, 10))}) for name in dice.names if dice.chance(0.5)]
    for number in range(dice.pick((0, 1, 1, 2, 3))):
        node = dice.pick(dice.names) if dice.chance(0.6) else None
        size = dice.pick(("1Gi", "5Gi"))
        modes = dice.pick((("ReadWriteOnce",), ("ReadWriteOnce", "ReadWriteMany")))
        made.append(pv(f"later-{number}", size, "later", modes, node=node))
    return made


def draw_volumes(dice: Dice) -> list[Object]:
    """Volumes of a DaemonSet's template."""
    form = dice.rng.random()
    if form < 0.15:
        return [claim_volume(f"csi-{number}", f"v-{number}") for number in range(3)]
    if form < 0.35:
        return [draw_disk(dice)]
    if form < 0.5:
        return [_ephemeral(dice)]
    chosen = dice.rng.sample(CLAIMS, dice.pick((1, 1, 2)))
    return [claim_volume(claim, f"v-{claim}") for claim in chosen]


def _ephemeral(dice: Dice) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    template = {"spec": spec | {"storageClassName": dice.pick(("later", "later", "now", "never", "absent"))}}
    return {"name": "scratch", "ephemeral": {"volumeClaimTemplate": template}}


def _csi(name: str) -> Object:
    return {"csi": {"driver": DRIVER, "volumeHandle": name}}
