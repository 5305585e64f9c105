"""Random clusters, each from one seed: nodes, pods, storage and policies, and DaemonSets to be created one by one.

Every rule of eligibility, every filter that can refuse a DaemonSet's pod, and every rule of preemption has its share;
the run prints how often each occurred. Two filters cannot refuse such a pod on a real cluster and are not drawn:
NodeUnschedulable (its taint is tolerated automatically) and NodeName (pods are pinned by affinity, not by name).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.controlplane.differential.policies import NEIGHBOURS, draw_policies, draw_rules_of_namespace
from tests.controlplane.differential.present import Present, draw_nomination, draw_pods_on
from tests.controlplane.differential.storage import draw_storage
from tests.controlplane.differential.templates import draw_daemon_set
from tests.controlplane.filters.drawing import BETA_ZONE, REGION, ZONE, Dice, Object
from tests.controlplane.objects import merge, node, taint

NODES = 9
DAEMON_SETS = 6


@dataclass
class Scenario:
    """One cluster, and the DaemonSets that come to it."""

    seed: int
    annotations: dict[str, str] = field(default_factory=dict)
    """Of the namespace of the DaemonSets."""
    labels: dict[str, str] = field(default_factory=dict)
    """Of the same."""
    before: list[Object] = field(default_factory=list)
    """Everything but nodes and pods, in the order of creation."""
    nodes: list[Object] = field(default_factory=list)
    unready: list[str] = field(default_factory=list)
    """Nodes on which no pod becomes ready."""
    pods: list[Present] = field(default_factory=list)
    comers: list[Object] = field(default_factory=list)
    """Pods for which the scheduler clears a node, and that wait until it is clear."""
    daemon_sets: list[Object] = field(default_factory=list)


def scenario(seed: int, minor: int = 37) -> Scenario:
    """The cluster of this seed; the same seed gives the same cluster.

    Args:
        seed: any number.
        minor: of Kubernetes 1.x, for fields that only newer ones have.
    """
    dice = Dice(random.Random(seed), minor, [f"n{number}" for number in range(NODES)], namespaces=(NEIGHBOURS,))
    made = Scenario(seed)
    made.before = draw_policies(dice)
    made.annotations, made.labels = draw_rules_of_namespace(dice)
    made.nodes = [_node(dice, name) for name in dice.names]
    made.unready = [name for name in dice.names if dice.chance(0.1)]
    made.before += draw_storage(dice)
    made.pods = [each for name in dice.names for each in draw_pods_on(dice, name)]
    if dice.chance(0.25):
        holder, comer = draw_nomination(dice, dice.pick(dice.names))
        made.pods.append(holder)
        made.comers.append(comer)
    made.daemon_sets = [draw_daemon_set(dice, f"d{number}") for number in range(DAEMON_SETS)]
    return made


def _node(dice: Dice, name: str) -> Object:
    rows = (
        (0.6, "disk", ("ssd", "hdd", "")),
        (0.5, "cores", ("4", "16", "many")),
        (0.65, ZONE, ("z1", "z2", "z3")),
        (0.2, REGION, ("r1", "r2")),
        (0.1, BETA_ZONE, ("z1", "z2")),
        (0.35, "runtime", ("picky",)),
    )
    made = node(
        name,
        cpu=dice.pick(("2", "4", "3500m")),
        memory=dice.pick(("4Gi", "8Gi", "4000000k")),
        pods=dice.pick((8, 12, 110)),
        labels={key: dice.pick(values) for chance, key, values in rows if dice.chance(chance)},
        taints=_taints(dice),
        unschedulable=dice.chance(0.15),
        extended=_extended(dice),
    )
    if dice.minor >= 36 and dice.chance(0.5):
        made = merge(made, {"status": {"declaredFeatures": ["RestartAllContainersOnContainerExits"]}})
    if dice.chance(0.06):
        del made["metadata"]["labels"]["kubernetes.io/hostname"]
    if dice.chance(0.06):
        lacking = dice.pick(("allocatable", "cpu", "pods", "ephemeral-storage"))
        changes: Object = {"allocatable": {lacking: None}} if lacking != "allocatable" else {"allocatable": None}
        made = merge(made, {"status": changes})
    if dice.chance(0.03):
        made = merge(made, {"status": {"allocatable": None, "capacity": None}})
    return made


def _extended(dice: Dice) -> Object:
    amounts = {"example.com/gpu": dice.pick(("0", "2"))} if dice.chance(0.35) else {}
    return amounts | ({"hugepages-2Mi": "128Mi"} if dice.chance(0.3) else {})


def _taints(dice: Dice) -> list[Object]:
    drawn = []
    if dice.chance(0.25):
        effect = dice.pick(("NoSchedule", "NoExecute", "PreferNoSchedule"))
        drawn.append(taint("dedicated", effect, dice.pick(("x", "y", None))))
    if dice.chance(0.12):
        drawn.append(taint("gpu", dice.pick(("NoSchedule", "NoExecute"))))
    if dice.chance(0.12):
        drawn.append(taint(f"node.kubernetes.io/{dice.pick(('not-ready', 'unreachable'))}", "NoSchedule"))
    if dice.chance(0.12):
        kinds = ("disk-pressure", "memory-pressure", "pid-pressure", "network-unavailable", "network-unavailable")
        drawn.append(taint(f"node.kubernetes.io/{dice.pick(kinds)}", "NoSchedule"))
    return drawn
