"""The pods that are on a random cluster's nodes before any DaemonSet comes: running, over, going, resized."""

from __future__ import annotations

from dataclasses import dataclass

from tests.controlplane.differential.policies import FIRST, LASTING, NEIGHBOURS
from tests.controlplane.filters.drawing import APPS, Dice, Object
from tests.controlplane.filters.parts import draw_base_spec, draw_disk, draw_resize, draw_term, draw_terms, required
from tests.controlplane.objects import IMAGE, pod, toleration
from tests.controlplane.policies import claim_volume


@dataclass(frozen=True)
class Present:
    """A pod that is there before the DaemonSets come."""

    plain: Object
    status: Object | None = None
    """What is patched into its status once it runs."""
    deleted: bool = False
    """Whether it is being deleted, and stays."""
    lingers: bool = False
    """Whether it will stay when it is deleted."""


def draw_labels(dice: Dice) -> dict[str, str]:
    """Labels by which terms of affinity and spread select."""
    labels = {"app": dice.pick(APPS)}
    labels |= {"tier": "x"} if dice.chance(0.3) else {}
    return labels | ({"rev": dice.pick(("1", "2"))} if dice.chance(0.4) else {})


def draw_spec(dice: Dice, *, small: bool) -> Object:
    """Containers and init containers; overhead comes from a class alone."""
    spec = draw_base_spec(dice, small=small)
    spec.pop("terminationGracePeriodSeconds")
    if spec.pop("overhead", None):
        spec["runtimeClassName"] = "heavy"
    for each in (*spec["containers"], *spec.get("initContainers", ())):
        each["image"] = IMAGE
    return spec


def draw_pods_on(dice: Dice, name: str) -> list[Present]:
    """The pods of one node."""
    return [_pod(dice, f"p-{name}-{number}", name) for number in range(dice.pick((1, 2, 3, 5, 6)))]


def draw_nomination(dice: Dice, node: str) -> tuple[Present, Object]:
    """A pod that lingers when it is evicted, and the one that wants its port: the node stays cleared for that one."""
    port = {"containerPort": 7777, "hostPort": 7777, "protocol": "TCP"}
    main = {"name": "main", "image": IMAGE, "ports": [port]}
    holder = pod(f"holder-{node}", node_name=node, tolerations=[toleration()], priority_class=LASTING)
    asked = {"cpu": dice.pick(("100m", "1")), "memory": dice.pick(("128Mi", "1Gi"))}
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    pinned = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [field]}]}}
    comer = pod(f"comer-{node}", None, draw_labels(dice), tolerations=[toleration()], priority_class=FIRST)
    affinity = {"nodeAffinity": pinned}
    if dice.chance(0.3):
        affinity |= required("podAntiAffinity", draw_terms(dice))
    comer["spec"] |= {"containers": [main | {"resources": {"requests": asked}}], "affinity": affinity}
    return Present(holder | {"spec": holder["spec"] | {"containers": [main]}}, lingers=True), comer


def _pod(dice: Dice, name: str, node: str) -> Present:
    deleted = dice.chance(0.05)
    made = pod(
        name,
        NEIGHBOURS if dice.chance(0.25) else None,
        draw_labels(dice) | {"role": dice.pick(("web", "web", "job"))},
        node_name=node,
        tolerations=[toleration()],
        priority_class=LASTING if deleted else dice.pick((None, None, "low", "middle", "high")),
    )
    spec = made["spec"] | draw_spec(dice, small=True)
    _keep_free_ports(dice, spec, node)
    if dice.chance(0.1):
        spec["volumes"] = [claim_volume(dice.pick(("single", "csi-0", "csi-1", "free")))]
    elif dice.chance(0.1):
        spec["volumes"] = [draw_disk(dice)]
    if dice.chance(0.12):
        spec["affinity"] = required("podAntiAffinity", draw_terms(dice))
    elif dice.chance(0.05):
        spec["affinity"] = required("podAffinity", [draw_term(dice)])
    status: Object | None = None
    if not deleted and dice.chance(0.06):
        status = {"phase": dice.pick(("Succeeded", "Failed"))}
    elif dice.chance(0.12):
        status = draw_resize(dice, spec["containers"])
    return Present(made | {"spec": spec}, status, deleted)


def _keep_free_ports(dice: Dice, spec: Object, node: str) -> None:
    """No two pods on a node hold a port: the scheduler forgets it with the first that goes.

    (``HostPortInfo`` is a set, not a count: pkg/scheduler/framework, 1.37.)
    """
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        free = []
        for port in container.get("ports", ()):
            key = (node, port["protocol"], port["hostPort"])
            if key not in dice.taken:
                dice.taken.add(key)
                free.append(port)
        container["ports"] = free
