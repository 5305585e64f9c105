"""Cures for pods that the API server refuses: a larger quota, a wider whitelist, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Any

import msgspec

from kubectl_ds.engine.admission.pod_toleration_restriction import WHITELIST
from kubectl_ds.engine.cure_resources import raise_quota
from kubectl_ds.engine.decision import Cause, Cure
from kubectl_ds.engine.eligibility import automatic_tolerations
from kubectl_ds.engine.evidence import AdmissionEvidence, OrderEvidence
from kubectl_ds.engine.situation import Situation
from kubectl_ds.model.taint import Toleration


def failed_create(situation: Situation, cause: Cause) -> Iterator[Cure]:
    """What lets the API server take the pods, by the plugin that refuses them."""
    evidence = cause.evidence
    if isinstance(evidence, OrderEvidence):
        change = f"raise the quota: it lets in {evidence.at_most} of the pods, and nobody knows which"
        yield Cure(change=change, command=None)
    if not isinstance(evidence, AdmissionEvidence):
        return
    namespace = situation.daemon_set.namespace
    if evidence.admission == "quota":
        yield raise_quota(namespace, evidence, situation.missing)
    elif evidence.admission == "podSecurity":
        command = f"kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged --overwrite"
        yield Cure(change="let the namespace run privileged pods", command=command)
    elif evidence.admission == "serviceAccount" and evidence.name and evidence.rule != "secretNotReferenced":
        name = evidence.name.rpartition("/")[2]
        yield Cure(change="create the ServiceAccount", command=f"kubectl create serviceaccount {name} -n {namespace}")
    elif evidence.admission == "priorityClass" and evidence.rule != "mismatch":
        yield Cure(change="ask for no priority class", command=situation.remove("priorityClassName"))
    elif evidence.admission == "tolerationWhitelist":
        yield from _widen_whitelist(situation)
    else:
        change = _OTHERWISE.get(evidence.admission, "change the pod template, or what refuses it")
        yield Cure(change=change.format(name=evidence.name or "it", namespace=namespace), command=None)


_OTHERWISE = {
    "limitRange": "ask for amounts within the LimitRanges of the namespace: kubectl describe limits -n {namespace}",
    "webhook": "webhook {name} must answer, and let these pods in; whoever runs it knows why it does not",
    "nodeSelectorConflict": "let the template's nodeSelector agree with the namespace's annotation, or change that one",
    "runtimeClass": "name a RuntimeClass that exists, and leave overhead and scheduling to it",
    "namespace": "the namespace must exist, and not be going away",
    "invalid": "the template makes pods that the API refuses: change what its words name",
}
"""What to do where no command is known to cure it."""


def _widen_whitelist(situation: Situation) -> Iterator[Cure]:
    """Every toleration must be on the list, the automatic ones as well (k#94722)."""
    name = situation.daemon_set.namespace
    namespace = situation.snapshot.namespaces_by_name.get(name)
    spec = situation.daemon_set.spec.template.spec
    annotation = namespace.metadata.annotations.get(WHITELIST, "") if namespace is not None else ""
    try:
        listed = msgspec.json.decode(annotation or b"[]", type=list[dict[str, Any]])
    except msgspec.DecodeError:
        listed = []
    if listed:
        needed = [plain_toleration(each) for each in (*spec.tolerations, *automatic_tolerations(spec))]
        lacking = [each for each in needed if each not in listed]
        value = quote(f"{WHITELIST}={msgspec.json.encode([*listed, *lacking]).decode()}")
        names = ", ".join(f"{each.get('key', '*')}:{each.get('effect', '*')}" for each in lacking)
        yield Cure(
            change=f"put on the namespace's whitelist what it lacks, the automatic tolerations too: {names}",
            command=f"kubectl annotate namespace {name} --overwrite {value}",
        )
    yield Cure(change="take the whitelist off the namespace", command=f"kubectl annotate namespace {name} {WHITELIST}-")


def plain_toleration(toleration: Toleration) -> dict[str, Any]:
    """A toleration as a manifest has it."""
    plain = msgspec.to_builtins(toleration)
    return {key: value for key, value in plain.items() if value not in ("", None)}
