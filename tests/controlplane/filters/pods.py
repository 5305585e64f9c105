"""Random pods: those on the nodes, those that wait with a nomination, and the one that is judged."""

from __future__ import annotations

from typing import Any

from tests.controlplane.filters.drawing import APPS, HOSTNAME, NAMESPACES, ZONE, Dice, Made, Object, selector

STARTED = "2026-01-01T00:00:0{}Z"
FOCUSES = (
    *("resources", "resources", "resources", "anything", "anything"),
    *("ports", "taints", "node affinity", "features", "gates", "ephemeral"),
    *("affinity", "affinity", "anti-affinity", "anti-affinity", "spread", "spread", "spread"),
    *("disks", "disks", "claims", "claims", "claims", "claims"),
)
"""What a judged pod is about, so that no filter is left out."""


def draw_existing(dice: Dice) -> list[Made]:
    """The pods that are there."""
    return [_existing(dice, number) for number in range(dice.rng.randint(12, 40))]


def draw_nominated(dice: Dice) -> list[Made]:
    """Up to two pods that never fit, and for which a node is kept all the same."""
    made = []
    for number in range(dice.pick((0, 0, 1, 2))):
        spec = _base_spec(dice, small=True)
        spec |= {"priority": dice.pick((0, 5, 10, 20)), "preemptionPolicy": "Never", "nodeSelector": {"no": "node"}}
        if dice.chance(0.3):
            spec["affinity"] = _required("podAntiAffinity", [_term(dice)])
        plain = {"kind": "Pod", "metadata": _metadata(dice, f"nominated-{number}"), "spec": spec}
        made.append(Made(plain, {"nominatedNodeName": dice.pick(dice.names)}))
    return made


def draw_judged(dice: Dice, focus: str) -> tuple[Object, str]:
    """A pod, and the node that it is pinned to."""

    def about(what: str, otherwise: float) -> bool:
        return dice.chance(0.9 if focus == what else otherwise)

    node = dice.pick(dice.names)
    metadata = _metadata(dice, f"p{dice.next()}")
    if focus in ("resources", "gates", "anything") or dice.chance(0.15):
        spec = _base_spec(dice, small=not about("resources", 0.25))
    else:
        spec = {"containers": [_container(dice, "main", small=True) | {"resources": {"requests": {"cpu": "10m"}}}]}
    main = spec["containers"][0]
    if about("ports", 0.12):
        ports = {(each["hostPort"], each["protocol"], each["hostIP"]): each for each in (_port(dice), _port(dice))}
        main["ports"] = list(ports.values())
    if focus == "features" and dice.minor >= 36:
        rule = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [7]}}
        main |= {"restartPolicy": "Always", "restartPolicyRules": [rule]}
    if focus == "gates" and dice.chance(0.6):
        spec["schedulingGates"] = [{"name": "example.com/wait"}]
    spec["tolerations"] = _tolerations(dice, everything=not about("taints", 0.1))
    spec["affinity"] = _node_affinity(dice, spec, node, further=about("node affinity", 0.03))
    if about("affinity", 0.06):
        spec["affinity"] |= _required("podAffinity", _terms(dice))
    if about("anti-affinity", 0.1):
        spec["affinity"] |= _required("podAntiAffinity", _terms(dice))
    if about("spread", 0.1):
        drawn = [_spread(dice) for _ in range(dice.rng.randint(1, 2))]
        spec["topologySpreadConstraints"] = list(
            {(each["topologyKey"], each["whenUnsatisfiable"]): each for each in drawn}.values()
        )
    spec["volumes"] = _volumes(
        dice, metadata["namespace"], about("disks", 0.1), about("claims", 0.1), about("ephemeral", 0.02)
    )
    spec["priority"] = dice.pick((0, 5, 10, 20, 20, 1000, 1000))
    if dice.chance(0.03):
        spec["preemptionPolicy"] = "Never"
    return {"kind": "Pod", "metadata": metadata, "spec": spec}, node


def _existing(dice: Dice, number: int) -> Made:
    spec = _base_spec(dice, small=True)
    spec["nodeName"] = dice.pick(dice.names) if dice.chance(0.95) else "gone"
    spec["priority"] = dice.pick((-5, 0, 0, 5, 5, 10))
    metadata = _metadata(dice, f"e{number}")
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        container["ports"] = [each for each in container.get("ports", ()) if _free(dice, spec["nodeName"], each)]
    claims = dice.chance(0.35) and spec["nodeName"] != "gone"
    spec["volumes"] = _volumes(dice, metadata["namespace"], dice.chance(0.2), claims, False)
    affinity: Object = {}
    if dice.chance(0.15):
        affinity |= _required("podAntiAffinity", _terms(dice))
    if dice.chance(0.1):
        affinity |= _required("podAffinity", [_term(dice)])
    spec["affinity"] = affinity
    status: Object = {"phase": dice.pick(("Succeeded", "Failed")) if dice.chance(0.06) else "Running"}
    if dice.chance(0.85):
        status["startTime"] = STARTED.format(dice.rng.randint(0, 9))
    if dice.chance(0.2):
        status |= _resized(dice, spec["containers"])
    deleted = status["phase"] == "Running" and dice.chance(0.1)
    return Made({"kind": "Pod", "metadata": metadata, "spec": spec}, status, deleted)


def _free(dice: Dice, node: str, port: Object) -> bool:
    key = (node, port["protocol"], port["hostPort"])
    free = key not in dice.taken
    dice.taken.add(key)
    return free


def _resized(dice: Dice, containers: list[Object]) -> Object:
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


def _base_spec(dice: Dice, *, small: bool) -> Object:
    """Containers, sometimes init containers and sidecars, overhead and pod-level resources."""
    containers = [_container(dice, "main", small=small)]
    if dice.chance(0.15):
        containers.append(_container(dice, "second", small=True))
    spec: Object = {"terminationGracePeriodSeconds": 30, "containers": containers}
    if dice.chance(0.2):
        spec["initContainers"] = [
            _container(dice, f"init-{place}", small=dice.chance(0.7))
            | ({"restartPolicy": "Always"} if dice.chance(0.4) else {})
            for place in range(dice.rng.randint(1, 3))
        ]
    if dice.chance(0.12):
        spec["overhead"] = {"cpu": dice.pick(("100m", "250m")), "memory": "64Mi"}
    if dice.minor >= 34 and dice.chance(0.06):
        spec["resources"] = {"requests": {"cpu": "2", "memory": "2Gi"}}
    return spec


def _container(dice: Dice, name: str, *, small: bool) -> Object:
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
    ports = [_port(dice)] if dice.chance(0.2) else []
    return {"name": name, "image": "i", "resources": {"requests": requests, "limits": limits}, "ports": ports}


def _port(dice: Dice) -> Object:
    return {
        "containerPort": 80,
        "hostPort": dice.pick((8080, 8081, 9100)),
        "protocol": dice.pick(("TCP", "TCP", "TCP", "UDP", "SCTP")),
        "hostIP": dice.pick(("", "", "0.0.0.0", "10.0.0.1", "10.0.0.2")),
    }


def _metadata(dice: Dice, name: str) -> Object:
    labels = {"app": dice.pick(APPS)} if dice.chance(0.9) else {}
    labels |= {"tier": "x"} if dice.chance(0.3) else {}
    labels |= {"rev": dice.pick(("1", "2"))} if dice.chance(0.4) else {}
    return {"name": name, "namespace": dice.pick(NAMESPACES), "labels": labels}


def _tolerations(dice: Dice, *, everything: bool) -> list[Object]:
    tolerations: list[Object] = [{"operator": "Exists"}] if everything else []
    for _ in range(dice.rng.randint(0, 3)):
        toleration: Object = {"key": dice.pick(("gpu", "maint", "node.kubernetes.io/unschedulable"))}
        toleration |= {"operator": "Exists"} if dice.chance(0.6) else {"value": dice.pick(("x", "y"))}
        if dice.chance(0.6):
            toleration["effect"] = dice.pick(("NoSchedule", "NoExecute"))
        tolerations.append(toleration)
    return tolerations


def _node_affinity(dice: Dice, spec: Object, node: str, *, further: bool) -> Object:
    """The controller's pin, sometimes with more that the node must meet."""
    pin: Object = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    if further and dice.chance(0.5):
        spec["nodeSelector"] = {"disk": dice.pick(("ssd", "hdd", ""))}
    elif further:
        operator = dice.pick(("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"))
        values = {"In": ["4", "ssd"], "NotIn": ["4", "ssd"], "Gt": ["4"], "Lt": ["4"]}.get(operator)
        requirement = {"key": dice.pick(("cores", "disk")), "operator": operator}
        pin["matchExpressions"] = [requirement | ({"values": values} if values else {})]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [pin]}}}


def _required(kind: str, terms: list[Object]) -> Object:
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def _terms(dice: Dice) -> list[Object]:
    return [_term(dice) for _ in range(dice.rng.randint(1, 2))]


def _term(dice: Dice) -> Object:
    term: Object = {"topologyKey": dice.pick((HOSTNAME, HOSTNAME, ZONE, "disk"))}
    chosen = selector(dice)
    if chosen is not None:
        term["labelSelector"] = chosen
        keys = dice.pick(("matchLabelKeys", "mismatchLabelKeys", None, None, None, None, None, None))
        term |= {keys: ["rev"]} if keys else {}
    where: tuple[Any, ...] = (
        {"namespaces": [dice.pick(NAMESPACES)]},
        {"namespaceSelector": {}},
        {"namespaceSelector": {"matchLabels": {"team": dice.pick(("red", "blue"))}}},
        {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}},
    )
    return term | (dice.pick(where) if dice.chance(0.5) else {})


def _spread(dice: Dice) -> Object:
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


def _volumes(dice: Dice, namespace: str, disk: bool, claim: bool, ephemeral: bool) -> list[Object]:
    volumes = [_disk(dice)] if disk else []
    own = [name for owner, name in dice.claims if owner == namespace]
    for place in range(dice.pick((1, 1, 2)) if claim else 0):
        name = dice.pick(own) if own and dice.chance(0.97) else "absent"
        volumes.append({"name": f"claim-{place}", "persistentVolumeClaim": {"claimName": name}})
    if ephemeral:
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        spec["storageClassName"] = dice.pick(("late", "now", "absent"))
        volumes.append({"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}})
    return volumes


def _disk(dice: Dice) -> Object:
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
