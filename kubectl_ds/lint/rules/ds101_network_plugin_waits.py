"""A network plug-in that does not tolerate NotReady nodes never starts where it is needed first.

A new node stays NotReady until its network plug-in runs, and since 1.12 a NotReady node carries the taint
node.kubernetes.io/not-ready:NoSchedule, which the tolerations that every DaemonSet pod gets do not cover. The plug-in
waits for the node, the node waits for the plug-in: cloudnativelabs/kube-router#547, cilium/cilium#5476.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject

_TAINT = "node.kubernetes.io/not-ready"


def check(subject: Subject) -> Iterator[Problem]:
    """Plug-ins are known by the CNI folders that they mount."""
    if subject.network_plugin and not subject.tolerates(_TAINT, "NoSchedule"):
        yield Problem(
            subject.pod.at("tolerations"),
            f"a network plug-in without a toleration of {_TAINT}:NoSchedule: a new node never becomes Ready",
            f"add the toleration {{key: {_TAINT}, operator: Exists, effect: NoSchedule}}",
        )


RULE = Rule(
    code="DS101",
    name="network-plugin-waits",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  an agent that is no network plug-in:
    pod: {tolerations: null}
  a plug-in that tolerates the taint:
    mount: /etc/cni/net.d
    pod: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoSchedule}]}
bad:
  a plug-in without tolerations:
    mount: /etc/cni/net.d
    pod: {tolerations: null}
    finds: spec.template.spec.tolerations
  the automatic toleration is of NoExecute alone:
    mount: /opt/cni/bin/
    pod: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute}]}
    finds: spec.template.spec.tolerations
""",
)
