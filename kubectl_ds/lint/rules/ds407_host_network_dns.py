"""Under hostNetwork the default dnsPolicy is the node's, and names of services do not resolve.

`ClusterFirst` means `Default` for a pod with hostNetwork: an agent that sends to `collector.logging.svc` finds no such
host and buffers until the disk is full. Where its settings name such a service it is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Part, Subject
from kubectl_ds.manifest.edit import Put

_SERVICE = re.compile(r"[\w-]+\.[\w-]+\.svc\b")


def check(subject: Subject) -> Iterator[Problem]:
    """What is unset or defaulted; of node-critical agents and network plug-ins only where they name a service."""
    if not subject.pod.true("hostNetwork") or subject.pod.text("dnsPolicy") not in ("", "ClusterFirst"):
        return
    own = subject.critical or subject.network_plugin
    named = next((name for each in subject.every_container for name in _services(each)), "")
    if own and not named:
        return
    yield Problem(
        subject.pod.at("dnsPolicy"),
        f"hostNetwork takes the node's DNS: {named or 'names of services'} {'does' if named else 'do'} not resolve",
        "set dnsPolicy: ClusterFirstWithHostNet, or Default if that is meant",
        Level.WARNING if named else None,
        (Put(subject.pod.step("dnsPolicy"), "ClusterFirstWithHostNet"),) if named else (),
    )


def _services(container: Part) -> Iterator[str]:
    texts = (*container.texts("command"), *container.texts("args"))
    for text in (*texts, *(each.text("value") for each in container.parts("env"))):
        yield from _SERVICE.findall(text)


RULE = Rule(
    code="DS407",
    name="host-network-dns",
    level=Level.INFO,
    why=__doc__,
    check=check,
    fixable=True,
    cases="""
good:
  a network plug-in works below the cluster's DNS:
    mount: /etc/cni/net.d
    pod: {hostNetwork: true}
  no hostNetwork: {}
  the policy is set:
    pod: {hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet}
  the node's DNS is meant:
    pod: {hostNetwork: true, dnsPolicy: Default}
bad:
  unset:
    pod: {hostNetwork: true}
    finds: spec.template.spec.dnsPolicy
  unset, and a service is named:
    pod: {hostNetwork: true}
    container: {args: [--to=http://collector.logging.svc:4318]}
    finds: spec.template.spec.dnsPolicy
""",
)
