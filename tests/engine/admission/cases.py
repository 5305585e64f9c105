"""Random namespaces and DaemonSets over everything that admission looks at, as plain objects.

One case is one namespace with its rules and one DaemonSet. The objects are such as the API server accepts, or nearly
always; the generator knows nothing of what becomes of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from tests.controlplane.objects import daemon_set, metadata
from tests.controlplane.policies import limit_range, namespace, priority_class, quota, runtime_class

Object = dict[str, Any]
T = TypeVar("T")

_AUTOMATIC = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
    for effect, keys in (
        ("NoExecute", ("not-ready", "unreachable")),
        ("NoSchedule", ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable", "network-unavailable")),
    )
    for key in keys
]
_NODE_SELECTORS = ("", "zone=a", "zone=a,disk=ssd", " zone = a ", "disk=ssd,zone=a", "tier=gold")
_BAD_NODE_SELECTORS = ("zone=b", "zone", "zone=a=b", "-x=1", "zone=-", "zone=b,disk=hdd")
_BAD_JSON = ("not json", "{}", '[{"key":1}]', '[{"tolerationSeconds":"5"}]', "[", '["x"]')
_AMOUNTS = {
    "cpu": ("100m", "0.25", "1", "1500m", "2", "0.1", "1e0", "0.0005", "0"),
    "memory": ("64Mi", "100M", "1Gi", "0.5Gi", "1500Ki", "1e8", "128974848", "123456789m", "0"),
    "ephemeral-storage": ("1Gi", "500M", "2e9"),
}


_FOCUSES = (
    frozenset[str](),
    frozenset[str](),
    frozenset({"pod-security", "privileged", "probe-host", "host-namespaces", "sysctls"}),
    frozenset({"quota", "limit-range"}),
    frozenset({"limit-range", "bad-node-selector"}),
    frozenset({"whitelist", "bad-json", "invalid-toleration"}),
    frozenset({"absent-class", "absent-account", "priority-mismatch", "overhead", "secret-env", "spaced-image"}),
)
"""What may go wrong in a case; in the first ones as little as possible."""


DEFAULT_CLASS = "by-default"


@dataclass(frozen=True)
class Case:
    """One namespace and one DaemonSet."""

    namespace: str
    rules: list[Object]
    """The namespace itself, then what lies in it."""
    daemon_set: Object
    features: list[str] = field(default_factory=list)
    """What it is about, for the distribution."""


class Cases:
    """A generator of cases, the same for the same seed."""

    def __init__(self, seed: int, minor: int) -> None:
        self._random = Random(seed)
        self._minor = minor
        self._features: list[str] = []
        self._focus: frozenset[str] = frozenset()
        self._account = False

    def cluster_wide(self) -> list[Object]:
        """Classes that all cases of one cluster share."""
        return [
            priority_class("low", -5, preemption_policy="Never"),
            priority_class("high", 1000),
            runtime_class("plain"),
            runtime_class("heavy", overhead={"cpu": "250m", "memory": "0.5Gi"}),
            runtime_class("picky", node_selector={"runtime": "picky", "zone": "a"}),
            runtime_class("tolerant", overhead={"memory": "1500Ki"})
            | {
                "scheduling": {
                    "nodeSelector": {"runtime": "tolerant"},
                    "tolerations": [
                        {"key": "runtime", "operator": "Exists"},
                        {"operator": "Exists", "effect": "NoSchedule"},
                    ],
                }
            },
        ]

    def default_class(self) -> list[Object]:
        """Sometimes a class for pods that name none."""
        return [priority_class(DEFAULT_CLASS, 7, default=True)] if self._random.random() < 0.4 else []

    def case(self, number: int) -> Case:
        """The next case; its names end in ``number``."""
        self._features = []
        self._focus = self._one(_FOCUSES)
        name = f"case-{number}"
        rules = [self._namespace(name)]
        rules += [made for made in (self._limit_range(), self._limit_range(0.05, "second")) if made]
        rules += [made for made in (self._quota("first", 0.3), self._quota("other", 0.12)) if made]
        self._account = self._chance(0.2, "account")
        if self._account:
            account: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("runner")}
            if self._chance(0.3, "mountable-secrets"):
                account["metadata"]["annotations"] = {"kubernetes.io/enforce-mountable-secrets": "true"}
                account["secrets"] = [{"name": "known"}]
            rules.append(account)
        return Case(name, rules, self._daemon_set(f"d{number}"), sorted(set(self._features)))

    def _chance(self, chance: float, feature: str = "") -> bool:
        hit = self._random.random() < chance
        if hit and feature:
            self._features.append(feature)
        return hit

    def _risk(self, chance: float, feature: str) -> bool:
        """Something that often leads to a refusal: likely where it is the focus, else rare, to let others be seen."""
        return self._chance(min(1.0, 1.5 * chance) if feature in self._focus else 0.1 * chance, feature)

    def _one(self, values: Sequence[T]) -> T:
        return self._random.choice(values)

    def _existing(self, names: Sequence[str]) -> str:
        return "absent" if self._risk(0.2, "absent-class") else self._one(names)

    def _namespace(self, name: str) -> Object:
        labels: Object = {}
        annotations: Object = {}
        if self._risk(0.7, "pod-security"):
            labels["pod-security.kubernetes.io/enforce"] = self._one(("privileged", "baseline", "restricted"))
            if self._chance(0.4):
                versions = ("latest", "v1.0", "v1.15", "v1.22", "v1.24", "v1.30", "v1.36", "v1.99")
                labels["pod-security.kubernetes.io/enforce-version"] = self._one(versions)
        if self._chance(0.25, "node-selector"):
            annotations["scheduler.alpha.kubernetes.io/node-selector"] = self._one(
                _BAD_NODE_SELECTORS if self._risk(0.5, "bad-node-selector") else _NODE_SELECTORS
            )
        if self._chance(0.25, "default-tolerations"):
            annotations["scheduler.alpha.kubernetes.io/defaultTolerations"] = self._toleration_list()
        if self._risk(0.5, "whitelist"):
            annotations["scheduler.alpha.kubernetes.io/tolerationsWhitelist"] = self._whitelist()
        return namespace(name, labels, annotations)

    def _toleration_list(self) -> str:
        if self._risk(0.15, "bad-json"):
            return self._one(_BAD_JSON)
        if self._chance(0.1):
            return self._one(("", "[]", "null"))
        made = [self._toleration(self._risk(0.1, "invalid-toleration")) for _ in range(self._random.randint(1, 2))]
        return json.dumps(made)

    def _whitelist(self) -> str:
        if self._risk(0.15, "bad-json"):
            return self._one(_BAD_JSON)
        if self._chance(0.1):
            return self._one(("", "[]", "null"))
        own = [self._toleration() for _ in range(self._random.randint(0, 3))]
        base: list[Object] = self._one(
            (
                _AUTOMATIC,
                _AUTOMATIC,
                _AUTOMATIC[:-1],
                _AUTOMATIC[:3],
                [{"operator": "Exists"}],
                [{"operator": "Exists", "effect": "NoSchedule"}, *_AUTOMATIC[:2]],
                [{"Key": "node.kubernetes.io/not-ready", "OPERATOR": "Exists", "extra": 1}, {"operator": "Exists"}],
            )
        )
        return json.dumps(base + own)

    def _toleration(self, invalid: bool = False) -> Object:
        made: Object = {}
        key = self._one(("dedicated", "gpu", "runtime", "node.kubernetes.io/not-ready", None))
        effect = self._one(("", "NoSchedule", "NoExecute", "PreferNoSchedule"))
        if key:
            made["key"] = key
        made["operator"] = self._one(("Exists", "Equal", "")) if key else "Exists"
        if not made["operator"]:
            del made["operator"]
        if effect:
            made["effect"] = effect
        if made.get("operator", "Equal") == "Equal" and self._chance(0.6):
            made["value"] = self._one(("x", "y"))
        if effect == "NoExecute" and self._chance(0.4):
            made["tolerationSeconds"] = self._one((0, 60, 300))
        if invalid:
            made |= self._one(({"operator": "Exists", "value": "x"}, {"effect": "Never"}, {"tolerationSeconds": 5}))
        return made

    def _limit_range(self, chance: float = 0.35, name: str = "bounds") -> Object | None:
        if not self._risk(1.5 * chance, "limit-range"):
            return None
        limits = []
        for kind in ("Container", "Pod"):
            if kind == "Container" or self._chance(0.4, "limit-range-pod"):
                item: Object = {"type": kind}
                for resource in ("cpu", "memory"):
                    if self._chance(0.6):
                        self._bounds(item, resource)
                if self._chance(0.1):
                    item.setdefault("max", {})["ephemeral-storage"] = "1Gi"
                limits.append(item)
        return limit_range(name, [each for each in limits if len(each) > 1] or [{"type": "PersistentVolumeClaim"}])

    def _bounds(self, item: Object, resource: str) -> None:
        """Bounds that agree with each other: min ≤ defaultRequest ≤ default ≤ max."""
        ladder = {
            "cpu": ("50m", "0.1", "200m", "0.5", "1500m", "3"),
            "memory": ("16Mi", "64Mi", "100M", "256Mi", "1Gi", "2Gi"),
        }[resource]
        steps = sorted(self._random.sample(range(6), 4))
        fields = ["min", "defaultRequest", "default", "max"]
        for position, name in zip(steps, fields, strict=True):
            if item["type"] == "Pod" and name.startswith("default"):
                continue
            if self._chance(0.45):
                item.setdefault(name, {})[resource] = ladder[position]
        if self._chance(0.2):
            item.setdefault("maxLimitRequestRatio", {})[resource] = self._one(("1", "2", "1.5", "4"))

    def _quota(self, name: str, chance: float) -> Object | None:
        if not self._risk(1.5 * chance, "quota"):
            return None
        amounts = {
            "pods": ("0", "1", "2", "10"),
            "count/pods": ("0", "1", "5"),
            "requests.cpu": ("0.1", "500m", "4", "10"),
            "cpu": ("300m", "3"),
            "limits.cpu": ("1", "5"),
            "requests.memory": ("100Mi", "10Gi"),
            "limits.memory": ("200M", "10Gi"),
            "requests.ephemeral-storage": ("1Gi", "10Gi"),
            "requests.example.com/gpu": ("0", "1", "4"),
            "requests.hugepages-2Mi": ("2Mi", "1Gi"),
            "configmaps": ("10",),
        }
        names = self._random.sample(sorted(amounts), self._random.randint(1, 3))
        made = quota(name, {each: self._one(amounts[each]) for each in names})
        if self._chance(0.4, "quota-scope"):
            scopes = self._one(
                (
                    ["BestEffort"],
                    ["NotBestEffort"],
                    ["Terminating"],
                    ["NotTerminating"],
                    ["NotTerminating", "BestEffort"],
                    ["PriorityClass"],
                    ["CrossNamespacePodAffinity"],
                )
            )
            if self._chance(0.4, "scope-selector"):
                selector = self._one(
                    (
                        {"scopeName": "PriorityClass", "operator": "In", "values": ["high", "by-default"]},
                        {"scopeName": "PriorityClass", "operator": "NotIn", "values": ["high"]},
                        {"scopeName": "PriorityClass", "operator": "Exists"},
                        {"scopeName": "PriorityClass", "operator": "DoesNotExist"},
                        {"scopeName": "NotBestEffort", "operator": "Exists"},
                    )
                )
                made["spec"]["scopeSelector"] = {"matchExpressions": [selector]}
            else:
                made["spec"]["scopes"] = scopes
            if "BestEffort" in scopes and "scopes" in made["spec"]:
                made["spec"]["hard"] = {"pods": self._one(("0", "1", "5"))}
        return made

    def _daemon_set(self, name: str) -> Object:
        spec: Object = {"containers": [self._container("main", True)]}
        if self._chance(0.4, "two-containers"):
            spec["containers"].append(self._container("helper", self._chance(0.5)))
        if self._chance(0.25, "init"):
            spec["initContainers"] = [self._container("prepare", self._chance(0.5))]
            if self._chance(0.5, "sidecar"):
                sidecar = self._container("sidecar", self._chance(0.6)) | {"restartPolicy": "Always"}
                spec["initContainers"].append(sidecar)
        if self._minor >= 34 and self._chance(0.15, "pod-level-resources"):
            spec["resources"] = self._resources(1.0)
        if self._chance(0.3, "host-network"):
            spec["hostNetwork"] = True
        self._scheduling(spec, name)
        self._identity(spec)
        if self._chance(0.25, "volumes"):
            sources: tuple[Object, ...] = (
                {"hostPath": {"path": "/v"}},
                {"emptyDir": {}},
                {"nfs": {"server": "n", "path": "/p"}},
            )
            spec["volumes"] = [{"name": "data"} | self._one(sources)]
            if self._chance(0.3):
                spec["volumes"].append({"name": "secret", "secret": {"secretName": self._one(("known", "other"))}})
        made = daemon_set(name)
        if self._chance(0.1, "annotations"):
            prefix = "container.apparmor.security.beta.kubernetes.io"
            value = self._one(("unconfined", "runtime/default", "localhost/x"))
            made["spec"]["template"]["metadata"]["annotations"] = {f"{prefix}/main": value}
        made["spec"]["template"]["spec"] = spec
        return made

    def _container(self, name: str, resources: bool) -> Object:
        made: Object = {"name": name, "image": "registry.example/agent:1.0"}
        if self._risk(0.02, "spaced-image"):
            made["image"] += " "
        if resources and self._chance(0.7):
            made["resources"] = self._resources()
        if self._chance(0.3):
            made["ports"] = [{"containerPort": self._one((80, 8080, 9100))}]
            if self._chance(0.3):
                made["ports"][0]["protocol"] = "UDP"
        context = self._security()
        if context:
            made["securityContext"] = context
        if self._risk(0.08, "probe-host"):
            probe = {"httpGet": {"path": "/", "port": 80, "host": "10.0.0.1"}}
            if name not in ("prepare",):
                made["livenessProbe" if name == "sidecar" else "readinessProbe"] = probe
        if self._risk(0.05, "secret-env"):
            reference = {"name": self._one(("known", "other")), "key": "k"}
            made["env"] = [{"name": "A", "valueFrom": {"secretKeyRef": reference}}]
        return made

    def _resources(self, chance: float = 0.6) -> Object:
        """Requests that do not exceed limits: the API server would not store the DaemonSet otherwise."""
        made: Object = {}
        for resource, amounts in _AMOUNTS.items():
            if resource == "ephemeral-storage" and (chance == 1.0 or not self._chance(0.15)):
                continue
            if self._chance(chance):
                pair = sorted(self._random.sample(amounts, 2), key=_number)
                if self._chance(0.6):
                    made.setdefault("requests", {})[resource] = pair[0]
                if self._chance(0.5):
                    made.setdefault("limits", {})[resource] = pair[1]
        if chance != 1.0 and self._chance(0.07, "extended"):
            made.setdefault("limits", {})["example.com/gpu"] = "1"
        if self._chance(0.07, "hugepages") and {"cpu", "memory"} & {*made.get("limits", {}), *made.get("requests", {})}:
            made.setdefault("limits", {})["hugepages-2Mi"] = self._one(("4Mi", "2Mi"))
        return made

    def _security(self) -> Object:
        context: Object = {}
        if self._chance(0.25, "restricted-container"):
            context |= {
                "allowPrivilegeEscalation": False,
                "runAsNonRoot": True,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            }
        if self._risk(0.06, "privileged"):
            context["privileged"] = True
            context.pop("allowPrivilegeEscalation", None)
        if self._chance(0.1, "capabilities"):
            context["capabilities"] = {"add": [self._one(("NET_ADMIN", "NET_BIND_SERVICE", "CHOWN"))], "drop": ["ALL"]}
        if self._chance(0.05):
            context["seccompProfile"] = {"type": "Unconfined"}
        if self._chance(0.05):
            context["runAsUser"] = self._one((0, 1000))
        if self._chance(0.05):
            options = ({"type": "spc_t"}, {"user": "u", "role": "r"}, {"type": "container_engine_t"})
            context["seLinuxOptions"] = self._one(options)
        return context

    def _scheduling(self, spec: Object, name: str) -> None:
        if self._chance(0.35, "tolerations"):
            spec["tolerations"] = [self._toleration() for _ in range(self._random.randint(1, 3))]
        if self._chance(0.25, "template-selector"):
            spec["nodeSelector"] = self._random.choice(({"zone": "a"}, {"disk": "ssd"}))
        if self._chance(0.3, "affinity"):
            spec["affinity"] = self._affinity(name)
        if self._chance(0.12, "spread"):
            constraint = {
                "maxSkew": 1,
                "topologyKey": "zone",
                "whenUnsatisfiable": self._one(("DoNotSchedule", "ScheduleAnyway")),
                "labelSelector": {"matchLabels": {"app": name}},
            }
            if self._chance(0.5, "match-label-keys"):
                constraint["matchLabelKeys"] = [self._one(("controller-revision-hash", "absent"))]
            spec["topologySpreadConstraints"] = [constraint]
        if self._chance(0.05, "gates"):
            spec["schedulingGates"] = [{"name": "example.com/wait"}]
        if self._chance(0.1):
            spec["schedulerName"] = "other"
        if self._chance(0.1):
            spec["terminationGracePeriodSeconds"] = self._one((0, 5, -5))

    def _affinity(self, name: str) -> Object:
        made: Object = {}
        expressions = [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]
        if self._chance(0.5):
            made["nodeAffinity"] = {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": expressions}]
                },
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "preference": {"matchExpressions": expressions}}
                ],
            }
        term: Object = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": name}}}
        if self._chance(0.4, "match-label-keys"):
            keys = self._one(("matchLabelKeys", "mismatchLabelKeys"))
            term[keys] = [self._one(("controller-revision-hash", "pod-template-generation", "absent"))]
        if self._chance(0.4, "cross-namespace"):
            term |= self._one(({"namespaces": ["default"]}, {"namespaceSelector": {}}))
        rules: Object = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
        if self._chance(0.4):
            rules = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": term}]}
        if self._chance(0.5):
            made[self._one(("podAffinity", "podAntiAffinity"))] = rules
        return made

    def _identity(self, spec: Object) -> None:
        if self._chance(0.35, "priority-class"):
            spec["priorityClassName"] = self._existing(("low", "high", "high", "system-node-critical"))
        if self._risk(0.06, "priority-mismatch"):
            spec |= self._one(({"preemptionPolicy": "Never"}, {"priority": 1000}))
        if self._chance(0.25, "runtime-class"):
            spec["runtimeClassName"] = self._existing(("plain", "heavy", "picky", "tolerant", "tolerant"))
        if self._risk(0.06, "overhead"):
            spec["overhead"] = {"memory": self._one(("1500Ki", "1536000", "1Gi"))}
        if self._chance(0.15, "service-account"):
            field_name = self._one(("serviceAccountName", "serviceAccount"))
            spec[field_name] = self._one(("runner" if self._account else "default", "default"))
            if self._risk(0.3, "absent-account"):
                spec[field_name] = "absent"
        if self._chance(0.15, "restricted-pod"):
            spec["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        elif self._risk(0.1, "sysctls"):
            names = ("kernel.msgmax", "net.ipv4.tcp_rmem", "net.ipv4.tcp_notsent_lowat")
            spec["securityContext"] = {"sysctls": [{"name": self._one(names), "value": "1"}]}
        if not spec.get("hostNetwork") and self._chance(0.08, "host-users"):
            spec["hostUsers"] = False
        elif self._risk(0.08, "host-namespaces"):
            spec |= self._one(({"hostPID": True}, {"hostIPC": True}))


def _number(text: str) -> float:
    suffixes = {"m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "M": 1e6}
    for suffix, factor in suffixes.items():
        if text.endswith(suffix):
            return float(text.removesuffix(suffix)) * factor
    return float(text)
