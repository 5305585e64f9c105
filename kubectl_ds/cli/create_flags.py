"""The flags of ``create NAME --image=IMG``, one row each, in kubectl's style."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from kubectl_ds.cli.flags import IMAGE, Flag, Invocation
from kubectl_ds.manifest.build import Blueprint

BUILD = (
    Flag("image", ("--image",), "Image of the container.", "IMAGE", panel=IMAGE),
    Flag(
        "args",
        ("--arg",),
        "Argument of the container; may be repeated. Its command stands after --.",
        "ARG",
        many=True,
        panel=IMAGE,
    ),
    Flag("env", ("--env",), "Environment variable; may be repeated.", "KEY=VALUE", many=True, panel=IMAGE),
    Flag(
        "env_from",
        ("--env-from",),
        "All of configmap/NAME or secret/NAME; may be repeated.",
        "KIND/NAME",
        many=True,
        panel=IMAGE,
    ),
    Flag("ports", ("--port",), "Port of the container: 80, 53/UDP; may be repeated.", "PORT", many=True, panel=IMAGE),
    Flag(
        "host_ports",
        ("--host-port",),
        "Port of the node, and of the container if it is another: 80:8080.",
        "PORT",
        many=True,
        panel=IMAGE,
    ),
    Flag(
        "host_paths",
        ("--host-path",),
        "Folder of the node: /var/log, /run:/host/run:ro; may be repeated.",
        "PATH",
        many=True,
        panel=IMAGE,
    ),
    Flag("requests", ("--requests",), "What is set aside on each node: cpu=100m,memory=64Mi.", "AMOUNTS", panel=IMAGE),
    Flag("limits", ("--limits",), "The most that it may use: memory=128Mi.", "AMOUNTS", panel=IMAGE),
    Flag("readiness", ("--readiness",), "http:PORT/PATH, tcp:PORT or exec:COMMAND.", "PROBE", panel=IMAGE),
    Flag("liveness", ("--liveness",), "http:PORT/PATH, tcp:PORT or exec:COMMAND.", "PROBE", panel=IMAGE),
    Flag("node_selector", ("--node-selector",), "Labels of the nodes to run on.", "KEY=VALUE", many=True, panel=IMAGE),
    Flag(
        "tolerations",
        ("--toleration",),
        "KEY[=VALUE][:EFFECT], as taints are written; may be repeated.",
        "TAINT",
        many=True,
        panel=IMAGE,
    ),
    Flag("tolerate_all", ("--tolerate-all",), "Run on every node, whatever its taints.", panel=IMAGE),
    Flag("priority_class", ("--priority-class",), "PriorityClass, such as system-node-critical.", "CLASS", panel=IMAGE),
    Flag("service_account", ("--service-account",), "ServiceAccount of the pods.", "ACCOUNT", panel=IMAGE),
    Flag("host_network", ("--host-network",), "Share the node's network.", panel=IMAGE),
    Flag("host_pid", ("--host-pid",), "See the node's processes.", panel=IMAGE),
    Flag("privileged", ("--privileged",), "Run the container privileged.", panel=IMAGE),
    Flag("update_strategy", ("--update-strategy",), "How pods are replaced.", "RollingUpdate|OnDelete", panel=IMAGE),
    Flag(
        "max_unavailable", ("--max-unavailable",), "Pods that may be down in a rollout: 1, 10%.", "COUNT", panel=IMAGE
    ),
    Flag("labels", ("--labels",), "Further labels of the DaemonSet and its pods.", "KEY=VALUE", many=True, panel=IMAGE),
)
"""Each row bears the name of the field of ``Blueprint`` that it fills."""


def blueprint(invocation: Invocation, name: str, command: tuple[str, ...]) -> Blueprint:
    """What the command line asks for."""
    wanted = {each.name for each in fields(Blueprint)}
    given: dict[str, Any] = {
        row.name: tuple(value) if row.many else value
        for row in BUILD
        if row.name in wanted and (value := invocation.flags.get(row.name)) is not None
    }
    namespace = invocation.text("namespace")
    settings: dict[str, Any] = {"image": "", **given, "name": name, "namespace": namespace, "command": command}
    return Blueprint(**settings)


def given_flags(invocation: Invocation) -> tuple[str, ...]:
    """The flags of this table that were given."""
    return tuple(row.forms[0] for row in BUILD if invocation.given(row.name))
