"""The account that the pod runs as: ``default`` when it names none, and it must exist.

Mirrors ``Plugin.Admit``, ``Validate`` and ``limitSecretReferences`` (plugin/pkg/admission/serviceaccount, Kubernetes
1.37). The volume with the account's token that it adds has a random name and no bearing on any decision: it is left
out.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import ServiceAccount

PLUGIN = "ServiceAccount"
_DEFAULT = "default"
_ENFORCE = "kubernetes.io/enforce-mountable-secrets"
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with its account; refused when there is no such account, or it may not use a secret that it names.

    ``default`` is made for every namespace, so it counts as there when not a single account was found.
    """
    name = pod.spec.service_account_name or _DEFAULT
    pod = msgspec.structs.replace(pod, spec=msgspec.structs.replace(pod.spec, service_account_name=name))
    unknown = request.denied("serviceaccounts")
    account = _find(request, name)
    if account is None:
        by_chance = name == _DEFAULT and not request.snapshot.service_accounts
        if unknown or by_chance:
            return pod, Step(plugin=PLUGIN, unknown=unknown)
        evidence = AdmissionEvidence(admission="serviceAccount", name=name, rule="missing")
        return pod, Step(plugin=PLUGIN, refusals=(refusal(evidence),))
    return pod, Step(plugin=PLUGIN, refusals=tuple(refusal(each) for each in _secrets_refused(request, account)))


def _find(request: Request, name: str) -> ServiceAccount | None:
    for account in request.snapshot.service_accounts:
        if account.metadata.name == name and account.metadata.namespace == request.namespace_name:
            return account
    return None


def _secrets_refused(request: Request, account: ServiceAccount) -> list[AdmissionEvidence]:
    """Secrets that the template uses and the account does not list, if the account asks for that to matter."""
    if account.metadata.annotations.get(_ENFORCE) not in _TRUE:
        return []
    spec = request.template_spec
    mountable = {each.name for each in account.secrets}
    pull = {each.name for each in account.image_pull_secrets}
    fields = [each for each in _secrets_used(spec) if each[1] not in mountable]
    fields += [
        (f"spec.imagePullSecrets[{number}]", str(each.get("name", "")))
        for number, each in enumerate(_dicts(spec.get("imagePullSecrets")))
        if each.get("name", "") not in pull
    ]
    return [
        AdmissionEvidence(
            admission="serviceAccount",
            name=account.metadata.name,
            rule="secretNotReferenced",
            field=field,
            details=(secret,),
        )
        for field, secret in fields
    ]


def _secrets_used(spec: dict[str, Any]) -> list[tuple[str, str]]:
    """(field, secret) of volumes, then of the environment of init containers and containers."""
    used = [
        (f"spec.volumes[{each.get('name', '')}]", str(each["secret"].get("secretName", "")))
        for each in _dicts(spec.get("volumes"))
        if isinstance(each.get("secret"), dict)
    ]
    for group in ("initContainers", "containers"):
        for container in _dicts(spec.get(group)):
            place = f"spec.{group}[{container.get('name', '')}]"
            for variable in _dicts(container.get("env")):
                source = variable.get("valueFrom") or {}
                if isinstance(source, dict) and isinstance(source.get("secretKeyRef"), dict):
                    used.append((f"{place}.env[{variable.get('name', '')}]", str(source["secretKeyRef"].get("name"))))
            for source in _dicts(container.get("envFrom")):
                if isinstance(source.get("secretRef"), dict):
                    used.append((f"{place}.envFrom", str(source["secretRef"].get("name"))))
    return used


def _dicts(found: object) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
