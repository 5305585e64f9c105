"""From plain objects to an Admission: a test names only what it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import PodSpec
from kubectl_ds.model.snapshot import Gap, Snapshot, Source
from tests.controlplane.objects import daemon_set, metadata
from tests.controlplane.policies import namespace
from tests.engine.values import daemon_set_value, snapshot_of

Object = dict[str, Any]

NAMESPACE = "shop"


def snapshot(*objects: Object, version: str = "v1.37.2", denied: tuple[str, ...] = (), **about: Any) -> Snapshot:
    """These objects, those without a namespace in ``shop``, and the namespace itself unless it is among them.

    ``about`` are labels and annotations of the namespace.
    """
    placed = [each | {"metadata": {"namespace": NAMESPACE} | each["metadata"]} for each in objects]
    own = [] if any(each["kind"] == "Namespace" for each in objects) else [namespace(NAMESPACE, **about)]
    gaps = tuple(Gap(resource=each, namespace=None, error="forbidden") for each in denied)
    taken = [each for each in (*own, *placed) if _plural(each["kind"]) not in denied]
    return replace(snapshot_of(taken), source=Source(type="live", version=version), gaps=gaps)


def admission(*objects: Object, spec: Object | None = None, about: Object | None = None, **more: Any) -> Admission:
    """The admission of a DaemonSet ``agent`` with this pod spec, laid over one plain container."""
    return Admission(snapshot(*objects, **(about or {}), **more), agent(spec))


def agent(spec: Object | None = None, **fields: Any) -> Any:
    """A DaemonSet ``agent`` in ``shop``; ``spec`` is laid over the pod spec of the builder."""
    plain = daemon_set("agent", namespace=NAMESPACE, template={"spec": spec or {}}, **fields)
    return daemon_set_value(plain)


def spec_of(admitted: Admission) -> PodSpec:
    """The spec of the pod that is created; there must be one."""
    assert not admitted.refusals, admitted.refusals
    return admitted.pod("n1").spec


def refusal_of(admitted: Admission) -> AdmissionEvidence:
    """The first refusal; there must be one."""
    assert admitted.refusals, "it is not refused"
    return evidence_of(admitted.refusals[0])


def evidence_of(cause: Cause) -> AdmissionEvidence:
    """The evidence of a refusal."""
    assert isinstance(cause.evidence, AdmissionEvidence)
    assert cause.code == "FailedCreate"
    return cause.evidence


def service_account(name: str, **fields: Any) -> Object:
    """An account; keywords beyond the name are fields of the object or ``annotations``."""
    annotations = fields.pop("annotations", None)
    meta = metadata(name, None, None, annotations)
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta} | fields


def _plural(kind: str) -> str:
    return {"PriorityClass": "priorityclasses", "RuntimeClass": "runtimeclasses"}.get(kind, f"{kind.lower()}s")
