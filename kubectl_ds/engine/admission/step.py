"""What one admission plugin did with the pod: changed it, refused it, let it pass, or cannot be computed.

Evidence for ``why``, in the order in which the API server asks the plugins. The differences between the pod before and
after are found here, so that no plugin keeps books of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from kubectl_ds.engine.decision import Cause, Fault
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import Container, Pod, PodSpec
from kubectl_ds.model.taint import Toleration
from kubectl_ds.model.value import Value, json_name


class Outcome(str, Enum):
    """What came of a plugin."""

    PASSED = "passed"
    CHANGED = "changed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """What it depends on could not be read."""
    NOT_COMPUTED = "notComputed"
    """A webhook or policy that only the API server can ask."""


class Change(Value, frozen=True):
    """One field of the pod that a plugin set, added or removed."""

    path: str
    """Such as ``spec.containers[main].resources.requests.cpu``."""
    before: str | None
    """None where there was nothing."""
    after: str | None


class Step(Value, frozen=True):
    """One plugin's turn."""

    plugin: str
    """Upstream's name; ``DaemonSet`` for the controller, ``Defaulting`` and ``Validation`` for the API itself."""
    changes: tuple[Change, ...] = ()
    sources: tuple[str, ...] = ()
    """Names of the objects or annotations that it acted by."""
    refusals: tuple[Cause, ...] = ()
    unknown: tuple[Cause, ...] = ()
    assumed: bool = False
    """Whether it is only assumed to be on."""
    computed: bool = True

    @property
    def outcome(self) -> Outcome:
        """In one word."""
        if self.refusals:
            return Outcome.REFUSED
        if self.unknown:
            return Outcome.UNKNOWN
        if not self.computed:
            return Outcome.NOT_COMPUTED
        return Outcome.CHANGED if self.changes else Outcome.PASSED


def refusal(evidence: AdmissionEvidence) -> Cause:
    """The cause of a pod that is not created."""
    return Cause(code="FailedCreate", evidence=evidence, fault=Fault.POLICY)


def differences(before: Pod, after: Pod) -> tuple[Change, ...]:
    """What differs between the pod before a plugin's turn and after it, in the order of the pod's fields."""
    if before is after:
        return ()
    found = _of_maps("metadata.labels", before.metadata.labels, after.metadata.labels)
    old, new = before.spec, after.spec
    for field in PodSpec.__struct_fields__:
        one, other = getattr(old, field), getattr(new, field)
        if one == other:
            continue
        path = f"spec.{json_name(field)}"
        if field in ("containers", "init_containers"):
            found += _of_containers(path, one, other)
        elif field == "tolerations":
            found += _of_tolerations(path, one, other)
        elif isinstance(one, dict):
            found += _of_maps(path, one, other)
        elif field == "resources":
            found += _of_resources(path, one, other)
        else:
            found.append(Change(path=path, before=_text(one), after=_text(other)))
    return tuple(found)


def toleration_text(toleration: Toleration) -> str:
    """``key=value:Effect``, or ``key:Effect`` for Exists; ``*`` for an empty key, no effect for every effect."""
    key = toleration.key or "*"
    name = key if toleration.operator == "Exists" else f"{key}={toleration.value}"
    effect = f":{toleration.effect}" if toleration.effect else ""
    seconds = "" if toleration.toleration_seconds is None else f" for {toleration.toleration_seconds}s"
    return f"{name}{effect}{seconds}"


def _of_containers(path: str, before: tuple[Container, ...], after: tuple[Container, ...]) -> list[Change]:
    found: list[Change] = []
    for one, other in zip(before, after, strict=False):
        place = f"{path}[{other.name}]"
        found += _of_resources(f"{place}.resources", one.resources, other.resources)
        for number, (port, changed) in enumerate(zip(one.ports, other.ports, strict=False)):
            if port.host_port != changed.host_port:
                was = str(port.host_port) if port.host_port else None
                found.append(Change(path=f"{place}.ports[{number}].hostPort", before=was, after=str(changed.host_port)))
    return found


def _of_resources(path: str, before: object, after: object) -> list[Change]:
    found: list[Change] = []
    for part in ("requests", "limits"):
        found += _of_maps(f"{path}.{part}", getattr(before, part, {}), getattr(after, part, {}))
    return found


def _of_maps(path: str, before: Mapping[str, object], after: Mapping[str, object]) -> list[Change]:
    keys = sorted({*before, *after})
    return [
        Change(path=f"{path}.{key}", before=_text(before.get(key)), after=_text(after.get(key)))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _of_tolerations(path: str, before: tuple[Toleration, ...], after: tuple[Toleration, ...]) -> list[Change]:
    gone = [Change(path=path, before=toleration_text(each), after=None) for each in before if each not in after]
    new = [Change(path=path, before=None, after=toleration_text(each)) for each in after if each not in before]
    return gone + new


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else str(value)
