"""Five minutes on a node that is not ready or out of reach, for pods that say nothing of it.

Mirrors ``Plugin.Admit`` (plugin/pkg/admission/defaulttolerationseconds, Kubernetes 1.37). The controller's automatic
tolerations say something of it, so it never touches a DaemonSet's pod; it is here to be seen doing nothing.
"""

from __future__ import annotations

import msgspec

from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.taint import NO_EXECUTE, Toleration

PLUGIN = "DefaultTolerationSeconds"
_SECONDS = 300
_KEYS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with a toleration for each of the two taints that none of its own is about."""
    tolerations = pod.spec.tolerations
    added = tuple(
        Toleration(key=key, operator="Exists", effect=NO_EXECUTE, toleration_seconds=_SECONDS)
        for key in _KEYS
        if not any(each.key in ("", key) and each.effect in ("", NO_EXECUTE) for each in tolerations)
    )
    if added:
        pod = msgspec.structs.replace(pod, spec=msgspec.structs.replace(pod.spec, tolerations=tolerations + added))
    return pod, Step(plugin=PLUGIN)
