"""The checks of the baseline standard: what is forbidden because it hands the node to the pod.

Mirrors the baseline checks of k8s.io/pod-security-admission/policy v0.37, one function each, with upstream's words:
each returns ``reason (detail)`` of a violation, or None.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from kubectl_ds.engine.admission.security_view import (
    APP_ARMOR,
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

_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_TYPES = ("RuntimeDefault", "Localhost")
_CAPABILITIES = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    }
)
_SYSCTLS_1_27 = _SYSCTLS | {"net.ipv4.ip_local_reserved_ports"}
_SYSCTLS_1_29 = _SYSCTLS_1_27 | {
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
_SYSCTLS_1_32 = _SYSCTLS_1_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
_SYSCTLS_1_37 = _SYSCTLS_1_32 | {"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"}


def app_armor_profile(pod: SecurityView) -> str | None:
    """``appArmorProfile_1_0``, after the annotations became fields (``applyAppArmorVersionSkew``)."""
    own = part(pod.context, "appArmorProfile").get("type")
    types = {name_of(each): _app_armor_type(pod, each) for each in pod.containers}
    names = [name for name, kind in types.items() if kind is not None and not _app_armor_allowed(kind)]
    pod_is_bad = own is not None and not _app_armor_allowed(own)
    values = sorted({*([str(own)] if pod_is_bad else []), *(str(types[name]) for name in names)})
    annotations = sorted(
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in pod.annotations.items()
        if key.startswith(APP_ARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    )
    who = [setters(pod_is_bad, names)] if pod_is_bad or names else []
    if annotations:
        who.append(plural("annotation", len(annotations)))
    if not who:
        return None
    bad = values + annotations
    reason = plural("forbidden AppArmor profile", len(bad))
    return f"{reason} ({' and '.join(who)} must not set AppArmor profile type to {quoted(bad)})"


def _app_armor_type(pod: SecurityView, container: Object) -> str | None:
    profile = context_of(container).get("appArmorProfile")
    if isinstance(profile, dict):
        return str(profile.get("type", ""))
    if pod.windows or pod.annotations.get(APP_ARMOR + name_of(container)) != "unconfined":
        return None
    own = part(pod.context, "appArmorProfile")
    return None if own == {"type": "Unconfined"} else "Unconfined"


def _app_armor_allowed(kind: object) -> bool:
    return kind in ("RuntimeDefault", "Localhost")


def capabilities(pod: SecurityView) -> str | None:
    """``capabilitiesBaseline_1_0``."""
    added = {name_of(each): _added(each) - _CAPABILITIES for each in pod.containers}
    names = [name for name, bad in added.items() if bad]
    if not names:
        return None
    found = sorted(set().union(*added.values()))
    detail = f"{containers(names)} must not include {quoted(found)} in securityContext.capabilities.add"
    return f"non-default capabilities ({detail})"


def _added(container: Object) -> set[str]:
    found = part(context_of(container), "capabilities").get("add")
    return {str(each) for each in found} if isinstance(found, list) else set()


def host_namespaces(pod: SecurityView) -> str | None:
    """``hostNamespaces_1_0``."""
    found = [f"{key}=true" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(key)]
    return f"host namespaces ({', '.join(found)})" if found else None


def host_path_volumes(pod: SecurityView) -> str | None:
    """``hostPathVolumes_1_0``."""
    names = [name_of(each) for each in items(pod.spec, "volumes") if "hostPath" in each]
    return f"hostPath volumes ({plural('volume', len(names))} {quoted(names)})" if names else None


def host_ports(pod: SecurityView) -> str | None:
    """``hostPorts_1_0``; hostNetwork makes a host port of each container port."""
    network = bool(pod.spec.get("hostNetwork"))
    ports = {name_of(each): _host_ports(each, network) for each in pod.containers}
    names = [name for name, found in ports.items() if found]
    if not names:
        return None
    found = sorted(set().union(*ports.values()))
    uses = "uses" if len(names) == 1 else "use"
    return f"hostPort ({containers(names)} {uses} {plural('hostPort', len(found))} {', '.join(found)})"


def _host_ports(container: Object, network: bool) -> set[str]:
    ports = items(container, "ports")
    found = [each.get("hostPort") or (each.get("containerPort") if network else 0) for each in ports]
    return {str(each) for each in found if each}


def host_probes_and_lifecycle(pod: SecurityView) -> str | None:
    """``hostProbesAndHostLifecycleV1Dot34``."""
    hosts = {name_of(each): set(_probe_hosts(each)) for each in pod.containers}
    names = sorted(name for name, found in hosts.items() if found)
    if not names:
        return None
    found = sorted(set().union(*hosts.values()))
    uses = "uses" if len(names) == 1 else "use"
    what = plural("probe or lifecycle host", len(found))
    return f"probe or lifecycle host ({containers(names)} {uses} {what} {quoted(found)})"


def _probe_hosts(container: Object) -> Iterable[str]:
    lifecycle = part(container, "lifecycle")
    handlers = [part(container, f"{kind}Probe") for kind in ("liveness", "readiness", "startup")]
    handlers += [part(lifecycle, "postStart"), part(lifecycle, "preStop")]
    for handler in handlers:
        for action in ("httpGet", "tcpSocket"):
            host = part(handler, action).get("host")
            if host:
                yield str(host)


def privileged(pod: SecurityView) -> str | None:
    """``privileged_1_0``."""
    names = pod.names(lambda each: context_of(each).get("privileged"))
    return f"privileged ({containers(names)} must not set securityContext.privileged=true)" if names else None


def proc_mount(pod: SecurityView) -> str | None:
    """``procMount_1_0``."""
    types = {name_of(each): context_of(each).get("procMount") for each in pod.containers}
    names = [name for name, kind in types.items() if kind not in (None, "Default")]
    if not names:
        return None
    found = sorted({str(types[name]) for name in names})
    return f"procMount ({containers(names)} must not set securityContext.procMount to {quoted(found)})"


def proc_mount_unless_user_namespace(pod: SecurityView) -> str | None:
    """``procMount1_35baseline``."""
    return None if pod.in_user_namespace else proc_mount(pod)


def selinux_options(pod: SecurityView) -> str | None:
    """``seLinuxOptions1_0``."""
    return _selinux(pod, _SELINUX_TYPES)


def selinux_options_1_31(pod: SecurityView) -> str | None:
    """``seLinuxOptions1_31``."""
    return _selinux(pod, _SELINUX_TYPES | {"container_engine_t"})


def _selinux(pod: SecurityView, allowed: frozenset[str]) -> str | None:
    types: set[str] = set()
    set_fields: set[str] = set()

    def bad(options: Object) -> bool:
        kind = str(options.get("type", ""))
        types.update({kind} - allowed)
        forbidden = {key for key in ("user", "role") if options.get(key)}
        set_fields.update(forbidden)
        return kind not in allowed or bool(forbidden)

    pod_is_bad = bad(part(pod.context, "seLinuxOptions"))
    names = pod.names(lambda each: bad(part(context_of(each), "seLinuxOptions")))
    if not pod_is_bad and not names:
        return None
    data = [f"{plural('type', len(types))} {quoted(sorted(types))}"] if types else []
    data += [f"{key} may not be set" for key in ("user", "role") if key in set_fields]
    who = setters(pod_is_bad, names)
    return f"seLinuxOptions ({who} set forbidden securityContext.seLinuxOptions: {'; '.join(data)})"


def seccomp_annotations(pod: SecurityView) -> str | None:
    """``seccompProfileBaseline_1_0``: policies before 1.19 look at annotations alone."""
    keys = [_SECCOMP_POD, *(_SECCOMP_CONTAINER + name_of(each) for each in pod.containers)]
    found = sorted(
        {
            f"{key}={json.dumps(pod.annotations[key], ensure_ascii=False)}"
            for key in keys
            if key in pod.annotations and not _seccomp_annotation_allowed(pod.annotations[key])
        }
    )
    return f"seccompProfile (forbidden {plural('annotation', len(found))} {', '.join(found)})" if found else None


def _seccomp_annotation_allowed(value: str) -> bool:
    return value in ("runtime/default", "docker/default") or value.startswith("localhost/")


def seccomp_profile(pod: SecurityView) -> str | None:
    """``seccompProfileBaseline_1_19``."""
    pod_is_bad = _sets_bad_seccomp(pod.context)
    bad = [each for each in pod.containers if _sets_bad_seccomp(context_of(each))]
    if not pod_is_bad and not bad:
        return None
    contexts = ([pod.context] if pod_is_bad else []) + [context_of(each) for each in bad]
    values = sorted({str(part(each, "seccompProfile").get("type", "")) for each in contexts})
    who = setters(pod_is_bad, [name_of(each) for each in bad])
    return f"seccompProfile ({who} must not set securityContext.seccompProfile.type to {quoted(values)})"


def _sets_bad_seccomp(context: Object) -> bool:
    """``validSeccomp`` of a profile that is set."""
    return "seccompProfile" in context and part(context, "seccompProfile").get("type") not in _SECCOMP_TYPES


def sysctls(pod: SecurityView) -> str | None:
    """``sysctlsV1Dot0``."""
    return _sysctls(pod, _SYSCTLS)


def sysctls_1_27(pod: SecurityView) -> str | None:
    """``sysctlsV1Dot27``."""
    return _sysctls(pod, _SYSCTLS_1_27)


def sysctls_1_29(pod: SecurityView) -> str | None:
    """``sysctlsV1Dot29``."""
    return _sysctls(pod, _SYSCTLS_1_29)


def sysctls_1_32(pod: SecurityView) -> str | None:
    """``sysctlsV1Dot32``."""
    return _sysctls(pod, _SYSCTLS_1_32)


def sysctls_1_37(pod: SecurityView) -> str | None:
    """``sysctlsV1Dot37``."""
    return _sysctls(pod, _SYSCTLS_1_37)


def _sysctls(pod: SecurityView, allowed: frozenset[str]) -> str | None:
    found = [name_of(each) for each in items(pod.context, "sysctls") if name_of(each) not in allowed]
    return f"forbidden sysctls ({', '.join(found)})" if found else None


def windows_host_process(pod: SecurityView) -> str | None:
    """``windowsHostProcess_1_0``."""
    pod_is_bad = bool(part(pod.context, "windowsOptions").get("hostProcess"))
    names = pod.names(lambda each: part(context_of(each), "windowsOptions").get("hostProcess"))
    if not pod_is_bad and not names:
        return None
    return f"hostProcess ({setters(pod_is_bad, names)} must not set securityContext.windowsOptions.hostProcess=true)"
