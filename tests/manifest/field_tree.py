"""Makes ``kubectl_ds/manifest/field_tree.json`` from the OpenAPI documents of an API server.

    python -m tests.manifest.field_tree

It starts a control plane and asks it. The official ``kubernetes`` package is made from the same documents and a test
holds the tree against it; the package itself cannot be the source, because it calls a quantity and a text both ``str``
and forgets how wide a number may be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from kubectl_ds.manifest import schema

TARGET = Path(schema.__file__).with_name("field_tree.json")

KINDS: dict[str, tuple[str, ...]] = {
    "v1": (
        *("ConfigMap", "LimitRange", "Namespace", "PersistentVolume", "PersistentVolumeClaim", "Pod"),
        *("ResourceQuota", "Secret", "Service", "ServiceAccount"),
    ),
    "admissionregistration.k8s.io/v1": ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
    "apps/v1": ("ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "autoscaling/v2": ("HorizontalPodAutoscaler",),
    "batch/v1": ("CronJob", "Job"),
    "networking.k8s.io/v1": ("Ingress", "NetworkPolicy"),
    "node.k8s.io/v1": ("RuntimeClass",),
    "policy/v1": ("PodDisruptionBudget",),
    "rbac.authorization.k8s.io/v1": ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    "scheduling.k8s.io/v1": ("PriorityClass",),
    "storage.k8s.io/v1": ("CSIDriver", "StorageClass"),
}
"""DaemonSets, and what stands beside them in the same files."""

_SPECIAL = {
    "Quantity": "quantity",
    "IntOrString": "intstr",
    "Time": "time",
    "MicroTime": "time",
    "FieldsV1": "any",
    "RawExtension": "any",
}
_VERSION = re.compile(r"(?:^|/)v\d+(?:(?:alpha|beta)\d+)?$")
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)", re.DOTALL)
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|ex)\.$")


def document_path(api_version: str) -> str:
    """Where a server publishes the document of an API version."""
    return f"/openapi/v3/{'apis' if '/' in api_version else 'api'}/{api_version}"


def build(get: Callable[[str], Any], kinds: dict[str, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """The tree, as it is stored; ``get`` returns the document at a path of the server."""
    roots: dict[str, str] = {}
    types: dict[str, Any] = {}
    for version, names in (kinds or KINDS).items():
        schemas = get(document_path(version))["components"]["schemas"]
        for full, declared in schemas.items():
            for each in declared.get("x-kubernetes-group-version-kind", ()):
                if each["kind"] in names and "/".join(filter(None, (each["group"], each["version"]))) == version:
                    roots[f"{version}/{each['kind']}"] = _short(full)
                    _collect(full, schemas, types)
    return {"kinds": dict(sorted(roots.items())), "served": _served(get), "types": dict(sorted(types.items()))}


def _served(get: Callable[[str], Any]) -> dict[str, list[str]]:
    """The kinds of every API version that a server serves by default, whether the tree has their fields or not."""
    found: dict[str, set[str]] = {}
    for path in get("/openapi/v3")["paths"]:
        version = path.partition("/")[2]
        if not path.startswith(("api/", "apis/")) or not _VERSION.search(version):
            continue
        for declared in get(document_path(version))["components"]["schemas"].values():
            for each in declared.get("x-kubernetes-group-version-kind", ()):
                if "/".join(filter(None, (each["group"], each["version"]))) == version:
                    found.setdefault(version, set()).add(each["kind"])
    return {version: sorted(kinds) for version, kinds in sorted(found.items())}


def _collect(full: str, schemas: dict[str, Any], types: dict[str, Any]) -> None:
    """A type and all that it holds."""
    name = _short(full)
    if name in types:
        return
    declared = schemas[full]
    required = set(declared.get("required", ()))
    fields = types[name] = {}
    for field, about in sorted(declared.get("properties", {}).items()):
        fields[field] = [_code(about, schemas, types), int(field in required), first_sentence(about)]


def _code(about: dict[str, Any], schemas: dict[str, Any], types: dict[str, Any]) -> str:
    """The type as one word: ``list:object:core.v1.Container``, ``map:quantity``."""
    if "allOf" in about:
        return _code(about["allOf"][0], schemas, types)
    if "$ref" in about:
        full = about["$ref"].rpartition("/")[2]
        special = _SPECIAL.get(full.rpartition(".")[2])
        if special:
            return special
        if not schemas[full].get("properties"):
            return "any"
        _collect(full, schemas, types)
        return f"object:{_short(full)}"
    kind = about.get("type")
    if kind == "array":
        return f"list:{_code(about['items'], schemas, types)}"
    if kind == "object":
        return (
            f"map:{_code(about['additionalProperties'], schemas, types)}" if "additionalProperties" in about else "any"
        )
    if kind == "integer":
        return str(about.get("format", "int64"))
    if kind == "string":
        return {"byte": "bytes", "date-time": "time"}.get(about.get("format", ""), "string")
    return {"boolean": "bool", "number": "number"}.get(str(kind), "any")


def _short(full: str) -> str:
    """``io.k8s.api.core.v1.Container`` → ``core.v1.Container``."""
    return re.sub(r"^io\.k8s\.(?:api|apimachinery\.pkg\.apis|kube-aggregator\.pkg\.apis)\.", "", full)


def first_sentence(about: dict[str, Any]) -> str:
    """What the documentation says first; empty where it says nothing."""
    text = " ".join(str(about.get("description", "")).split())
    end = 0
    for match in _SENTENCE.finditer(text):
        end = match.end(1)
        if not _ABBREVIATION.search(text[:end]):
            break
    sentence = text[:end] or text
    return sentence if len(sentence) <= 200 else f"{sentence[:199].rsplit(' ', 1)[0]}…"


def dump(tree: dict[str, Any]) -> str:
    """The tree as text: a type a line, so that a change of Kubernetes shows as such."""
    lines: Iterable[str] = (f"{json.dumps(name)}: {_compact(fields)}" for name, fields in tree["types"].items())
    return (
        f'{{"kinds": {_compact(tree["kinds"])},\n"served": {_compact(tree["served"])},\n"types": {{\n'
        + ",\n".join(lines)
        + "\n}}\n"
    )


def _compact(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def document(answer: Any) -> Any:
    """What a server answered; it does not say of all documents that they are JSON."""
    return json.loads(answer) if isinstance(answer, str) else answer


if __name__ == "__main__":
    from tests.controlplane.plane import ControlPlane

    with ControlPlane() as plane:
        client = plane.new_client()
        TARGET.write_text(dump(build(lambda path: document(client.request("GET", path)))), encoding="utf-8")
