"""What ``kubectl rollout`` prints of DaemonSets, to the byte.

Mirrors ``DaemonSetHistoryViewer``, ``DaemonSetRollbacker`` and ``DaemonSetStatusViewer`` (k8s.io/kubectl v0.37
polymorphichelpers) and ``PrintFlags`` (k8s.io/cli-runtime v0.37 genericclioptions).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from kubectl_ds.engine.history import CHANGE_CAUSE
from kubectl_ds.errors import UsageError
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.decode import decode_generic, without_nulls
from kubectl_ds.render.go_fields import in_go_order
from kubectl_ds.render.go_text import escape_html, quoted
from kubectl_ds.render.kubectl_describe_pod_template import write_pod_template
from kubectl_ds.render.out import Out, Printer
from kubectl_ds.render.prefix_writer import UnalignedPrefixWriter
from kubectl_ds.render.printers import PrintFlags, ReadFile
from kubectl_ds.render.tabwriter import TabWriter

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
FORMATS = (
    *("go-template", "go-template-file", "json", "jsonpath", "jsonpath-as-json", "jsonpath-file"),
    *("kyaml", "name", "template", "templatefile", "yaml"),
)
"""Every format that kubectl has here: no table is among them."""

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


def with_template(daemon_set: DaemonSet, template: Json) -> Json:
    """The DaemonSet with a template of another revision in it (upstream ``applyDaemonSetHistory``)."""
    whole = decode_generic(bytes(daemon_set.raw))
    return typed_object({**whole, "spec": {**whole["spec"], "template": template}})


def rollout_printer(flags: PrintFlags, read_file: ReadFile) -> Printer:
    """The printer of ``-o`` and ``--template``, for objects that kubectl has decoded into Go types.

    Raises:
        UsageError: there is none, or its template cannot be used.
    """
    form = flags.output.partition("=")[0]
    if form.lower() in ("json", "kyaml"):
        return TypedPrinter(form.lower(), flags.show_managed_fields)
    if form not in FORMATS and form.lower() not in ("yaml", "kyaml", "name"):
        raise UsageError(
            f"unable to match a printer suitable for the output format {quoted(flags.output)}, "
            f"allowed formats are: {','.join(FORMATS)}"
        )
    return flags.printer(read_file)


class TypedPrinter:
    """``json`` or ``kyaml`` with the fields in Go's order. Mirrors their printers and ``OmitManagedFieldsPrinter``."""

    aligned = False

    def __init__(self, form: str, managed_fields: bool) -> None:
        self._form = form
        self._managed_fields = managed_fields

    def print(self, shown: Mapping[str, Any], out: Out, event: str = "") -> None:
        """Print an object."""
        document = in_go_order(shown)
        if not self._managed_fields:
            document["metadata"].pop("managedFields", None)
        if self._form == "json":
            out.write(escape_html(json.dumps(document, indent=4, ensure_ascii=False)) + "\n")
        else:
            from kubectl_ds.render.go_kyaml import to_kyaml_in_order

            out.write(to_kyaml_in_order(document))


def typed_object(daemon_set: Mapping[str, Any]) -> Json:
    """The object as kubectl prints it once it has decoded it: with its kind, and without nulls."""
    return cast("Json", without_nulls({"kind": "DaemonSet", "apiVersion": "apps/v1"} | dict(daemon_set)))
