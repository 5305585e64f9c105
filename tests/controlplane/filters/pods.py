"""Random pods: those on the nodes, those that wait with a nomination, and the one that is judged."""

from __future__ import annotations

from tests.controlplane.filters.drawing import APPS, NAMESPACES, Dice, Made, Object
from tests.controlplane.filters.parts import (
    draw_base_spec,
    draw_container,
    draw_disk,
    draw_port,
    draw_resize,
    draw_spread,
    draw_term,
    draw_terms,
    draw_tolerations,
    required,
)

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
        spec = draw_base_spec(dice, small=True)
        spec |= {"priority": dice.pick((0, 5, 10, 20)), "preemptionPolicy": "Never", "nodeSelector": {"no": "node"}}
        if dice.chance(0.3):
            spec["affinity"] = required("podAntiAffinity", [draw_term(dice)])
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
        spec = draw_base_spec(dice, small=not about("resources", 0.25))
    else:
        spec = {"containers": [draw_container(dice, "main", small=True) | {"resources": {"requests": {"cpu": "10m"}}}]}
    main = spec["containers"][0]
    if about("ports", 0.12):
        ports = {
            (each["hostPort"], each["protocol"], each["hostIP"]): each for each in (draw_port(dice), draw_port(dice))
        }
        main["ports"] = list(ports.values())
    if focus == "features" and dice.minor >= 36:
        rule = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [7]}}
        main |= {"restartPolicy": "Always", "restartPolicyRules": [rule]}
    if focus == "gates" and dice.chance(0.6):
        spec["schedulingGates"] = [{"name": "example.com/wait"}]
    spec["tolerations"] = draw_tolerations(dice, everything=not about("taints", 0.1))
    spec["affinity"] = _node_affinity(dice, spec, node, further=about("node affinity", 0.03))
    if about("affinity", 0.06):
        spec["affinity"] |= required("podAffinity", draw_terms(dice))
    if about("anti-affinity", 0.1):
        spec["affinity"] |= required("podAntiAffinity", draw_terms(dice))
    if about("spread", 0.1):
        drawn = [draw_spread(dice) for _ in range(dice.rng.randint(1, 2))]
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
    spec = draw_base_spec(dice, small=True)
    spec["nodeName"] = dice.pick(dice.names) if dice.chance(0.95) else "gone"
    spec["priority"] = dice.pick((-5, 0, 0, 5, 5, 10))
    metadata = _metadata(dice, f"e{number}")
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        container["ports"] = [each for each in container.get("ports", ()) if _free(dice, spec["nodeName"], each)]
    claims = dice.chance(0.35) and spec["nodeName"] != "gone"
    spec["volumes"] = _volumes(dice, metadata["namespace"], dice.chance(0.2), claims, False)
    affinity: Object = {}
    if dice.chance(0.15):
        affinity |= required("podAntiAffinity", draw_terms(dice))
    if dice.chance(0.1):
        affinity |= required("podAffinity", [draw_term(dice)])
    spec["affinity"] = affinity
    status: Object = {"phase": dice.pick(("Succeeded", "Failed")) if dice.chance(0.06) else "Running"}
    if dice.chance(0.85):
        status["startTime"] = STARTED.format(dice.rng.randint(0, 9))
    if dice.chance(0.2):
        status |= draw_resize(dice, spec["containers"])
    deleted = status["phase"] == "Running" and dice.chance(0.1)
    return Made({"kind": "Pod", "metadata": metadata, "spec": spec}, status, deleted)


def _free(dice: Dice, node: str, port: Object) -> bool:
    key = (node, port["protocol"], port["hostPort"])
    free = key not in dice.taken
    dice.taken.add(key)
    return free


def _metadata(dice: Dice, name: str) -> Object:
    labels = {"app": dice.pick(APPS)} if dice.chance(0.9) else {}
    labels |= {"tier": "x"} if dice.chance(0.3) else {}
    labels |= {"rev": dice.pick(("1", "2"))} if dice.chance(0.4) else {}
    return {"name": name, "namespace": dice.pick(NAMESPACES), "labels": labels}


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


def _volumes(dice: Dice, namespace: str, disk: bool, claim: bool, ephemeral: bool) -> list[Object]:
    volumes = [draw_disk(dice)] if disk else []
    own = [name for owner, name in dice.claims if owner == namespace]
    for place in range(dice.pick((1, 1, 2)) if claim else 0):
        name = dice.pick(own) if own and dice.chance(0.97) else "absent"
        volumes.append({"name": f"claim-{place}", "persistentVolumeClaim": {"claimName": name}})
    if ephemeral:
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        spec["storageClassName"] = dice.pick(("late", "now", "absent"))
        volumes.append({"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}})
    return volumes
