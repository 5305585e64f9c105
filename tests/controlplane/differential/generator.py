"""Random clusters, each from one seed: nodes, pods, storage and policies, and DaemonSets to be created one by one.

Every rule of eligibility, every filter that can refuse a DaemonSet's pod, and every rule of preemption has its share;
the run prints how often each occurred. Two filters cannot refuse such a pod on a real cluster and are not drawn:
NodeUnschedulable (its taint is tolerated automatically) and NodeName (pods are pinned by affinity, not by name).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.controlplane.objects import container, daemon_set, merge, node, pod, taint, toleration
from tests.controlplane.policies import (
    claim_volume,
    csi_node,
    limit_range,
    pdb,
    priority_class,
    pv,
    pvc,
    quota,
    runtime_class,
    storage_class,
)

Object = dict[str, Any]

ZONE = "topology.kubernetes.io/zone"
PRIORITIES = {"low": -10, "middle": 100, "high": 1000, "polite": 500}
DRIVER = "csi.example.com"


@dataclass
class Scenario:
    """One cluster, and the DaemonSets that come to it."""

    seed: int
    before: list[Object] = field(default_factory=list)
    """Everything but nodes and pods, in the order of creation."""
    nodes: list[Object] = field(default_factory=list)
    pods: list[Object] = field(default_factory=list)
    """Bound by their nodeName."""
    daemon_sets: list[Object] = field(default_factory=list)


def scenario(seed: int, nodes: int = 9, daemon_sets: int = 6) -> Scenario:
    """The cluster of this seed; the same seed gives the same cluster."""
    return _Drawing(random.Random(seed), Scenario(seed), nodes, daemon_sets).draw()


class _Drawing:
    def __init__(self, rng: random.Random, made: Scenario, nodes: int, daemon_sets: int) -> None:
        self._rng = rng
        self._made = made
        self._names = [f"n{number}" for number in range(nodes)]
        self._count = daemon_sets

    def draw(self) -> Scenario:
        """Everything, in the order of creation."""
        for name, value in PRIORITIES.items():
            policy = "Never" if name == "polite" else None
            self._made.before.append(priority_class(name, value, preemption_policy=policy))
        self._made.before += [
            runtime_class("heavy", overhead={"cpu": "250m", "memory": "64Mi"}),
            runtime_class("picky", node_selector={"runtime": "picky"}),
        ]
        self._made.nodes = [self._node(name) for name in self._names]
        self._storage()
        self._policies()
        self._made.pods = [each for name in self._names for each in self._pods_on(name)]
        self._made.daemon_sets = [self._daemon_set(f"d{number}") for number in range(self._count)]
        return self._made

    def _one_in(self, chances: int) -> bool:
        return self._rng.randrange(chances) == 0

    def _some(self, choices: dict[str, list[str]], chance: int = 2) -> dict[str, str]:
        return {key: self._rng.choice(values) for key, values in choices.items() if self._one_in(chance)}

    def _node(self, name: str) -> Object:
        rng = self._rng
        labels = self._some({"disk": ["ssd", "hdd"], "cores": ["4", "16"], ZONE: ["a", "b", "c"]})
        if self._one_in(3):
            labels["runtime"] = "picky"
        taints = []
        if self._one_in(4):
            taints.append(taint("dedicated", rng.choice(["NoSchedule", "NoExecute", "PreferNoSchedule"]), "x"))
        if self._one_in(8):
            taints.append(taint("node.kubernetes.io/not-ready", "NoSchedule"))
        return node(
            name,
            cpu=rng.choice(["2", "4", "3500m"]),
            memory=rng.choice(["4Gi", "8Gi"]),
            pods=rng.choice([8, 12, 110]),
            labels=labels,
            taints=taints,
            unschedulable=self._one_in(6),
            extended={"example.com/gpu": "2"} if self._one_in(3) else None,
        )

    def _storage(self) -> None:
        rng, before = self._rng, self._made.before
        before += [
            storage_class("now", "Immediate"),
            storage_class("later", "WaitForFirstConsumer"),
        ]
        here = rng.choice(self._names)
        before += [
            pv("pinned", node=here, storage_class="none-1"),
            pvc("pinned", storage_class="none-1", volume="pinned"),
            pv("zoned", labels={ZONE: rng.choice("abc")}, storage_class="none-2"),
            pvc("zoned", storage_class="none-2", volume="zoned"),
            pv("free", storage_class="none-3", modes=("ReadWriteMany",)),
            pvc("free", storage_class="none-3", modes=("ReadWriteMany",), volume="free"),
            pv("single", storage_class="none-4", modes=("ReadWriteOncePod",), source=_csi("single")),
            pvc("single", storage_class="none-4", modes=("ReadWriteOncePod",), volume="single"),
            pvc("unbound", storage_class="now"),
            pvc("waiting", storage_class="later"),
            pvc("classless", storage_class="absent"),
        ]
        for number in range(3):
            name = f"csi-{number}"
            before.append(pv(name, storage_class=f"none-csi-{number}", modes=("ReadWriteMany",), source=_csi(name)))
            before.append(pvc(name, storage_class=f"none-csi-{number}", modes=("ReadWriteMany",), volume=name))
        before += [csi_node(name, {DRIVER: rng.choice([1, 2, 10])}) for name in self._names if self._one_in(2)]
        if self._one_in(2):
            before.append(pv("later-1", node=rng.choice(self._names), storage_class="later"))

    def _policies(self) -> None:
        rng, before = self._rng, self._made.before
        if self._one_in(6):
            defaults = {"cpu": rng.choice(["100m", "700m"]), "memory": "128Mi"}
            before.append(limit_range("limits", [{"type": "Container", "defaultRequest": defaults}]))
        if self._one_in(8):
            before.append(quota("few", {"pods": str(rng.choice([6, 25, 60]))}))
        for app in ("web", "db"):
            if self._one_in(2):
                kept = {"min_available": rng.choice([0, 1, "50%"])} if self._one_in(2) else {"max_unavailable": 0}
                before.append(pdb(f"keep-{app}", {"app": app}, **kept))

    def _pods_on(self, name: str) -> list[Object]:
        """Pods that are there already. No two on a node hold a port: the scheduler forgets it with the first that goes.

        (``HostPortInfo`` is a set, not a count: pkg/scheduler/framework, 1.37.)
        """
        rng = self._rng
        made = []
        ports = rng.sample([8080, 9100], 2)
        for number in range(rng.choice([0, 1, 2, 3, 5])):
            spec: Object = {
                "cpu": rng.choice([None, "100m", "500m", "1"]),
                "memory": rng.choice([None, "256Mi", "1Gi"]),
                "priority_class": rng.choice([None, None, "low", "middle", "high"]),
                "tolerations": [toleration()],
            }
            if ports and self._one_in(5):
                spec["host_port"] = ports.pop()
            if self._one_in(8):
                claim = rng.choice(["single", "csi-0", "csi-1", "free"])
                spec["volumes"] = [claim_volume(claim)]
            if self._one_in(8):
                spec["requests"] = spec["limits"] = {"example.com/gpu": "1"}
            if self._one_in(7):
                spec["affinity"] = self._anti_affinity({"team": rng.choice(["red", "blue"])})
            app = rng.choice(["web", "db", "job"])
            made.append(pod(f"p-{name}-{number}", labels={"app": app}, node_name=name, **spec))
        return made

    def _daemon_set(self, name: str) -> Object:
        rng = self._rng
        labels = {"app": name, "team": rng.choice(["red", "blue", "green"])}
        spec: Object = {"cpu": rng.choice([None, "100m", "400m", "900m", "1900m", "5"])}
        spec["memory"] = rng.choice([None, None, "256Mi", "2Gi", "6Gi"])
        spec["priority_class"] = rng.choice([None, None, "low", "middle", "high", "polite"])
        spec["tolerations"] = self._tolerations()
        if self._one_in(4):
            spec["node_selector"] = self._some({"disk": ["ssd", "hdd"], "cores": ["4", "16"]}) or None
        template: Object = {}
        for draw in (self._eligibility, self._resources, self._ports_and_volumes, self._placement):
            if self._one_in(2):
                part, more = draw()
                spec |= part
                template = merge(template, more)
        return daemon_set(name, labels=labels, template=template, **spec)

    def _tolerations(self) -> list[Object]:
        choices = [
            [],
            [],
            [toleration("dedicated")],
            [toleration("dedicated", "NoSchedule", "x")],
            [toleration("dedicated", value="y")],
            [toleration()],
            [toleration(effect="NoSchedule")],
        ]
        return self._rng.choice(choices)

    def _eligibility(self) -> tuple[Object, Object]:
        rng = self._rng
        requirement = rng.choice(
            [
                {"key": "disk", "operator": "In", "values": ["ssd"]},
                {"key": "disk", "operator": "NotIn", "values": ["hdd"]},
                {"key": "cores", "operator": "Gt", "values": ["8"]},
                {"key": "cores", "operator": "Lt", "values": ["8"]},
                {"key": ZONE, "operator": "Exists"},
                {"key": "disk", "operator": "DoesNotExist"},
            ]
        )
        field_term = {
            "matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": [rng.choice(self._names)]}]
        }
        terms: list[Object] = [{"matchExpressions": [requirement]}]
        if self._one_in(3):
            terms.append(field_term)
        if self._one_in(8):
            return {"node_name": rng.choice(self._names)}, {}
        required = {"nodeSelectorTerms": terms}
        return {}, _pod_spec(
            {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}
        )

    def _resources(self) -> tuple[Object, Object]:
        rng = self._rng
        kind = rng.randrange(7)
        if kind == 0:
            devices = {"example.com/gpu": rng.choice(["1", "2"])}
            return {"requests": devices, "limits": devices}, {}
        if kind == 1:
            return {"requests": {"ephemeral-storage": rng.choice(["1Gi", "90Gi", "200Gi"])}}, {}
        if kind == 2:
            return {}, _pod_spec({"initContainers": [container("init", cpu=rng.choice(["200m", "1500m"]))]})
        if kind == 3:
            sidecar = container("side", cpu=rng.choice(["200m", "1"])) | {"restartPolicy": "Always"}
            return {}, _pod_spec({"initContainers": [sidecar, container("init", cpu="300m")]})
        if kind == 4:
            return {}, _pod_spec({"runtimeClassName": rng.choice(["heavy", "heavy", "picky"])})
        if kind == 5:
            return {"cpu": None, "memory": None, "limits": {"cpu": rng.choice(["300m", "1500m"])}}, {}
        return {}, _pod_spec({"schedulingGates": [{"name": "example.com/wait"}]})

    def _ports_and_volumes(self) -> tuple[Object, Object]:
        rng = self._rng
        kind = rng.randrange(5)
        if kind == 0:
            return {"host_port": rng.choice([8080, 9100, 7000])}, {}
        if kind == 1:
            port = {
                "containerPort": 80,
                "hostPort": 8080,
                "hostIP": "127.0.0.1",
                "protocol": rng.choice(["TCP", "UDP"]),
            }
            return {}, _pod_spec({"containers": [container() | {"ports": [port]}]})
        claims = ["pinned", "zoned", "free", "single", "unbound", "waiting", "classless", "absent", "csi-0", "csi-1"]
        chosen = rng.sample(claims, rng.choice([1, 1, 2]))
        if kind == 2:
            chosen = ["csi-0", "csi-1", "csi-2"]
        return {"volumes": [claim_volume(claim, f"v-{claim}") for claim in chosen]}, {}

    def _placement(self) -> tuple[Object, Object]:
        rng = self._rng
        kind = rng.randrange(4)
        if kind == 0:
            constraint = {
                "maxSkew": 1,
                "topologyKey": rng.choice([ZONE, "kubernetes.io/hostname"]),
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"team": rng.choice(["red", "blue"])}},
            }
            if self._one_in(2):
                constraint["nodeAffinityPolicy"] = rng.choice(["Honor", "Ignore"])
            return {}, _pod_spec({"topologySpreadConstraints": [constraint]})
        if kind == 1:
            return {"affinity": self._anti_affinity({"app": rng.choice(["web", "db"])})}, {}
        if kind == 2:
            return {"affinity": self._anti_affinity({"team": rng.choice(["red", "blue"])})}, {}
        term = self._term({"app": rng.choice(["web", "db", "absent"])})
        return {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}, {}

    def _anti_affinity(self, labels: dict[str, str]) -> Object:
        return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [self._term(labels)]}}

    def _term(self, labels: dict[str, str]) -> Object:
        key = self._rng.choice([ZONE, "kubernetes.io/hostname", "kubernetes.io/hostname"])
        term: Object = {"topologyKey": key, "labelSelector": {"matchLabels": labels}}
        if self._one_in(4):
            term["namespaceSelector"] = {}
        return term


def _pod_spec(spec: Object) -> Object:
    return {"spec": spec}


def _csi(name: str) -> Object:
    return {"csi": {"driver": DRIVER, "volumeHandle": name}}
