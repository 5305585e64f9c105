"""Manifests with one fault each, made from good ones: every field misspelt, retyped, removed, doubled, emptied, spoilt.

Seeded, so that a disagreement can be made again by its name.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from tests.controlplane.manifest_bases import BASES, SMALL

_IN_POD = (
    "hostUsers: false, hostPID: true",
    "hostUsers: false, hostNetwork: true",
    "shareProcessNamespace: true, hostPID: true",
    "os: {name: windows}",
    "os: {name: windows}, securityContext: {runAsUser: 1}",
    "os: {name: linux}, securityContext: {windowsOptions: {hostProcess: true}}",
    "securityContext: {windowsOptions: {hostProcess: true}}",
    "hostNetwork: true, securityContext: {sysctls: [{name: net.core.somaxconn, value: '1'}]}",
    "securityContext: {sysctls: [{name: a.b, value: '1'}, {name: a.b, value: '2'}]}",
    "securityContext: {appArmorProfile: {type: Localhost}}",
    "securityContext: {seLinuxChangePolicy: Recursive, supplementalGroupsPolicy: Strict}",
    "activeDeadlineSeconds: 5",
    "restartPolicy: Never",
    "serviceAccount: old, serviceAccountName: new",
    "serviceAccount: Bad Name",
    "schedulingGates: [{name: a.b/c}, {name: a.b/c}]",
    "ephemeralContainers: [{name: e, image: e}]",
    "hostnameOverride: host, hostNetwork: true",
    "overhead: {cpu: 1, nonsense: 2}",
    "tolerations: [{key: a, operator: Gt, value: x}]",
    "tolerations: [{key: a, operator: Exists, effect: NoSchedule, tolerationSeconds: 1}]",
    "volumes: [{name: a}]",
    "volumes: [{name: a, emptyDir: {}, hostPath: {path: /a}}]",
    "volumes: [{name: a, emptyDir: {sizeLimit: -1}}]",
    "volumes: [{name: a, hostPath: {path: ../a}}]",
    "volumes: [{name: a, iscsi: {targetPortal: p, iqn: bad, lun: 300}}]",
    "volumes: [{name: a, fc: {targetWWNs: [a], wwids: [b]}}]",
    "volumes: [{name: a, flocker: {}}]",
    "volumes: [{name: a, rbd: {image: i}}]",
    "volumes: [{name: a, image: {pullPolicy: Always}}]",
    "volumes: [{name: a, gitRepo: {repository: r, directory: /d}}]",
    "volumes: [{name: a, azureDisk: {diskName: a}}]",
    "volumes: [{name: a, projected: {sources: [{secret: {name: s}, configMap: {name: m}}]}}]",
    "volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 5}}]}}]",
    "volumes: [{name: a, projected: {sources: [{secret: {name: s, items: [{key: k, path: p}, {key: l, path: p}]}}]}}]",
    "volumes: [{name: a, projected: {}}]",
    *(
        f"volumes: [{{name: a, projected: {{sources: [{{podCertificate: {{{text}}}}}]}}}}]"
        for text in (
            "signerName: a.b/c, keyType: ED25519, keyPath: a, certificateChainPath: a",
            "signerName: a.b/c, keyType: ED25519",
            "signerName: a.b/c, keyType: RSA, keyPath: k",
            "signerName: b/c, keyType: ED25519, keyPath: k",
            "signerName: a.b/c, keyType: ED25519, keyPath: /k",
            "signerName: a.b/c, keyType: ED25519, keyPath: k, maxExpirationSeconds: 60",
            "signerName: a.kubernetes.io/c, keyType: ED25519, keyPath: k, maxExpirationSeconds: 90000",
            "signerName: a.b/c, keyType: ED25519, keyPath: k, userAnnotations: {a: b}",
        )
    ),
    "dnsPolicy: None",
    "dnsConfig: {nameservers: [a.b]}",
    "nodeSelector: {'a b': c}",
    "resourceClaims: [{name: a}]",
    "resources: {requests: {cpu: 1}}",
    "resources: {requests: {cpu: 2}, limits: {cpu: 1}}",
    "resources: {limits: {example.com/a: 1}}",
    "resources: {claims: []}",
    "overhead: {cpu: Gi, memory: '+'}",
    "overhead: {cpu: Ei}",
    "overhead: {cpu: ' 1 ', memory: '٣'}",
    "securityContext: {windowsOptions: {runAsUserName: 'a/b'}}",
    "securityContext: {windowsOptions: {runAsUserName: ' . '}}",
    "initContainers: [{name: small, image: i}]",
    "initContainers: [{name: i, image: i, livenessProbe: {exec: {command: [a]}}}]",
)
_IN_CONTAINER = (
    "resources: {requests: {cpu: 2}, limits: {cpu: 1}}",
    "resources: {requests: {hugepages-2Mi: 2Mi}}",
    "resources: {limits: {hugepages-2Mi: 3Mi, cpu: 1}}",
    "resources: {requests: {example.com/a: 1}}",
    "resources: {limits: {example.com/a: 1.5}}",
    "resources: {limits: {cpus: 1}}",
    "resources: {limits: {storage: 1}}",
    "resources: {limits: {memory: -1}}",
    "resources: {limits: {requests.a/b: 1}}",
    "resources: {claims: [{name: a}]}",
    "env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
    "env: [{name: A, value: b}, {name: A, value: c}]",
    "env: [{name: A, valueFrom: {}}]",
    "env: [{name: A=B, value: c}]",
    "env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]",
    "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 3m}}}]",
    "envFrom: [{prefix: P}]",
    "ports: [{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5}]",
    "ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]",
    "ports: [{containerPort: 1, name: a--b}]",
    "livenessProbe: {}",
    "livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}",
    "livenessProbe: {exec: {command: [a]}, successThreshold: 2}",
    "readinessProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 2}",
    "readinessProbe: {httpGet: {port: absent}}",
    "lifecycle: {preStop: {sleep: {seconds: 50}}}",
    "lifecycle: {preStop: {}}",
    "lifecycle: {stopSignal: SIGTERM}",
    "securityContext: {privileged: true, allowPrivilegeEscalation: false}",
    "securityContext: {procMount: Unmasked}",
    "securityContext: {seccompProfile: {type: Localhost}}",
    "securityContext: {seccompProfile: {type: RuntimeDefault, localhostProfile: a}}",
    "securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}, allowPrivilegeEscalation: false}",
    "volumeMounts: [{name: absent, mountPath: /a}]",
    "restartPolicy: Always",
    "restartPolicyRules: [{action: Restart}]",
    "resizePolicy: [{resourceName: cpu, restartPolicy: x}]",
    "Image: upper",
)
_IN_SPEC = (
    "updateStrategy: {rollingUpdate: {maxSurge: 1}}",
    "updateStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}",
    "updateStrategy: {rollingUpdate: {maxSurge: 10%, maxUnavailable: 0%}}",
    "updateStrategy: {rollingUpdate: {maxUnavailable: 101%}}",
    "updateStrategy: {rollingUpdate: {maxUnavailable: '5'}}",
    "updateStrategy: {type: OnDelete, rollingUpdate: {maxSurge: 5}}",
    "updateStrategy: {type: Recreate}",
    "replicas: 3",
    "strategy: {}",
    "templateGeneration: 1",
)


_TEXTS = ("", "Bad Value!", "UPPER", "a" * 70, "a.b", "-x", "../x", "/abs", "1", "0", "-1", "10%", "200%", "x/y/z", " ")
_NUMBERS = (0, -1, 1, 70000, 2**31, 2**40, 1.5)
_TYPES: tuple[Any, ...] = ("text", 7, True, [], ["x"], {}, {"x": "y"}, [{}], None)
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Case:
    """One manifest."""

    name: str
    """Base, what was done, and where."""
    text: str


def corpus(size: int, seed: int = 5) -> list[Case]:
    """All that are written by hand, and some of all others, always the same for one seed."""
    return [*combinations(), *(plan() for plan in random.Random(seed).sample(list(every_case()), size))]


def combinations() -> Iterator[Case]:
    """The small manifest with fields that do not go together, or that people often get wrong."""
    for text in _IN_POD:
        yield Case(f"pod: {text}", SMALL.replace("spec: {containers", f"spec: {{{text}, containers"))
    for text in _IN_CONTAINER:
        yield Case(f"container: {text}", SMALL.replace("image: small", f"image: small, {text}"))
    for text in _IN_SPEC:
        yield Case(f"spec: {text}", SMALL.replace("  selector:", f"  {text}\n  selector:"))


def every_case() -> Iterator[Callable[[], Case]]:
    """All bases with all changes of all their fields, made only when asked for: writing YAML takes its time."""
    for base, text in BASES.items():
        data = yaml.safe_load(text)
        yield partial(Case, base, text)
        for path, value in _walk(data, ()):
            if path and path not in (("apiVersion",), ("kind",)):
                for what, change in _changes(data, path, value):
                    yield partial(_case, f"{base}: {what} {'.'.join(str(part) for part in path)}", change)


def _case(name: str, change: Callable[[], Any]) -> Case:
    return Case(name, yaml.safe_dump(change(), sort_keys=False))


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, value
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield from _walk(below, (*path, key))


def _changes(data: Any, path: Path, value: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    *above, last = path
    if isinstance(last, str):
        yield "misspell", partial(_replaced, data, path, value, key=_swapped(last))
        yield "misplace", partial(_moved, data, path, value)
    else:
        yield "double", partial(_with, data, tuple(above), lambda items: items.insert(last, copy.deepcopy(value)))
    yield "remove", partial(_with, data, tuple(above), lambda holder: holder.pop(last))
    for other in _TYPES:
        if type(other) is not type(value) or not other:
            yield f"retype to {other!r}", partial(_replaced, data, path, other)
    if isinstance(value, str):
        for text in _TEXTS:
            yield f"set {text[:12]!r} at", partial(_replaced, data, path, text)
        if len(value) > 2:
            yield "mistype the value of", partial(_replaced, data, path, _swapped(value))
            yield "change the case of", partial(_replaced, data, path, value.swapcase())
    if isinstance(value, int) and not isinstance(value, bool):
        for number in _NUMBERS:
            yield f"set {number} at", partial(_replaced, data, path, number)
    if isinstance(value, bool):
        yield "turn", partial(_replaced, data, path, not value)


def _with(data: Any, path: Path, change: Any) -> Any:
    changed = copy.deepcopy(data)
    at = changed
    for part in path:
        at = at[part]
    change(at)
    return changed


def _replaced(data: Any, path: Path, value: Any, key: str | None = None) -> Any:
    *above, last = path

    def change(holder: Any) -> None:
        if key is not None:
            holder.pop(last)
        holder[last if key is None else key] = copy.deepcopy(value)

    return _with(data, tuple(above), change)


def _moved(data: Any, path: Path, value: Any) -> Any:
    """The field one mapping further up."""
    *above, last = path
    target = above[:-1]
    while target and isinstance(target[-1], int):
        target = target[:-1]
    changed = _with(data, tuple(above), lambda holder: holder.pop(last))
    return _with(changed, tuple(target), lambda h: h.update({last: value}) if isinstance(h, dict) else None)


def _swapped(word: str) -> str:
    middle = len(word) // 2
    return word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :] if len(word) > 1 else word + "x"
