"""Random DaemonSets: what the controller, admission, the filters and preemption look at in a template."""

from __future__ import annotations

from collections.abc import Callable

from tests.controlplane.cluster import SINCE
from tests.controlplane.differential.policies import DEVICE
from tests.controlplane.differential.present import draw_labels, draw_spec
from tests.controlplane.differential.storage import draw_volumes
from tests.controlplane.filters.drawing import HOSTNAME, ZONE, Dice, Object
from tests.controlplane.filters.parts import draw_port, draw_spread, draw_term, draw_terms, required
from tests.controlplane.objects import daemon_set, merge, toleration


def draw_daemon_set(dice: Dice, name: str) -> Object:
    """One DaemonSet, about some of all that there is."""
    spec: Object = {}
    for about, chance in _TOPICS:
        if dice.chance(chance):
            spec = merge(spec, about(dice))
    if "containers" not in spec:
        spec["containers"] = [_plain_container(dice)]
    if dice.chance(0.5):
        spec["priorityClassName"] = dice.pick(("low", "middle", "middle", "high", "high", "high", "polite"))
    if tolerations := _tolerations(dice):
        spec["tolerations"] = tolerations
    labels = draw_labels(dice)
    return daemon_set(
        name,
        labels={"set": name},
        min_ready_seconds=3600 if dice.chance(0.1) else None,
        template={"metadata": {"labels": {"set": name} | labels}, "spec": spec},
    )


def _plain_container(dice: Dice) -> Object:
    asked = {"cpu": dice.pick((None, "100m", "400m", "900m", "1900m", "5"))}
    asked |= {"memory": dice.pick((None, None, "256Mi", "2Gi", "6Gi"))}
    given = {name: amount for name, amount in asked.items() if amount}
    kind = "limits" if dice.chance(0.1) else "requests"
    return {"name": "main", "image": "registry.example/agent:1.0"} | ({"resources": {kind: given}} if given else {})


def _tolerations(dice: Dice) -> list[Object]:
    return dice.pick(
        (
            [],
            [],
            [toleration("dedicated")],
            [toleration("dedicated", "NoSchedule", "x")],
            [toleration("dedicated", value="y"), toleration("gpu")],
            [{"key": "dedicated", "operator": "Equal"}, toleration("gpu", "NoExecute", seconds=3600)],
            [toleration()],
            [toleration(effect="NoSchedule")],
            [toleration(effect="NoExecute")],
            [toleration("node.kubernetes.io/not-ready", "NoSchedule"), toleration("dedicated")],
        )
    )


def _requirement(dice: Dice) -> Object:
    drawn: tuple[Object, ...] = (
        {"key": "disk", "operator": "In", "values": ["ssd", ""]},
        {"key": "disk", "operator": "NotIn", "values": ["hdd"]},
        {"key": "cores", "operator": "Gt", "values": ["8"]},
        {"key": "cores", "operator": "Lt", "values": ["8"]},
        {"key": ZONE, "operator": "Exists"},
        {"key": "disk", "operator": "DoesNotExist"},
        {"key": ZONE, "operator": "In", "values": ["z1", "z2"]},
    )
    return dice.pick(drawn)


def _field(dice: Dice) -> Object:
    return {"key": "metadata.name", "operator": dice.pick(("NotIn", "NotIn", "In")), "values": [dice.pick(dice.names)]}


def _eligibility(dice: Dice) -> Object:
    form = dice.rng.random()
    if form < 0.12:
        return {"nodeName": dice.pick(dice.names)}
    if form < 0.3:
        return {"nodeSelector": dice.pick(({"disk": "ssd"}, {"cores": "16", "disk": "hdd"}, {"disk": ""}))}
    if form < 0.4:
        return {"hostNetwork": True}
    terms: list[Object] = []
    for _ in range(dice.pick((1, 1, 2))):
        term: Object = {"matchExpressions": [_requirement(dice) for _ in range(dice.pick((1, 1, 2)))]}
        if dice.chance(0.3):
            term["matchFields"] = [_field(dice)]
        terms.append(term)
    if dice.chance(0.1):
        terms.append({})
    affinity: Object = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    if dice.chance(0.3):
        preferred = {"weight": 5, "preference": {"matchExpressions": [_requirement(dice)]}}
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = [preferred]
    made = {"affinity": {"nodeAffinity": affinity}}
    return made | ({"nodeSelector": {"disk": "ssd"}} if dice.chance(0.15) else {})


def _containers(dice: Dice) -> Object:
    return draw_spec(dice, small=dice.chance(0.85))


def _ports(dice: Dice) -> Object:
    if dice.chance(0.3):
        plain = {"containerPort": dice.pick((8080, 9100, 7000))}
        return {"hostNetwork": True, "containers": [_plain_container(dice) | {"ports": [plain]}]}
    ports = {(each["hostPort"], each["protocol"], each["hostIP"]): each for each in (draw_port(dice), draw_port(dice))}
    return {"containers": [_plain_container(dice) | {"ports": list(ports.values())[: dice.pick((1, 2))]}]}


def _volumes(dice: Dice) -> Object:
    return {"volumes": draw_volumes(dice)}


def _company(dice: Dice) -> Object:
    """Who may be, must be, or must not be near."""
    form = dice.rng.random()
    if form < 0.35:
        drawn = [draw_spread(dice) for _ in range(dice.pick((1, 1, 2)))]
        distinct = {(each["topologyKey"], each["whenUnsatisfiable"]): each for each in drawn}
        return {"topologySpreadConstraints": list(distinct.values())}
    if form < 0.6:
        return {"affinity": required("podAntiAffinity", draw_terms(dice))}
    if form < 0.8:
        return {"affinity": required("podAffinity", [draw_term(dice)])}
    own = {"topologyKey": dice.pick((HOSTNAME, ZONE)), "labelSelector": {"matchExpressions": [_other_sets(dice)]}}
    return {"affinity": required(dice.pick(("podAntiAffinity", "podAffinity")), [own])}


def _other_sets(dice: Dice) -> Object:
    if dice.chance(0.4):
        return {"key": "set", "operator": "Exists"}
    return {"key": "set", "operator": "In", "values": dice.rng.sample([f"d{number}" for number in range(6)], 2)}


def _classes(dice: Dice) -> Object:
    drawn: tuple[Callable[[], Object], ...] = (
        lambda: {"runtimeClassName": dice.pick(("heavy", "heavy", "picky", "picky", "tolerant", "absent"))},
        lambda: {"schedulingGates": [{"name": "example.com/wait"}]},
        lambda: {
            "priorityClassName": dice.pick(
                ("absent", "system-node-critical", "system-node-critical", "system-cluster-critical")
            )
        },
        lambda: {"preemptionPolicy": "Never", "priorityClassName": "polite"},
        lambda: {"serviceAccountName": dice.pick(("absent", "default", "default"))},
    )
    return dice.pick(drawn)()


def _what_newer_ones_have(dice: Dice) -> Object:
    """Devices, and features that kubelets declare."""
    if dice.minor >= SINCE["resourceclaims"] and dice.chance(0.5):
        container = _plain_container(dice)
        container["resources"] = container.get("resources", {}) | {"claims": [{"name": "device"}]}
        return {"containers": [container], "resourceClaims": [{"name": "device", "resourceClaimName": DEVICE}]}
    if dice.minor >= 36:
        rule = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [7]}}
        always = {"restartPolicy": "Always", "restartPolicyRules": [rule]}
        return {"containers": [_plain_container(dice) | always]}
    return {}


_TOPICS: tuple[tuple[Callable[[Dice], Object], float], ...] = (
    (_eligibility, 0.4),
    (_containers, 0.5),
    (_ports, 0.3),
    (_volumes, 0.4),
    (_company, 0.45),
    (_classes, 0.25),
    (_what_newer_ones_have, 0.06),
)
"""What a DaemonSet is about, and how often."""
