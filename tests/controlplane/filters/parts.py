"""What random pods are made of: containers, ports, disks, and the terms that keep them together or apart."""

from __future__ import annotations

from typing import Any

from tests.controlplane.filters.drawing import HOSTNAME, ZONE, Dice, Object, selector


def draw_base_spec(dice: Dice, *, small: bool) -> Object:
    """Containers, sometimes init containers and sidecars, overhead and pod-level resources."""
    containers = [draw_container(dice, "main", small=small)]
    if dice.chance(0.15):
        containers.append(draw_container(dice, "second", small=True))
    spec: Object = {"terminationGracePeriodSeconds": 30, "containers": containers}
    if dice.chance(0.2):
        spec["initContainers"] = [
            draw_container(dice, f"init-{place}", small=dice.chance(0.7))
            | ({"restartPolicy": "Always"} if dice.chance(0.4) else {})
            for place in range(dice.rng.randint(1, 3))
        ]
    if dice.chance(0.12):
        spec["overhead"] = {"cpu": dice.pick(("100m", "250m")), "memory": "64Mi"}
    if dice.minor >= 34 and dice.chance(0.06):
        spec["resources"] = {"requests": {"cpu": "2", "memory": "2Gi"}}
    return spec


def draw_container(dice: Dice, name: str, *, small: bool) -> Object:
    """A container with requests, sometimes a host port."""
    requests: Object = {}
    limits: Object = {}
    if dice.chance(0.8):
        requests["cpu"] = dice.pick(("100m", "250m", "500m", "1", "1500m") if small else ("500m", "1", "2", "3", "5"))
    if dice.chance(0.6):
        requests["memory"] = dice.pick(("128Mi", "256Mi", "500M", "1Gi") if small else ("512Mi", "1Gi", "3Gi", "100Gi"))
    if dice.chance(0.1):
        requests["ephemeral-storage"] = dice.pick(("1Gi", "5Gi", "15Gi"))
    if dice.chance(0.12):
        requests["example.com/gpu"] = limits["example.com/gpu"] = dice.pick(("0", "1", "1", "2"))
    if dice.chance(0.06):
        requests["hugepages-2Mi"] = limits["hugepages-2Mi"] = dice.pick(("32Mi", "64Mi"))
        requests.setdefault("memory", "128Mi")
    ports = [draw_port(dice)] if dice.chance(0.2) else []
    return {"name": name, "image": "i", "resources": {"requests": requests, "limits": limits}, "ports": ports}


def draw_port(dice: Dice) -> Object:
    """A host port."""
    return {
        "containerPort": 80,
        "hostPort": dice.pick((8080, 8081, 9100)),
        "protocol": dice.pick(("TCP", "TCP", "TCP", "UDP", "SCTP")),
        "hostIP": dice.pick(("", "", "0.0.0.0", "10.0.0.1", "10.0.0.2")),
    }


def draw_resize(dice: Dice, containers: list[Object]) -> Object:
    """Statuses whose resources differ from what the containers ask for, or not."""
    statuses = []
    for container in containers:
        asked = container.get("resources", {}).get("requests", {})

        def changed(amounts: tuple[str, str], requests: Object = asked) -> Object:
            return {
                name: dice.pick((amount, *amounts)) if name == "cpu" else amount for name, amount in requests.items()
            }

        status: Object = {"name": container["name"], "ready": True, "restartCount": 0, "image": "i", "imageID": "x"}
        if dice.chance(0.7):
            status["resources"] = {"requests": changed(("50m", "700m"))}
        if dice.chance(0.6) and asked:
            status["allocatedResources"] = changed(("60m", "800m"))
        statuses.append(status)
    found: Object = {"containerStatuses": statuses}
    if dice.chance(0.3):
        reason = dice.pick(("Infeasible", "Deferred"))
        found["conditions"] = [{"type": "PodResizePending", "status": "True", "reason": reason}]
    return found


def draw_tolerations(dice: Dice, *, everything: bool) -> list[Object]:
    """Tolerations, sometimes of everything."""
    tolerations: list[Object] = [{"operator": "Exists"}] if everything else []
    for _ in range(dice.rng.randint(0, 3)):
        toleration: Object = {"key": dice.pick(("gpu", "maint", "node.kubernetes.io/unschedulable"))}
        toleration |= {"operator": "Exists"} if dice.chance(0.6) else {"value": dice.pick(("x", "y"))}
        if dice.chance(0.6):
            toleration["effect"] = dice.pick(("NoSchedule", "NoExecute"))
        tolerations.append(toleration)
    return tolerations


def draw_terms(dice: Dice) -> list[Object]:
    """One or two terms of pod affinity."""
    return [draw_term(dice) for _ in range(dice.rng.randint(1, 2))]


def draw_term(dice: Dice) -> Object:
    """A term of pod affinity."""
    term: Object = {"topologyKey": dice.pick((HOSTNAME, HOSTNAME, ZONE, "disk"))}
    chosen = selector(dice)
    if chosen is not None:
        term["labelSelector"] = chosen
        keys = dice.pick(("matchLabelKeys", "mismatchLabelKeys", None, None, None, None, None, None))
        term |= {keys: ["rev"]} if keys else {}
    where: tuple[Any, ...] = (
        {"namespaces": [dice.pick(dice.namespaces)]},
        {"namespaceSelector": {}},
        {"namespaceSelector": {"matchLabels": {"team": dice.pick(("red", "blue"))}}},
        {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}},
    )
    return term | (dice.pick(where) if dice.chance(0.5) else {})


def draw_spread(dice: Dice) -> Object:
    """A spread constraint."""
    constraint: Object = {
        "maxSkew": dice.pick((1, 1, 2)),
        "topologyKey": dice.pick((HOSTNAME, ZONE, ZONE, "disk")),
        "whenUnsatisfiable": dice.pick(("DoNotSchedule", "DoNotSchedule", "ScheduleAnyway")),
    }
    chosen = selector(dice)
    if chosen is not None:
        constraint["labelSelector"] = chosen
        constraint |= {"matchLabelKeys": ["rev"]} if dice.chance(0.12) else {}
    if dice.chance(0.5):
        constraint["nodeAffinityPolicy"] = dice.pick(("Honor", "Ignore", "Ignore"))
    if dice.chance(0.4):
        constraint["nodeTaintsPolicy"] = dice.pick(("Honor", "Ignore"))
    if constraint["whenUnsatisfiable"] == "DoNotSchedule" and dice.chance(0.2):
        constraint["minDomains"] = dice.rng.randint(1, 4)
    return constraint


def draw_disk(dice: Dice) -> Object:
    """A disk that pods share, or a volume that is none."""
    read_only = {"readOnly": dice.chance(0.4)}
    disks: tuple[Object, ...] = (
        {"gcePersistentDisk": {"pdName": dice.pick(("d1", "d2"))} | read_only},
        {"awsElasticBlockStore": {"volumeID": dice.pick(("vol-1", "aws://z1/vol-1"))} | read_only},
        {"iscsi": {"targetPortal": "1.2.3.4", "iqn": "iqn.2001-04.com.example:storage", "lun": 0} | read_only},
        {"rbd": {"monitors": dice.rng.sample(("m1", "m2", "m3"), 2), "image": dice.pick(("i1", "i2"))} | read_only},
        {"hostPath": {"path": "/h"}},
        {"configMap": {"name": "c"}},
    )
    return {"name": "disk"} | dice.pick(disks)


def required(kind: str, terms: list[Object]) -> Object:
    """Required terms of one kind of affinity."""
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
