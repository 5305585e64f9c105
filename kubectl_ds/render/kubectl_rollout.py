"""What ``kubectl rollout`` prints of DaemonSets, to the byte.

Mirrors ``DaemonSetHistoryViewer``, ``DaemonSetRollbacker`` and ``DaemonSetStatusViewer`` (k8s.io/kubectl v0.37
polymorphichelpers) and ``NamePrinter``, ``JSONPrinter`` and ``YAMLPrinter`` (k8s.io/cli-runtime v0.37).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from kubectl_ds.engine.history import CHANGE_CAUSE
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.decode import decode_generic, without_nulls
from kubectl_ds.render.go_fields import in_go_order
from kubectl_ds.render.go_text import escape_html
from kubectl_ds.render.go_yaml import to_yaml
from kubectl_ds.render.kubectl_describe_pod_template import write_pod_template
from kubectl_ds.render.prefix_writer import UnalignedPrefixWriter
from kubectl_ds.render.tabwriter import TabWriter

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
FORMATS = ("json", "name", "yaml")

Json = dict[str, Any]


def operation_line(daemon_set: DaemonSet, operation: str) -> str:
    """``daemonset.apps/NAME`` and what was done to it."""
    return f"daemonset.apps/{daemon_set.name} {operation}\n"


def apply_warning(daemon_set: DaemonSet) -> str:
    """What ``undo`` says of an object that ``kubectl apply`` has made."""
    return (
        f"Warning: resource daemonsets/{daemon_set.name} was previously managed with 'kubectl apply'. "
        f"Rolling back will not update the {LAST_APPLIED} annotation, which may cause unexpected behavior on future "
        "'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead."
    )


def history_text(daemon_set: DaemonSet, history: Sequence[ControllerRevision]) -> str:
    """The table of revisions; of several with one number the last counts, as upstream has it."""
    if not history:
        return operation_line(daemon_set, "\nNo rollout history found.")
    table = TabWriter(min_width=0, padding=2)
    table.write("REVISION\tCHANGE-CAUSE\n")
    for number, revision in sorted({each.revision: each for each in history}.items()):
        table.write(f"{number}\t{revision.metadata.annotations.get(CHANGE_CAUSE) or '<none>'}\n")
    return operation_line(daemon_set, f"\n{table.text()}")


def revision_text(daemon_set: DaemonSet, number: int, template: Json) -> str:
    """``--revision=N``: the template of one of them."""
    return operation_line(daemon_set, f"with revision #{number}\n{template_text(template)}")


def template_text(template: Json) -> str:
    """A template as kubectl describes it, with its tabs as they are."""
    writer = UnalignedPrefixWriter()
    write_pod_template(writer, template)
    return writer.text()


def status_sentence(daemon_set: DaemonSet) -> tuple[str, bool]:
    """What ``rollout status`` says of a RollingUpdate, and whether it is done."""
    status, name = daemon_set.status, daemon_set.name
    desired, updated, available = (
        status.desired_number_scheduled,
        status.updated_number_scheduled,
        status.number_available,
    )
    if daemon_set.metadata.generation > status.observed_generation:
        return "Waiting for daemon set spec update to be observed...\n", False
    waiting = f'Waiting for daemon set "{name}" rollout to finish: '
    if updated < desired:
        return f"{waiting}{updated} out of {desired} new pods have been updated...\n", False
    if available < desired:
        return f"{waiting}{available} of {desired} updated pods are available...\n", False
    return f'daemon set "{name}" successfully rolled out\n', True


def printed(objects: Sequence[Json], output: str, managed_fields: bool = False) -> str:
    """Objects as kubectl prints what it has decoded into Go types: fields in Go's order, a document each."""
    if output == "name":
        return "".join(f"daemonset.apps/{each['metadata']['name']}\n" for each in objects)
    typed = [in_go_order(_shown(each, managed_fields)) for each in objects]
    if output == "yaml":
        return "---\n".join(to_yaml(each) for each in typed)
    return "".join(escape_html(json.dumps(each, indent=4, ensure_ascii=False)) + "\n" for each in typed)


def with_template(daemon_set: DaemonSet, template: Json) -> Json:
    """The DaemonSet with a template of another revision in it (upstream ``applyDaemonSetHistory``)."""
    whole = decode_generic(bytes(daemon_set.raw))
    return {**whole, "spec": {**whole["spec"], "template": template}}


def _shown(daemon_set: Mapping[str, Any], managed_fields: bool) -> Json:
    whole = cast("Json", without_nulls({"kind": "DaemonSet", "apiVersion": "apps/v1"} | dict(daemon_set)))
    metadata = {key: value for key, value in whole["metadata"].items() if managed_fields or key != "managedFields"}
    return {**whole, "metadata": metadata}
