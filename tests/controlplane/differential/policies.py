"""What rules a random cluster: classes, budgets, limits, quotas, and what its namespaces demand."""

from __future__ import annotations

import json
from typing import Any

from tests.controlplane.cluster import SINCE
from tests.controlplane.filters.drawing import APPS, ZONE, Dice, Object
from tests.controlplane.objects import merge, toleration
from tests.controlplane.policies import limit_range, namespace, pdb, priority_class, quota, runtime_class

NEIGHBOURS = "neighbours"
"""A second namespace, with pods alone."""

DEVICE = "device"
"""A claim for a device that no node has."""

PRIORITIES = {"low": -10, "middle": 100, "high": 1000, "polite": 500}
LASTING = "lasting"
"""Above all that DaemonSets have, but for the two that are built in."""

FIRST = "system-node-critical"
"""Above that."""


def draw_policies(dice: Dice) -> list[Object]:
    """All of them, in the order of creation."""
    made = [namespace(NEIGHBOURS, {"team": dice.pick(("red", "blue"))} if dice.chance(0.7) else {})]
    for name, value in PRIORITIES.items():
        made.append(priority_class(name, value, preemption_policy="Never" if name == "polite" else None))
    made.append(priority_class(LASTING, 1_000_000))
    if dice.chance(0.15):
        made.append(priority_class("usual", dice.pick((-20, 50, 300)), default=True))
    tolerant = {"scheduling": {"tolerations": [toleration("gpu")]}}
    made += [
        runtime_class("heavy", overhead={"cpu": "250m", "memory": "64Mi"}),
        runtime_class("picky", node_selector={"runtime": "picky"}),
        merge(runtime_class("tolerant"), tolerant),
    ]
    if dice.minor >= SINCE["resourceclaims"]:
        made += _device()
    if dice.chance(0.15):
        made.append(limit_range("limits", [_limits(dice)]))
    if dice.chance(0.12):
        hard, scopes = _quota(dice)
        made.append(quota("few", hard, scopes=scopes))
    made += [_budget(dice, number) for number in range(dice.pick((0, 1, 2, 3)))]
    return made


def _device() -> list[Object]:
    asked = {"name": "any", "exactly": {"deviceClassName": DEVICE}}
    devices = {"devices": {"requests": [asked]}}
    version = {"apiVersion": "resource.k8s.io/v1"}
    return [
        version | {"kind": "DeviceClass", "metadata": {"name": DEVICE}, "spec": {}},
        version | {"kind": "ResourceClaim", "metadata": {"name": DEVICE}, "spec": devices},
    ]


def draw_rules_of_namespace(dice: Dice) -> tuple[dict[str, str], dict[str, str]]:
    """Annotations and labels of the namespace of the DaemonSets."""
    annotations, labels = {}, {}
    if dice.chance(0.1):
        chosen = dice.pick(("disk=ssd", f"{ZONE}=z1", "cores=16,disk=hdd", "absent=yes"))
        annotations["scheduler.alpha.kubernetes.io/node-selector"] = chosen
    if dice.chance(0.08):
        defaults = [toleration("gpu")] if dice.chance(0.5) else [toleration("dedicated", "NoSchedule", "x")]
        annotations["scheduler.alpha.kubernetes.io/defaultTolerations"] = json.dumps(defaults)
    if dice.chance(0.05):
        listed = dice.pick(([toleration()], [toleration("dedicated")], []))
        annotations["scheduler.alpha.kubernetes.io/tolerationsWhitelist"] = json.dumps(listed)
    if dice.chance(0.05):
        labels["pod-security.kubernetes.io/enforce"] = dice.pick(("baseline", "baseline", "restricted"))
    if dice.chance(0.5):
        labels["team"] = dice.pick(("red", "blue"))
    return annotations, labels


def _limits(dice: Dice) -> Object:
    amounts = {"cpu": dice.pick(("100m", "700m")), "memory": "128Mi"}
    if dice.chance(0.2):
        return {"type": "Container", "default": amounts}
    if dice.chance(0.3):
        return {"type": "Pod", "max": {"cpu": dice.pick(("1", "3"))}}
    if dice.chance(0.3):
        return {"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": dice.pick(("50m", "150m"))}}
    return {"type": "Container", "defaultRequest": amounts}


def _quota(dice: Dice) -> tuple[Object, tuple[str, ...]]:
    drawn: tuple[tuple[Object, tuple[str, ...]], ...] = (
        ({"pods": dice.pick(("6", "25", "60"))}, ()),
        ({"pods": dice.pick(("3", "12"))}, (dice.pick(("BestEffort", "NotBestEffort", "NotTerminating")),)),
        ({"count/pods": dice.pick(("25", "60"))}, ()),
        ({"requests.cpu": dice.pick(("9", "20"))}, ()),
        ({"requests.memory": "30Gi", "limits.cpu": "12"}, ()),
        ({"requests.example.com/gpu": "3"}, ()),
    )
    return dice.pick(drawn)


def _budget(dice: Dice, number: int) -> Object:
    """A budget over pods that no DaemonSet makes: what its own pods do to a budget is left to chance."""
    choices: tuple[dict[str, Any], ...] = (
        {"min_available": 0},
        {"min_available": 1},
        {"min_available": 3},
        {"min_available": "50%"},
        {"max_unavailable": 0},
    )
    kept = dice.pick(choices)
    made = pdb(f"keep-{number}", {"role": "web", "app": dice.pick(APPS)}, **kept)
    form = dice.rng.random()
    if form < 0.1:
        del made["spec"]["selector"]
    elif form < 0.45:
        rule = {"key": "app", "operator": dice.pick(("In", "NotIn")), "values": dice.rng.sample(APPS, 2)}
        made["spec"]["selector"] = {"matchLabels": {"role": "web"}, "matchExpressions": [rule]}
    return made
