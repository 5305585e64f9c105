"""The pod template in ``kubectl describe``.

Mirrors ``DescribePodTemplate`` (k8s.io/kubectl v0.37 pkg/describe/describe.go); containers and volumes have
modules of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_ds.render.go_sort import go_sorted
from kubectl_ds.render.kubectl_describe_containers import write_containers
from kubectl_ds.render.kubectl_describe_labels import write_annotations, write_labels, write_tolerations
from kubectl_ds.render.kubectl_describe_volumes import write_volumes
from kubectl_ds.render.label_text import format_selector
from kubectl_ds.render.prefix_writer import PrefixWriter

Json = Mapping[str, Any]


def write_pod_template(writer: PrefixWriter, template: Json) -> None:
    """``DescribePodTemplate``."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    writer.write(0, "Pod Template:\n")
    write_labels(writer, "  Labels", metadata.get("labels"))
    if metadata.get("annotations"):
        write_annotations(writer, "  Annotations", metadata["annotations"])
    if spec.get("serviceAccountName"):
        writer.write(1, f"Service Account:\t{spec['serviceAccountName']}\n")
    if spec.get("initContainers"):
        write_containers(writer, "Init Containers", spec["initContainers"])
    write_containers(writer, "Containers", spec.get("containers") or ())
    write_volumes(writer, spec.get("volumes") or ())
    _write_topology_spread(writer, spec.get("topologySpreadConstraints") or ())
    if spec.get("priorityClassName"):
        writer.write(1, f"Priority Class Name:\t{spec['priorityClassName']}\n")
    write_labels(writer, "  Node-Selectors", spec.get("nodeSelector"))
    write_tolerations(writer, "  Tolerations", spec.get("tolerations"))
    group = spec.get("schedulingGroup")
    if group is not None:
        writer.write(0, "  SchedulingGroup:\n")
        writer.write(1, f"PodGroupName:\t{group.get('podGroupName') or ''}\n")


def _write_topology_spread(writer: PrefixWriter, constraints: Sequence[Json]) -> None:
    """``describeTopologySpreadConstraints``."""
    if not constraints:
        return
    writer.write(0, "  Topology Spread Constraints:\t")
    by_key = go_sorted(
        constraints, lambda left, right: (left.get("topologyKey") or "") < (right.get("topologyKey") or "")
    )
    for number, constraint in enumerate(by_key):
        if number:
            writer.write(0, "  ")
            writer.write(0, "\t")
        text = f"{constraint.get('topologyKey') or ''}:{constraint.get('whenUnsatisfiable') or ''}"
        text += f" when max skew {constraint.get('maxSkew') or 0} is exceeded"
        if constraint.get("labelSelector") is not None:
            text += f" for selector {format_selector(constraint['labelSelector'])}"
        writer.write(0, f"{text}\n")
