"""Random pod templates over every field that Pod Security Standards look at, as plain objects.

Every field has allowed and forbidden values; most fields of a template are left out, so that single violations are
seen as well as many. Not all of them are valid: the API server says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

Object = dict[str, Any]
T = TypeVar("T")

LEVELS = ("baseline", "restricted")
VERSIONS = ("latest", "v1.0", "v1.18", "v1.19", "v1.22", "v1.24", "v1.26", "v1.28", "v1.30", "v1.31", "v1.33", "v1.34")
"""Of policies; each check has another form in one of them."""

_VOLUMES: tuple[Object, ...] = (
    {"hostPath": {"path": "/v"}},
    {"emptyDir": {}},
    {},
    {"configMap": {"name": "c"}},
    {"nfs": {"server": "s", "path": "/p"}},
    {"gitRepo": {"repository": "r"}},
    {"iscsi": {"targetPortal": "p", "iqn": "iqn.2001-04.com.example:x", "lun": 0}},
    {"csi": {"driver": "d.example"}},
    {"downwardAPI": {}},
    {"projected": {"sources": []}},
    {"persistentVolumeClaim": {"claimName": "c"}},
    {"flexVolume": {"driver": "a/b"}},
    {"azureFile": {"secretName": "s", "shareName": "n"}},
    {"fc": {"targetWWNs": ["w"], "lun": 1}},
    {"rbd": {"monitors": ["m"], "image": "i"}},
    {"cephfs": {"monitors": ["m"]}},
    {"glusterfs": {"endpoints": "e", "path": "p"}},
    {"vsphereVolume": {"volumePath": "p"}},
)
_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_notsent_lowat",
    "kernel.msgmax",
    "net.core.somaxconn",
)
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io"


class SecurityCases:
    """A generator of templates, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._unmasking = False

    def template(self) -> Object:
        """The next pod template."""
        windows = self._chance(0.1)
        self._unmasking = not windows and self._chance(0.2)
        names = self._one((["main"], ["main", "helper"], ["main"]))
        spec: Object = {"containers": [self._container(name, windows) for name in names]}
        if self._chance(0.25):
            spec["initContainers"] = [self._container("prepare", windows)]
        if windows:
            spec["os"] = {"name": "windows"}
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if not windows and self._chance(0.08):
                spec[key] = True
        if self._unmasking or (not windows and self._chance(0.1)):
            spec = {key: value for key, value in spec.items() if not key.startswith("host")} | {"hostUsers": False}
        context = self._context(windows, of_pod=True)
        if windows and self._chance(0.4):
            spec["hostNetwork"] = True
            context["windowsOptions"] = {"hostProcess": True}
        if not windows and self._chance(0.15):
            names = self._random.sample(_SYSCTLS, self._random.randint(1, 3))
            context["sysctls"] = [{"name": name, "value": "1"} for name in names]
        if context:
            spec["securityContext"] = context
        if self._chance(0.3):
            sources = self._random.sample(_VOLUMES, self._random.randint(1, 3))
            spec["volumes"] = [{"name": f"v{number}"} | source for number, source in enumerate(sources)]
        metadata: Object = {"labels": {"app": "x"}}
        annotations = {} if windows else self._annotations()
        if annotations:
            metadata["annotations"] = annotations
        return {"metadata": metadata, "spec": spec}

    def _container(self, name: str, windows: bool) -> Object:
        made: Object = {"name": name, "image": "registry.example/agent:1.0"}
        if self._chance(0.15):
            made["ports"] = [{"containerPort": 8080}]
            if self._chance(0.5):
                made["ports"] += [{"containerPort": 9, "hostPort": 9}, {"containerPort": 80, "hostPort": 80}]
        if name != "prepare":
            self._handlers(made)
        context = self._context(windows, of_pod=False)
        return made | ({"securityContext": context} if context else {})

    def _handlers(self, container: Object) -> None:
        for key in ("livenessProbe", "readinessProbe", "startupProbe"):
            if self._chance(0.05):
                container[key] = self._handler()
        for key in ("postStart", "preStop"):
            if self._chance(0.05):
                container.setdefault("lifecycle", {})[key] = self._handler()

    def _handler(self) -> Object:
        host = {"host": self._one(("10.0.0.1", "example.com"))} if self._chance(0.6) else {}
        return {self._one(("httpGet", "tcpSocket")): {"port": 80} | host}

    def _context(self, windows: bool, of_pod: bool) -> Object:
        made: Object = {}
        if self._chance(0.4):
            made["runAsNonRoot"] = self._one((True, True, False))
        if windows:
            return made
        if self._chance(0.1):
            made["runAsUser"] = self._one((0, 1000))
        if self._chance(0.35):
            made["seccompProfile"] = self._one(
                ({"type": "RuntimeDefault"}, {"type": "Unconfined"}, {"type": "Localhost", "localhostProfile": "p"})
            )
        if self._chance(0.12):
            made["seLinuxOptions"] = self._one(
                (
                    *({"type": "container_t"}, {"type": "container_engine_t"}, {"type": "spc_t"}, {"level": "s0"}),
                    *({"user": "u"}, {"role": "r", "type": "other_t"}, {"user": "u", "role": "r"}),
                )
            )
        if self._chance(0.12):
            made["appArmorProfile"] = self._one(
                ({"type": "RuntimeDefault"}, {"type": "Unconfined"}, {"type": "Localhost", "localhostProfile": "p"})
            )
        return made if of_pod else made | self._of_containers()

    def _of_containers(self) -> Object:
        made: Object = {}
        if self._chance(0.5):
            made["allowPrivilegeEscalation"] = self._one((False, False, True))
        if self._chance(0.07):
            made["privileged"] = True
            made.pop("allowPrivilegeEscalation", None)
        if self._chance(0.5):
            capabilities: Object = {}
            if self._chance(0.8):
                capabilities["drop"] = self._one((["ALL"], ["ALL"], ["KILL"]))
            if self._chance(0.3):
                capabilities["add"] = self._random.sample(
                    ["NET_ADMIN", "NET_BIND_SERVICE", "CHOWN", "NET_RAW"], self._random.randint(1, 2)
                )
            made["capabilities"] = capabilities
        if self._chance(0.4 if self._unmasking else 0.02):
            made["procMount"] = self._one(("Default", "Unmasked"))
        return made

    def _annotations(self) -> Object:
        made: Object = {}
        if self._chance(0.08):
            made[f"{_APP_ARMOR}/main"] = self._one(("unconfined", "runtime/default", "localhost/x", "odd"))
        if self._chance(0.04):
            made[f"{_APP_ARMOR}/absent"] = "unconfined"
        if self._chance(0.08):
            made["seccomp.security.alpha.kubernetes.io/pod"] = self._one(("unconfined", "runtime/default"))
        if self._chance(0.05):
            made["container.seccomp.security.alpha.kubernetes.io/main"] = self._one(("unconfined", "localhost/x"))
        return made

    def _chance(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, values: Sequence[T]) -> T:
        return self._random.choice(values)
