"""Whether the namespace takes new pods: it must exist, and not be on its way out.

Mirrors ``Lifecycle.Admit`` (k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle, v0.37). The DaemonSet
controller writes no FailedCreate event when the namespace is terminating, so nothing else in the cluster says it.
"""

from __future__ import annotations

from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import Pod

PLUGIN = "NamespaceLifecycle"


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod as it is; refused when its namespace is not there or is terminating.

    Where no namespace at all was found, as in a List of DaemonSets and nodes alone, it is taken to be there.
    """
    unknown = request.denied("namespaces")
    namespace = request.namespace
    if namespace is None:
        missing = not unknown and bool(request.snapshot.namespaces)
        return pod, _step(request, "missing") if missing else Step(plugin=PLUGIN, unknown=unknown)
    terminating = namespace.status.phase == "Terminating" or namespace.metadata.deletion_timestamp is not None
    return pod, _step(request, "terminating") if terminating else Step(plugin=PLUGIN)


def _step(request: Request, rule: str) -> Step:
    evidence = AdmissionEvidence(admission="namespace", name=request.namespace_name, rule=rule)
    return Step(plugin=PLUGIN, refusals=(refusal(evidence),))
