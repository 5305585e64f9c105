"""DaemonSets with everything in them that kubectl prints in a way of its own: texts, forms and every kind of volume.

Each sample is created on a real API server; nothing here needs to run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from .objects import Object, container, daemon_set, merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

YAML_TRAPS = (
    *("yes", "Yes", "no", "on", "Off", "y", "N", "~", "null", "Null", "true", "FALSE", "", "<<", "="),
    *("0", "-0", "00", "007", "08", "0x1f", "0X1F", "0o17", "0b101", "-0b1", "0b-1", "1e3", "1e400", "1.", ".5", "+.5"),
    *(
        "._5",
        ".5_0",
        "1_000",
        "_1",
        "-",
        "+",
        "--1",
        ".inf",
        "-.Inf",
        ".nan",
        ".NaN",
        ".",
        "1.2.3",
        "18446744073709551615",
    ),
    *("18446744073709551616", "-9223372036854775808", "1:30", "12:30:45", "190:20:30.15", "1:60", "+1:5"),
    *(
        "2001-01-01",
        "2001-1-1",
        "2001-02-30",
        "2001-12-14t21:59:43.10-05:00",
        "2001-12-14 21:59:43",
        "2001-1-1 1:2:3,5",
    ),
    *(
        "a: b",
        "a:b",
        ": ",
        ":",
        ":a",
        "a:",
        "a #b",
        "a#b",
        "#a",
        "- a",
        "-a",
        "?",
        "? a",
        "---",
        "--- a",
        "...",
        "a, b",
    ),
    *(
        "[a]",
        "{a}",
        "&a",
        "*a",
        "!a",
        "|a",
        ">a",
        "%a",
        "@a",
        "`a`",
        "'a'",
        '"a"',
        "it's: x",
        'say "x": y',
        "a\\b",
        "C:\\n",
    ),
    *(
        " lead",
        "trail ",
        "  two  ",
        "\ttab",
        "tab\t",
        "a\tb",
        "a\nb",
        "a\nb\n",
        "a\n\nb\n\n",
        "\n",
        "\n\n",
        "\na",
        " \na",
    ),
    *(
        " a\nb",
        "a \nb",
        "a\n b",
        "a\r\nb",
        "a\rb",
        "\x00",
        "\x07\x08\x0b\x0c",
        "\x1b[31mred\x1b[0m",
        "caf\u00e9",
        "日本語",
    ),
    *(
        "\U0001f600",
        "a\U0001f600b",
        "\u00a0",
        "a\u2028b",
        "a\u2029 b",
        "\ufeffmark",
        "zero\u200bwidth",
        "<script>&amp;",
    ),
    *(
        "word " * 16 + "end",
        "word  " * 20,
        "a: " + "word " * 30,
        "é " * 60,
        "x" * 81,
        "x" * 1100,
        "line one\n" + "long " * 40,
    ),
)

VOLUMES: dict[str, Object] = yaml.safe_load(Path(__file__).with_name("volume_samples.yaml").read_text())


def samples(namespace: str) -> tuple[Object, ...]:
    """More than 25 different DaemonSets of one namespace, in the order in which they are created."""
    made = (
        daemon_set("plain", namespace),
        *_texts(namespace),
        *_environments(namespace),
        *_containers(namespace),
        *_placements(namespace),
        *_volumes(namespace),
        *_specs(namespace),
    )
    return (*made, _everything(made, namespace))


def _everything(others: Iterable[Object], namespace: str) -> Object:
    """One DaemonSet with the annotations, containers, volumes, tolerations and constraints of several others."""
    specs = {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in others}
    parts = ("environment", "values", "probes", "ports", "mounts", "profiles")
    containers = [each for name in parts for each in specs[name]["containers"]]
    pod = {
        "initContainers": specs["init-and-sidecars"]["initContainers"],
        "containers": [each if at == 0 else {**each, "name": f"c{at}"} for at, each in enumerate(containers)],
        "volumes": [{"name": name, **source} for name, source in VOLUMES.items()] + specs["mounts"]["volumes"],
        "tolerations": specs["many-tolerations"]["tolerations"],
        "topologySpreadConstraints": specs["spread"]["topologySpreadConstraints"],
        "nodeSelector": specs["node-selector"]["nodeSelector"],
    }
    texts = {f"trap-{at}": text for at, text in enumerate(YAML_TRAPS) if text != "\x00"}
    return daemon_set("everything", namespace, annotations=texts, template={"spec": pod})


def _texts(namespace: str) -> Iterable[Object]:
    yield daemon_set("yaml-traps", namespace, annotations={f"trap-{at}": text for at, text in enumerate(YAML_TRAPS)})
    keys = (
        "item-2",
        "item-10",
        "item-1",
        "a.b/c",
        "a.10/x",
        "a.9/x",
        "Upper",
        "lower",
        "x_1",
        "x.1",
        "0x1f",
        "12",
        "y",
    )
    long_key = f"{'p.' * 70}example/{'k' * 63}"
    yield daemon_set(
        "yaml-keys",
        namespace,
        labels={"app": "yaml-keys", "yes": "on", "123": "1e3", "tier-10": "0x1f", "tier-9": "null", "v": ""},
        annotations=dict.fromkeys(keys, "1") | {long_key: "long key", f"{long_key[:-1]}z": "a\nb"},
    )
    yield daemon_set(
        "long-texts",
        namespace,
        annotations={
            "long": "word " * 400,
            "multi": "first\nsecond\n\nfourth\n",
            "json": json.dumps({"a": ["<b>", "&"], "c": "d" * 150}),
            "boundary-138": "x" * (140 - len("boundary-138") - 2),
            "boundary-139": "x" * (141 - len("boundary-139") - 2),
            "umlauts": "ü" * 100,
            "cut-in-a-character": "x" * 137 + "日本語" + "\n\U0001f600" * 3,
            "kubectl.kubernetes.io/last-applied-configuration": '{"apiVersion":"apps/v1"}',
        },
    )
    yield daemon_set(
        "terminal",
        namespace,
        annotations={
            "red": "\x1b[31mred\x1b[0m",
            "return": "over\rwritten",
            "tabs": "a\tb\tc",
            "feed": "a\fb\vc",
            "bell": "\a",
        },
        image="registry.example/\x1b[31mé:1",
        template={"spec": {"containers": [{**container(), "args": ["\x1b[2J", "a\rb", "a\tb\tc\nd\te"]}]}},
    )
    yield daemon_set(
        "applied-only",
        namespace,
        annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        image="日本語:1",
    )


def _environments(namespace: str) -> Iterable[Object]:
    resources = ("limits.cpu", "limits.memory", "requests.cpu", "requests.memory", "limits.ephemeral-storage")
    references: list[Object] = [
        {"name": "FIELD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "LABEL", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.labels['app']"}}},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
        {"name": "CONFIG", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        *(
            {"name": f"R{at}", "valueFrom": {"resourceFieldRef": {"resource": name, "divisor": divisor}}}
            for at, (name, divisor) in enumerate((name, divisor) for name in resources for divisor in _divisors(name))
        ),
        {"name": "HUGE", "valueFrom": {"resourceFieldRef": {"resource": "limits.hugepages-2Mi", "divisor": "1Mi"}}},
    ]
    sources: list[Object] = [
        {"configMapRef": {"name": "c"}},
        {"secretRef": {"name": "s", "optional": True}, "prefix": "PRE_"},
        {"configMapRef": {"name": "much-longer-name", "optional": False}, "prefix": "X"},
    ]
    amounts = {"cpu": "1500m", "memory": "100Mi", "hugepages-2Mi": "4Mi"}
    limited = {**container(limits=amounts, requests={"memory": "64Mi"}), "env": references, "envFrom": sources}
    unlimited = {**container("unlimited"), "env": references[4:8]}
    yield daemon_set("environment", namespace, template={"spec": {"containers": [limited, unlimited]}})
    values = [{"name": f"V{at}", "value": text} for at, text in enumerate(YAML_TRAPS) if text != "\x00"]
    yield daemon_set("values", namespace, template={"spec": {"containers": [{**container(), "env": values}]}})


def _divisors(resource: str) -> tuple[str, ...]:
    return ("1m", "1") if resource.endswith("cpu") else ("0", "1Ki", "1M")


def _containers(namespace: str) -> Iterable[Object]:
    timing = {"initialDelaySeconds": 5, "timeoutSeconds": 3, "periodSeconds": 7, "failureThreshold": 4}
    checks: list[Object] = [
        {"exec": {"command": ["sh", "-c", 'echo "a b" | tee\nline two\t']}, **timing},
        {"httpGet": {"port": 80}},
        {"httpGet": {"path": "/a b?c=d#e%é", "port": "http", "scheme": "HTTPS", "host": "host.example"}},
        {"httpGet": {"path": "no-slash", "port": 8080, "host": "::1"}, "successThreshold": 1},
        {"httpGet": {"path": "/<x>;[y]", "port": 8080, "host": "fe80::1%eth0"}},
        {"tcpSocket": {"port": 3306}},
        {"tcpSocket": {"port": "name", "host": "db"}},
        {"grpc": {"port": 9000}},
        {"grpc": {"port": 9000, "service": "health"}},
    ]
    probes = ("livenessProbe", "readinessProbe", "startupProbe")
    probed = [
        {**container(f"c{at}"), **dict(zip(probes, checks[at : at + 3], strict=True))}
        for at in range(0, len(checks), 3)
    ]
    yield daemon_set("probes", namespace, template={"spec": {"containers": probed}})
    hooks = {"postStart": {"exec": {"command": ["a"]}}, "preStop": {"httpGet": {"path": "/x", "port": 1}}}
    yield daemon_set(
        "init-and-sidecars",
        namespace,
        template={
            "spec": {
                "initContainers": [
                    {**container("first"), "command": ["sh", "-c", "set -e\necho é\n"], "args": ["a b", "", "\ttab"]},
                    {**container("sidecar"), "restartPolicy": "Always", "startupProbe": {"tcpSocket": {"port": 1}}},
                ],
                "containers": [{**container("main"), "lifecycle": hooks}, container("much-longer-name", image="b:2")],
            }
        },
    )
    ports: list[Object] = [
        {"containerPort": 80, "name": "http"},
        {"containerPort": 53, "hostPort": 5353, "protocol": "UDP", "hostIP": "127.0.0.1"},
        {"containerPort": 9, "protocol": "SCTP"},
    ]
    listening = [{**container("many"), "ports": ports}, container("one", host_port=8443), container("none")]
    yield daemon_set("ports", namespace, template={"spec": {"containers": listening}})
    amounts = {
        "cpu": "0.5",
        "memory": "1.5Gi",
        "ephemeral-storage": "1e9",
        "example.com/gpu": "2",
        "hugepages-1Gi": "2Gi",
    }
    yield daemon_set(
        "resources", namespace, limits=amounts, cpu="100m", memory="64M", requests={"ephemeral-storage": "1G"}
    )
    mounts: list[Object] = [
        {"name": "logs", "mountPath": "/z", "readOnly": True},
        {"name": "logs", "mountPath": "/a", "subPath": 'q"uo\te\\\u200b日'},
        {"name": "logs", "mountPath": "/m", "subPathExpr": "$(NAME)"},
        {"name": "logs", "mountPath": "/m/10", "mountPropagation": "HostToContainer"},
    ]
    block = [{"name": "raw", "devicePath": "/dev/xvdb"}, {"name": "raw-2", "devicePath": "/dev/xvda"}]
    mounted = {**container(), "volumeMounts": mounts, "env": [{"name": "NAME", "value": "x"}]}
    yield daemon_set(
        "mounts",
        namespace,
        volumes=[
            {"name": "logs", "hostPath": {"path": "/l"}},
            {"name": "raw", "persistentVolumeClaim": {"claimName": "b"}},
            {"name": "raw-2", "persistentVolumeClaim": {"claimName": "c"}},
        ],
        template={"spec": {"containers": [mounted, {**container("block"), "volumeDevices": block}]}},
    )
    profiles: tuple[Object, ...] = (
        {"type": "RuntimeDefault"},
        {"type": "Unconfined"},
        {"type": "Localhost", "localhostProfile": "profiles/audit.json"},
    )
    secured = [
        {**container(f"c{at}"), "securityContext": {"seccompProfile": each, "privileged": at == 1}}
        for at, each in enumerate(profiles)
    ]
    yield daemon_set(
        "profiles", namespace, template={"spec": {"containers": secured, "securityContext": {"runAsUser": 1}}}
    )


def _placements(namespace: str) -> Iterable[Object]:
    yield daemon_set("node-selector", namespace, node_selector={"zone": "b", "disk.example/type": "ssd", "empty": ""})
    tolerations: list[Object] = [
        {"operator": "Exists"},
        {"operator": "Exists", "effect": "NoExecute"},
        {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0},
        {"key": "z", "operator": "Exists"},
        {"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"},
        {"key": "k", "value": "v"},
        {"key": "k", "value": "", "effect": "PreferNoSchedule"},
        {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    ]
    yield daemon_set("tolerations", namespace, tolerations=tolerations)
    effects = ("NoSchedule", "PreferNoSchedule", "NoExecute", None)
    many = [
        {"key": f"k{at % 4}", "operator": "Equal", "value": f"v{at}"} | ({"effect": effect} if effect else {})
        for at, effect in ((at, effects[at % 3]) for at in range(40))
    ]
    yield daemon_set("many-tolerations", namespace, tolerations=many)
    zones = ("zone", "host", "rack", "zone", "a")
    spread = [
        {
            "maxSkew": 1 + at,
            "topologyKey": f"{key}{at // 5}",
            "whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway")[at % 2],
            **({"labelSelector": _expressions()} if at % 3 == 0 else {"labelSelector": {}} if at % 3 == 1 else {}),
        }
        for at, key in enumerate(zones * 3)
    ]
    yield daemon_set("spread", namespace, template={"spec": {"topologySpreadConstraints": _distinct(spread)}})
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["4"]}]}]
            }
        }
    }
    yield daemon_set("host", namespace, host_network=True, affinity=affinity, service_account="robot", host_port=80)
    labels = {"app": "selector", "tier": "a", "alpha": "x"}
    yield daemon_set("selector", namespace, labels=labels, selector=_expressions(app="selector"))


def _distinct(spread: Iterable[Object]) -> list[Object]:
    """Constraints of which no two have the same key and effect, as the API wants them."""
    return list({(each["topologyKey"], each["whenUnsatisfiable"]): each for each in spread}.values())


def _expressions(**labels: str) -> Object:
    return {
        "matchLabels": labels,
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["c", "a", "b"]},
            {"key": "alpha", "operator": "Exists"},
            {"key": "gone", "operator": "DoesNotExist"},
            {"key": "beta", "operator": "NotIn", "values": ["z", "y"]},
        ],
    }


def _volumes(namespace: str) -> Iterable[Object]:
    names = list(VOLUMES)
    for at in range(0, len(names), 10):
        some = [{"name": name, **VOLUMES[name]} for name in names[at : at + 10]]
        yield daemon_set(f"volumes-{at // 10}", namespace, volumes=some)


def _specs(namespace: str) -> Iterable[Object]:
    yield daemon_set("on-delete", namespace, strategy="OnDelete", min_ready_seconds=30, revision_history_limit=0)
    yield daemon_set("surge", namespace, max_surge="25%", priority_class="system-node-critical")
    yield daemon_set(
        f"{'long-name-' * 5}{'x' * 13}", namespace, labels={"app": "x" * 63}, image=f"registry.example/{'y' * 80}:1"
    )
    template: Mapping[str, Any] = {
        "metadata": {"annotations": {"checksum/config": "1e3", "note": "a\nb", "empty": ""}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "dnsPolicy": "None",
            "dnsConfig": {"nameservers": ["10.0.0.1"]},
            "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a.b"]}],
            "shareProcessNamespace": True,
            "imagePullSecrets": [{"name": "pull"}],
            "enableServiceLinks": False,
            "schedulingGates": [{"name": "x.y/z"}],
            "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "gpu"}],
            "runtimeClassName": "kata",
        },
    }
    yield merge(daemon_set("rest", namespace, template=template), {"metadata": {"finalizers": ["example.com/keep"]}})
