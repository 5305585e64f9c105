"""Random nodes, namespaces and budgets; and the dice that all drawings share.

Everything comes from one seed. The clusters are crowded and odd on purpose: labels are missing, nodes report nothing,
pods are resized, over, or on nodes that are gone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Object = dict[str, Any]
T = TypeVar("T")

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
NAMESPACES = ("filters-1", "filters-2")
APPS = ("a", "b", "c")


@dataclass
class Made:
    """An object to be created, and what becomes of it at once."""

    plain: Object
    status: Object | None = None
    """What is patched into its status afterwards; the API ignores the status of most POSTs."""
    deleted: bool = False
    """Whether it is deleted, and stays for its grace period or a finalizer."""


@dataclass
class Dice:
    """Chances from one seed."""

    rng: random.Random
    minor: int
    """The minor version of Kubernetes 1.x, for fields that only newer ones have."""
    names: list[str] = field(default_factory=list)
    """The nodes."""
    namespaces: Sequence[str] = NAMESPACES
    """Those that terms of pod affinity name."""
    claims: list[tuple[str, str]] = field(default_factory=list)
    """(namespace, name) of every claim."""
    taken: set[tuple[str, str, int]] = field(default_factory=set)
    """(node, protocol, host port) of pods: two that share one confuse the scheduler's own cache for good."""
    number: int = 0

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.rng.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """One of these."""
        return self.rng.choice(choices)

    def next(self) -> int:
        """A number that was not drawn before."""
        self.number += 1
        return self.number


def draw_namespaces(dice: Dice) -> list[Made]:
    """The namespaces, some with a team."""
    return [
        Made(
            {
                "kind": "Namespace",
                "metadata": {"name": name, "labels": {"team": dice.pick(("red", "blue"))} if dice.chance(0.7) else {}},
            }
        )
        for name in NAMESPACES
    ]


def draw_nodes(dice: Dice) -> list[Made]:
    """Four to eight nodes."""
    dice.names = [f"n{number}" for number in range(dice.rng.randint(4, 8))]
    return [Made(_node(dice, name)) for name in dice.names]


def draw_budgets(dice: Dice) -> list[Made]:
    """Up to five disruption budgets."""
    return [_budget(dice, number) for number in range(dice.rng.randint(0, 5))]


def selector(dice: Dice) -> Object | None:
    """A label selector; sometimes the empty one, or none."""
    form = dice.rng.random()
    if form < 0.08:
        return {}
    if form < 0.13:
        return None
    if form < 0.6:
        return {"matchLabels": {"app": dice.pick(APPS)}}
    operator = dice.pick(("In", "NotIn", "Exists", "DoesNotExist"))
    values = {"values": dice.rng.sample(APPS, 2)} if operator in ("In", "NotIn") else {}
    return {"matchExpressions": [{"key": dice.pick(("app", "tier")), "operator": operator} | values]}


def _node(dice: Dice, name: str) -> Object:
    allocatable = {
        "cpu": dice.pick(("2", "4", "6", "3500m")),
        "memory": dice.pick(("2Gi", "4Gi", "4000000k")),
        "pods": dice.pick(("4", "10", "15", "20", "20")),
        "ephemeral-storage": dice.pick(("10Gi", "20Gi")),
    }
    if dice.chance(0.4):
        allocatable["example.com/gpu"] = str(dice.rng.randint(0, 3))
    if dice.chance(0.3):
        allocatable["hugepages-2Mi"] = dice.pick(("64Mi", "128Mi"))
    if dice.chance(0.05):
        del allocatable[dice.pick(tuple(allocatable))]
    status: Object = {"capacity": allocatable, "allocatable": allocatable}
    if dice.chance(0.08):
        status = dice.pick(({}, {"capacity": allocatable}))
    if dice.chance(0.5):
        status["declaredFeatures"] = ["RestartAllContainersOnContainerExits"]
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": _labels(dice, name)},
        "spec": {"taints": _taints(dice)} | ({"unschedulable": True} if dice.chance(0.12) else {}),
        "status": status,
    }


def _labels(dice: Dice, name: str) -> Object:
    rows = (
        (0.93, HOSTNAME, (name,)),
        (0.8, ZONE, ("z1", "z2")),
        (0.3, REGION, ("r1", "r2")),
        (0.1, BETA_ZONE, ("z1", "z2")),
        (0.5, "disk", ("ssd", "hdd", "")),
        (0.4, "cores", ("2", "4", "16", "many")),
        (0.3, "topology.gke.io/zone", ("z1", "z2")),
    )
    return {key: dice.pick(values) for chance, key, values in rows if dice.chance(chance)}


def _taints(dice: Dice) -> list[Object]:
    taints: dict[tuple[str, str], Object] = {}
    for _ in range(dice.pick((0, 0, 0, 1, 1, 2))):
        key, effect = dice.pick(("gpu", "maint")), dice.pick(("NoSchedule", "NoExecute", "PreferNoSchedule"))
        value = {"value": dice.pick(("x", "y"))} if dice.chance(0.5) else {}
        taints[key, effect] = {"key": key, "effect": effect} | value
    return list(taints.values())


def _budget(dice: Dice, number: int) -> Made:
    chosen = selector(dice)
    spec = {"minAvailable": 1} | ({"selector": chosen} if chosen is not None else {})
    status: Object = {"disruptionsAllowed": dice.pick((0, 0, 1, 2))}
    status |= {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}
    if dice.chance(0.2):
        status["disruptedPods"] = {f"e{dice.rng.randint(0, 20)}": "2026-01-01T00:00:00Z"}
    metadata = {"name": f"budget-{number}", "namespace": dice.pick(NAMESPACES)}
    return Made({"kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec}, status)
