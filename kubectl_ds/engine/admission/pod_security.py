"""Whether the Pod Security Standard that the namespace enforces lets the pod in.

Mirrors ``Admission.ValidatePod``, ``PolicyToEvaluate``, ``ParseLevel``, ``ParseVersion`` and ``checkRegistry``
(k8s.io/pod-security-admission v0.37). Exemptions live in a file of the API server and cannot be read: nothing is
taken to be exempt, and without a label the default level is privileged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kubectl_ds.engine.admission import pod_security_baseline as baseline
from kubectl_ds.engine.admission import pod_security_restricted as restricted
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.security_view import SecurityView, view_of
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import Pod

PLUGIN = "PodSecurity"
_LEVEL = "pod-security.kubernetes.io/enforce"
_VERSION = "pod-security.kubernetes.io/enforce-version"
_MINOR = re.compile(r"v1\.([0-9]|[1-9][0-9]*)")

Check = Callable[[SecurityView], "str | None"]
_Versions = tuple[tuple[int, Check], ...]
"""(first minor version, check), oldest first."""

_BASELINE: tuple[tuple[str, _Versions], ...] = (
    ("appArmorProfile", ((0, baseline.app_armor_profile),)),
    ("capabilities_baseline", ((0, baseline.capabilities),)),
    ("hostNamespaces", ((0, baseline.host_namespaces),)),
    ("hostPathVolumes", ((0, baseline.host_path_volumes),)),
    ("hostPorts", ((0, baseline.host_ports),)),
    ("hostProbesAndHostLifecycle", ((34, baseline.host_probes_and_lifecycle),)),
    ("privileged", ((0, baseline.privileged),)),
    ("procMount", ((0, baseline.proc_mount), (35, baseline.proc_mount_unless_user_namespace))),
    ("seLinuxOptions", ((0, baseline.selinux_options), (31, baseline.selinux_options_1_31))),
    ("seccompProfile_baseline", ((0, baseline.seccomp_annotations), (19, baseline.seccomp_profile))),
    (
        "sysctls",
        (
            (0, baseline.sysctls),
            (27, baseline.sysctls_1_27),
            (29, baseline.sysctls_1_29),
            (32, baseline.sysctls_1_32),
            (37, baseline.sysctls_1_37),
        ),
    ),
    ("windowsHostProcess", ((0, baseline.windows_host_process),)),
)
"""In the order in which upstream lists violations: by id, baseline first."""

_RESTRICTED: tuple[tuple[str, _Versions, str | None], ...] = (
    (
        "allowPrivilegeEscalation",
        ((8, restricted.allow_privilege_escalation), (25, restricted.allow_privilege_escalation_1_25)),
        None,
    ),
    (
        "capabilities_restricted",
        ((22, restricted.capabilities), (25, restricted.capabilities_1_25)),
        "capabilities_baseline",
    ),
    ("procMount_restricted", ((35, baseline.proc_mount),), "procMount"),
    ("restrictedVolumes", ((0, restricted.volumes),), "hostPathVolumes"),
    ("runAsNonRoot", ((0, restricted.run_as_non_root), (35, restricted.run_as_non_root_1_35)), None),
    ("runAsUser", ((23, restricted.run_as_user), (35, restricted.run_as_user_1_35)), None),
    (
        "seccompProfile_restricted",
        ((19, restricted.seccomp), (25, restricted.seccomp_1_25)),
        "seccompProfile_baseline",
    ),
)
"""With the baseline check that each takes the place of, from its first version on."""


def validate(request: Request, pod: Pod) -> Step:
    """Refused with every violated check; the level is read from the namespace alone."""
    namespace = request.namespace
    if namespace is None:
        return Step(plugin=PLUGIN, unknown=request.denied("namespaces"))
    level, version = enforced(namespace.metadata.labels)
    if level == "privileged":
        return Step(plugin=PLUGIN)
    violations = violated(view_of(request.template, request.minor), level, version, request.minor)
    if not violations:
        return Step(plugin=PLUGIN)
    evidence = AdmissionEvidence(
        admission="podSecurity", name=f"{level}:{version}", rule="violated", details=violations
    )
    return Step(plugin=PLUGIN, refusals=(refusal(evidence),))


def enforced(labels: dict[str, str]) -> tuple[str, str]:
    """Level and version by the labels of a namespace; what cannot be read is ``restricted`` and ``latest``."""
    level = labels.get(_LEVEL, "privileged")
    version = labels.get(_VERSION, "latest")
    if level not in ("privileged", "baseline", "restricted"):
        level = "restricted"
    return level, version if _MINOR.fullmatch(version) else "latest"


def violated(pod: SecurityView, level: str, version: str, served: int) -> tuple[str, ...]:
    """What violates a level, in upstream's words and order.

    Args:
        pod: see ``SecurityView``.
        level: ``baseline`` or ``restricted``.
        version: ``latest`` or ``v1.N``; one beyond the served version counts as that.
        served: the API server's minor version, which knows only checks of its own time.
    """
    match = _MINOR.fullmatch(version)
    minor = min(int(match[1]), served) if match else served
    checks = _checks(level, minor)
    return tuple(words for words in (check(pod) for check in checks) if words is not None)


def _checks(level: str, minor: int) -> Iterator[Check]:
    overridden: set[str | None] = set()
    more = []
    if level == "restricted":
        for _, versions, overrides in _RESTRICTED:
            check = _at(versions, minor)
            if check is not None:
                overridden.add(overrides)
                more.append(check)
    for name, versions in _BASELINE:
        check = _at(versions, minor)
        if check is not None and name not in overridden:
            yield check
    yield from more


def _at(versions: _Versions, minor: int) -> Check | None:
    known = [check for first, check in versions if first <= minor]
    return known[-1] if known else None
