"""The checks of the restricted standard beyond the baseline: what a pod must give up on its own accord.

Mirrors the restricted checks of k8s.io/pod-security-admission/policy v0.37, one function each, with upstream's words:
each returns ``reason (detail)`` of a violation, or None.
"""

from __future__ import annotations

from kubectl_ds.engine.admission.pod_security_baseline import seccomp_profile
from kubectl_ds.engine.admission.security_view import (
    Object,
    SecurityView,
    containers,
    context_of,
    items,
    name_of,
    part,
    plural,
    quoted,
    setters,
)

_VOLUMES_ALLOWED = (
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
    *("persistentVolumeClaim", "projected", "secret"),
)
_VOLUMES_FORBIDDEN = (
    *("hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd"),
    *("flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk"),
    *("photonPersistentDisk", "portworxVolume", "scaleIO", "storageos"),
)


def allow_privilege_escalation(pod: SecurityView) -> str | None:
    """``allowPrivilegeEscalation_1_8``."""
    names = pod.names(lambda each: context_of(each).get("allowPrivilegeEscalation") is not False)
    if not names:
        return None
    detail = f"{containers(names)} must set securityContext.allowPrivilegeEscalation=false"
    return f"allowPrivilegeEscalation != false ({detail})"


def allow_privilege_escalation_1_25(pod: SecurityView) -> str | None:
    """``allowPrivilegeEscalation_1_25``."""
    return None if pod.windows else allow_privilege_escalation(pod)


def capabilities(pod: SecurityView) -> str | None:
    """``capabilitiesRestricted_1_22``."""
    keeping = pod.names(lambda each: "ALL" not in _capabilities(each, "drop"))
    adding = pod.names(_forbidden)
    details = []
    if keeping:
        details.append(f'{containers(keeping)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        found = sorted({value for each in pod.containers for value in _forbidden(each)})
        details.append(f"{containers(adding)} must not include {quoted(found)} in securityContext.capabilities.add")
    return f"unrestricted capabilities ({'; '.join(details)})" if details else None


def capabilities_1_25(pod: SecurityView) -> str | None:
    """``capabilitiesRestricted_1_25``."""
    return None if pod.windows else capabilities(pod)


def _forbidden(container: Object) -> list[str]:
    return [each for each in _capabilities(container, "add") if each != "NET_BIND_SERVICE"]


def _capabilities(container: Object, key: str) -> list[str]:
    found = part(context_of(container), "capabilities").get(key)
    return [str(each) for each in found] if isinstance(found, list) else []


def volumes(pod: SecurityView) -> str | None:
    """``restrictedVolumes_1_0``; a volume without any source becomes an emptyDir (``SetDefaults_Volume``)."""
    bad = [
        each
        for each in items(pod.spec, "volumes")
        if set(each) - {"name"} and not any(kind in each for kind in _VOLUMES_ALLOWED)
    ]
    if not bad:
        return None
    types = sorted({next((kind for kind in _VOLUMES_FORBIDDEN if kind in each), "unknown") for each in bad})
    uses = "uses" if len(bad) == 1 else "use"
    what = plural("restricted volume type", len(types))
    names = quoted(name_of(each) for each in bad)
    return f"restricted volume types ({plural('volume', len(bad))} {names} {uses} {what} {quoted(types)})"


def run_as_non_root(pod: SecurityView) -> str | None:
    """``runAsNonRoot1_0``."""
    own = pod.context.get("runAsNonRoot")
    explicit = pod.names(lambda each: context_of(each).get("runAsNonRoot") is False)
    if own is False or explicit:
        detail = f"{setters(own is False, explicit)} must not set securityContext.runAsNonRoot=false"
        return f"runAsNonRoot != true ({detail})"
    implicit = [] if own else pod.names(lambda each: context_of(each).get("runAsNonRoot") is None)
    if not implicit:
        return None
    return f"runAsNonRoot != true (pod or {containers(implicit)} must set securityContext.runAsNonRoot=true)"


def run_as_non_root_1_35(pod: SecurityView) -> str | None:
    """``runAsNonRoot1_35``."""
    return None if pod.in_user_namespace else run_as_non_root(pod)


def run_as_user(pod: SecurityView) -> str | None:
    """``runAsUser1_23``."""
    pod_is_bad = _is_root(pod.context)
    names = pod.names(lambda each: _is_root(context_of(each)))
    who = setters(pod_is_bad, names)
    return f"runAsUser=0 ({who} must not set runAsUser=0)" if who else None


def run_as_user_1_35(pod: SecurityView) -> str | None:
    """``runAsUser1_35``."""
    return None if pod.in_user_namespace else run_as_user(pod)


def _is_root(context: Object) -> bool:
    user = context.get("runAsUser")
    return user is not None and user == 0


def seccomp(pod: SecurityView) -> str | None:
    """``seccompProfileRestricted_1_19``."""
    explicit = seccomp_profile(pod)
    if explicit:
        return explicit
    set_by_pod = "seccompProfile" in pod.context
    names = [] if set_by_pod else pod.names(lambda each: "seccompProfile" not in context_of(each))
    if not names:
        return None
    detail = (
        f'pod or {containers(names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    )
    return f"seccompProfile ({detail})"


def seccomp_1_25(pod: SecurityView) -> str | None:
    """``seccompProfileRestricted_1_25``."""
    return None if pod.windows else seccomp(pod)
