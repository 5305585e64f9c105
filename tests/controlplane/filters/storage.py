"""Random storage: classes, drivers, volumes bound and free, claims that wait, and some that are broken."""

from __future__ import annotations

from tests.controlplane.filters.drawing import BETA_ZONE, HOSTNAME, NAMESPACES, REGION, ZONE, Dice, Made, Object

DRIVER, OTHER_DRIVER = "csi.example.com", "other.example.com"
LATE = "WaitForFirstConsumer"
MODES = ("ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany")
BOUND = {"pv.kubernetes.io/bind-completed": "yes"}


def draw_storage(dice: Dice) -> list[Made]:
    """All of it, in the order of creation; the nodes must be drawn before."""
    made = [Made(each) for each in _classes()] + _drivers(dice)
    for number in range(10):
        made += _volume(dice, number)
    made += [_waiting_claim(dice, number) for number in range(5)]
    dice.claims = [
        (each.plain["metadata"]["namespace"], each.plain["metadata"]["name"])
        for each in made
        if each.plain["kind"] == "PersistentVolumeClaim"
    ]
    return made


def _classes() -> list[Object]:
    in_z1 = {"allowedTopologies": [{"matchLabelExpressions": [{"key": ZONE, "values": ["z1"]}]}]}
    return [
        _class("static", LATE, "kubernetes.io/no-provisioner"),
        _class("late", LATE, DRIVER),
        _class("late-z1", LATE, DRIVER) | in_z1,
        _class("now", "Immediate", DRIVER),
    ]


def _class(name: str, mode: str, provisioner: str) -> Object:
    return {
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": mode,
    }


def _drivers(dice: Dice) -> list[Made]:
    made = []
    if dice.chance(0.5):
        demands = {"preventPodSchedulingIfMissing": True} if dice.minor >= 37 and dice.chance(0.4) else {}
        made.append(
            Made({"kind": "CSIDriver", "metadata": {"name": DRIVER}, "spec": {"attachRequired": True} | demands})
        )
    for name in dice.names:
        if dice.chance(0.25):
            continue
        drivers = []
        for driver in (DRIVER, OTHER_DRIVER, "pd.csi.storage.gke.io"):
            if dice.chance(0.7):
                limit = {"allocatable": {"count": dice.rng.randint(0, 2)}} if dice.chance(0.7) else {}
                drivers.append({"name": driver, "nodeID": name, "topologyKeys": []} | limit)
        migrated = {"storage.alpha.kubernetes.io/migrated-plugins": "kubernetes.io/gce-pd"} if dice.chance(0.4) else {}
        metadata = {"name": name, "annotations": migrated}
        made.append(Made({"kind": "CSINode", "metadata": metadata, "spec": {"drivers": drivers}}))
    return made


def _volume(dice: Dice, number: int) -> list[Made]:
    """A volume, most often with the claim that it is bound to."""
    name = f"pv{number}"
    sources: dict[str, Object] = {
        "csi": {"csi": {"driver": dice.pick((DRIVER, OTHER_DRIVER)), "volumeHandle": f"h{number}"}},
        "local": {"local": {"path": "/x"}},
        "gce": {"gcePersistentDisk": {"pdName": f"d{number}"}},
        "nfs": {"nfs": {"server": "s", "path": "/p"}},
    }
    source = dice.pick(("csi", "csi", "csi", "local", "gce", "nfs"))
    spec: Object = {
        "capacity": {"storage": dice.pick(("1Gi", "5Gi"))},
        "accessModes": [dice.pick(MODES)],
        "storageClassName": dice.pick(("static", "static", "late", "now", "old")),
    } | sources[source]
    if source == "local" or dice.chance(0.25):
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": _terms(dice)}}
    if dice.chance(0.1):
        spec["volumeMode"] = "Block"
    labels = {"tier": "gold"} if dice.chance(0.2) else {}
    if dice.chance(0.25):
        labels[dice.pick((ZONE, BETA_ZONE, REGION))] = dice.pick(("z1", "z2", "z1__z2", "r1"))
    volume = {"kind": "PersistentVolume", "metadata": {"name": name, "labels": labels}, "spec": spec}
    if dice.chance(0.3):
        phase = dice.pick(("Available", "Available", "Available", "Released"))
        return [Made(volume, {"phase": phase})]
    claim = _bound_claim(dice, number, spec)
    namespace = claim.plain["metadata"]["namespace"]
    spec["claimRef"] = {"kind": "PersistentVolumeClaim", "namespace": namespace, "name": f"c{number}"}
    made = [Made(volume, {"phase": "Bound"}), claim]
    if source == "csi" and dice.chance(0.3):
        attached = {
            "attacher": spec["csi"]["driver"],
            "nodeName": dice.pick(dice.names),
            "source": {"persistentVolumeName": name},
        }
        made.append(Made({"kind": "VolumeAttachment", "metadata": {"name": f"va{number}"}, "spec": attached}))
    return made


def _terms(dice: Dice) -> list[Object]:
    key = dice.pick((HOSTNAME, ZONE, "disk"))
    values = {HOSTNAME: dice.rng.sample(dice.names, 2), ZONE: [dice.pick(("z1", "z2"))], "disk": ["ssd"]}[key]
    operator = dice.pick(("In", "In", "NotIn", "Exists"))
    requirement = {"key": key, "operator": operator} | ({"values": values} if operator != "Exists" else {})
    terms: list[Object] = [{"matchExpressions": [requirement]}]
    if dice.chance(0.15):
        by_name = {"key": "metadata.name", "operator": "In", "values": [dice.pick(dice.names)]}
        terms.append({"matchFields": [by_name]})
    return terms


def _bound_claim(dice: Dice, number: int, volume: Object) -> Made:
    spec: Object = {key: volume[key] for key in ("accessModes", "storageClassName", "volumeMode") if key in volume}
    spec |= {"resources": {"requests": {"storage": "1Gi"}}, "volumeName": f"pv{number}"}
    metadata: Object = {"name": f"c{number}", "namespace": dice.pick(NAMESPACES), "annotations": BOUND}
    phase = "Lost" if dice.chance(0.04) else "Bound"
    deleted = dice.chance(0.05)
    if deleted:
        metadata["finalizers"] = ["example.com/hold"]
    elif dice.chance(0.06):
        metadata["annotations"] = {}
    elif dice.chance(0.06):
        spec["volumeName"] = "pv-gone"
    return Made({"kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}, {"phase": phase}, deleted)


def _waiting_claim(dice: Dice, number: int) -> Made:
    spec: Object = {
        "accessModes": [dice.pick(MODES[:3])],
        "resources": {"requests": {"storage": dice.pick(("1Gi", "3Gi"))}},
    }
    storage_class = dice.pick(("static", "static", "late", "late-z1", "now", "absent", None, ""))
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    if dice.chance(0.2):
        spec["selector"] = {"matchLabels": {"tier": "gold"}}
    metadata: Object = {"name": f"w{number}", "namespace": dice.pick(NAMESPACES)}
    if dice.chance(0.1):
        metadata["annotations"] = {"volume.kubernetes.io/selected-node": dice.pick(dice.names)}
    return Made({"kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}, {"phase": "Pending"})
