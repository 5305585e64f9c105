"""What stands in the way of an old DaemonSet, row by row: how it is found, how it is put right, and why.

The defaults of the old versions are those of Kubernetes 1.15 (``pkg/apis/extensions/v1beta1/defaults.go``,
``pkg/apis/apps/v1beta2/defaults.go``); what ``extensions/v1beta1`` meant by saying nothing is written out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kubectl_ds.manifest.edit import Drop, Edit, Path, Put, Rename, at, path_text

SERVED = "apps/v1"
EXTENSIONS = "extensions/v1beta1"
LEGACY = frozenset({EXTENSIONS, "apps/v1beta2", "apps/v1beta1"})
"""``apps/v1beta1`` never had DaemonSets, but manifests name it; its defaults are taken to be those of its successor."""
VERSIONS = (*sorted(LEGACY), SERVED)
_EVERY = LEGACY | {SERVED}

_TEMPLATE: Path = ("spec", "template")
_POD: Path = (*_TEMPLATE, "spec")
_ALPHA = "scheduler.alpha.kubernetes.io"
_GENERATION = "deprecated.daemonset.template.generation"
_BETA_LABELS = {"beta.kubernetes.io/os": "kubernetes.io/os", "beta.kubernetes.io/arch": "kubernetes.io/arch"}
_AFFINITY = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERENCE = "preferredDuringSchedulingIgnoredDuringExecution"


@dataclass(frozen=True)
class Draft:
    """One thing to put right."""

    path: Path
    """Where it stands, or where it is missing."""
    what: str
    """What is done: ``spec.updateStrategy: {type: OnDelete}``."""
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Row:
    """One thing that is looked for."""

    find: Callable[[dict[str, Any]], Iterator[Draft]]
    """Looks through the object as the rows above have left it."""
    reason: str
    versions: frozenset[str] = _EVERY
    """The version that the manifest was written for."""


def _kind(data: dict[str, Any]) -> Iterator[Draft]:
    written = data.get("kind")
    if written != "DaemonSet":
        yield Draft(("kind",), f"kind: DaemonSet, was {written}", (Put(("kind",), "DaemonSet"),))


def _api_version(data: dict[str, Any]) -> Iterator[Draft]:
    written = data.get("apiVersion")
    if written != SERVED:
        yield Draft(("apiVersion",), f"apiVersion: {SERVED}, was {written}", (Put(("apiVersion",), SERVED),))


def _template_metadata(data: dict[str, Any]) -> Iterator[Draft]:
    metadata = at(data, (*_TEMPLATE, "metadata"))
    for key in ("name", "generateName", "namespace"):
        if isinstance(metadata, dict) and key in metadata:
            path = (*_TEMPLATE, "metadata", key)
            yield Draft(path, f"{path_text(path)} dropped", (Drop(path),))


def _labels(data: dict[str, Any]) -> Iterator[Draft]:
    labels = _template_labels(data)
    metadata = data.get("metadata")
    if labels and isinstance(metadata, dict) and not metadata.get("labels"):
        path = ("metadata", "labels")
        yield Draft(path, f"metadata.labels: {_flow(labels)}", (Put(path, labels),))


def _selector(data: dict[str, Any]) -> Iterator[Draft]:
    labels = _template_labels(data)
    spec = data.get("spec")
    if labels and isinstance(spec, dict) and not spec.get("selector"):
        selector = {"matchLabels": labels}
        path = ("spec", "selector")
        yield Draft(path, f"spec.selector: {_flow(selector)}", (Put(path, selector, "template"),))


def _template_generation(data: dict[str, Any]) -> Iterator[Draft]:
    path: Path = ("spec", "templateGeneration")
    if isinstance(data.get("spec"), dict) and "templateGeneration" in data["spec"]:
        yield Draft(path, f"{path_text(path)} dropped", (Drop(path),))
    for holder in (("metadata",), (*_TEMPLATE, "metadata")):
        if _GENERATION in _annotations(data, holder):
            where = (*holder, "annotations", _GENERATION)
            yield Draft(where, f"{path_text(where)} dropped", _without(data, where))


def _update_strategy(data: dict[str, Any]) -> Iterator[Draft]:
    spec = data.get("spec")
    strategy = spec.get("updateStrategy") if isinstance(spec, dict) else {"type": "?"}
    if not strategy:
        path: Path = ("spec", "updateStrategy")
        value: Any = {"type": "OnDelete"}
    elif isinstance(strategy, dict) and not strategy.get("type"):
        path, value = ("spec", "updateStrategy", "type"), "OnDelete"
    else:
        return
    yield Draft(path, f"{path_text(path)}: {_flow(value)}", (Put(path, value, "template"),))


def _alpha_tolerations(data: dict[str, Any]) -> Iterator[Draft]:
    yield from _alpha(data, "tolerations", list)


def _alpha_affinity(data: dict[str, Any]) -> Iterator[Draft]:
    yield from _alpha(data, "affinity", dict)


def _alpha(data: dict[str, Any], field: str, shape: type) -> Iterator[Draft]:
    """An annotation whose JSON has become a field; text that is no such JSON is left for the reader to judge."""
    where = (*_TEMPLATE, "metadata", "annotations", f"{_ALPHA}/{field}")
    text, pod = at(data, where), at(data, _POD)
    if not isinstance(text, str) or not isinstance(pod, dict):
        return
    if pod.get(field):
        yield Draft(where, f"{path_text(where)} dropped: spec.{field} of the template says it", _without(data, where))
        return
    try:
        value = json.loads(text or "null")
    except ValueError:
        return
    if isinstance(value, shape) or not value:
        moved: tuple[Edit, ...] = (Put((*_POD, field), value, "containers"),) if value else ()
        to = f" moved to {path_text((*_POD, field))}" if value else " dropped: it is empty"
        yield Draft(where, f"{path_text(where)}{to}", (*moved, *_without(data, where)))


def _critical_pod(data: dict[str, Any]) -> Iterator[Draft]:
    where = (*_TEMPLATE, "metadata", "annotations", f"{_ALPHA}/critical-pod")
    pod = at(data, _POD)
    if f"{_ALPHA}/critical-pod" not in _annotations(data, (*_TEMPLATE, "metadata")) or not isinstance(pod, dict):
        return
    priority = (*_POD, "priorityClassName")
    if pod.get("priorityClassName") or pod.get("priority"):
        yield Draft(where, f"{path_text(where)} dropped: the template names its priority", _without(data, where))
        return
    put = Put(priority, "system-node-critical", "containers")
    what = f"{path_text(priority)}: system-node-critical, for the annotation {where[-1]}"
    yield Draft(where, what, (put, *_without(data, where)))


def _beta_labels(data: dict[str, Any]) -> Iterator[Draft]:
    selector = at(data, (*_POD, "nodeSelector"))
    for old, new in _BETA_LABELS.items():
        path = (*_POD, "nodeSelector", old)
        if not isinstance(selector, dict) or old not in selector:
            continue
        if new not in selector:
            yield Draft(path, f"{path_text(path)} is {new} now", (Rename(path, new),))
        elif selector[new] == selector[old]:
            yield Draft(path, f"{path_text(path)} dropped: {new} says it", (Drop(path),))
    for path in _node_selector_keys(data):
        old = at(data, path)
        if old in _BETA_LABELS:
            yield Draft(path, f"{path_text(path)}: {_BETA_LABELS[old]}, was {old}", (Put(path, _BETA_LABELS[old]),))


def _node_selector_keys(data: dict[str, Any]) -> Iterator[Path]:
    """Where a node affinity names a label."""
    affinity: Path = (*_POD, "affinity", "nodeAffinity")
    required = (*affinity, _AFFINITY, "nodeSelectorTerms")
    terms = [(*required, number) for number in range(_length(data, required))]
    preferred = (*affinity, _PREFERENCE)
    terms += [(*preferred, number, "preference") for number in range(_length(data, preferred))]
    for term in terms:
        for number in range(_length(data, (*term, "matchExpressions"))):
            path = (*term, "matchExpressions", number, "key")
            if isinstance(at(data, path), str):
                yield path


_ONE_VERSION = "since Kubernetes 1.16 DaemonSets are served as apps/v1 alone"
_OLD_DEFAULT = "extensions/v1beta1 took it from the template's labels when it was not written"

TABLE = (
    Row(_kind, "there is no other kind that this can mean"),
    Row(_api_version, _ONE_VERSION),
    Row(_template_metadata, "it has no effect: the controller names the pods, and puts them where the DaemonSet is"),
    Row(_labels, _OLD_DEFAULT, frozenset({EXTENSIONS})),
    Row(_selector, f"apps/v1 demands it, and {_OLD_DEFAULT}", frozenset({EXTENSIONS})),
    Row(_selector, "apps/v1 demands it, and these labels are what its pods bear", _EVERY - {EXTENSIONS}),
    Row(_template_generation, "apps/v1 has no such counter: revisions are objects of their own"),
    Row(
        _update_strategy,
        "this is what extensions/v1beta1 meant by saying nothing: a pod is replaced only when somebody deletes it; "
        "write RollingUpdate to have changes rolled out",
        frozenset({EXTENSIONS}),
    ),
    Row(_alpha_tolerations, "the annotation has had no effect since Kubernetes 1.6: it has become a field", LEGACY),
    Row(_alpha_affinity, "the annotation has had no effect since Kubernetes 1.6: it has become a field", LEGACY),
    Row(_critical_pod, "the annotation has had no effect since Kubernetes 1.16: a priority class does it now", LEGACY),
    Row(_beta_labels, "the beta label has been deprecated since Kubernetes 1.14"),
)
"""In this order: what is found below sees what was changed above."""


def _template_labels(data: dict[str, Any]) -> dict[str, Any]:
    labels = at(data, (*_TEMPLATE, "metadata", "labels"))
    return labels if isinstance(labels, dict) else {}


def _annotations(data: dict[str, Any], holder: Path) -> dict[str, Any]:
    annotations = at(data, (*holder, "annotations"))
    return annotations if isinstance(annotations, dict) else {}


def _without(data: dict[str, Any], annotation: Path) -> tuple[Edit, ...]:
    """Drop an annotation, and the mapping with its last one."""
    return (Drop(annotation if len(at(data, annotation[:-1])) > 1 else annotation[:-1]),)


def _length(data: dict[str, Any], path: Path) -> int:
    value = at(data, path)
    return len(value) if isinstance(value, list) else 0


def _flow(value: Any) -> str:
    """A value as YAML writes it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    return str(value)
