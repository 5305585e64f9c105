"""Objects in full, as ``kubectl get -o json``, ``yaml``, ``kyaml`` and ``name`` print them.

Objects come as parsed JSON, whether from a request for one or out of a list, whose items leave apiVersion and kind
to the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kubectl_ds.render import go_text
from kubectl_ds.render.out import Out

Json = Mapping[str, Any]


def json_text(daemon_sets: Sequence[Json], single: bool, managed_fields: bool = False) -> str:
    """Indented JSON. Mirrors ``JSONPrinter`` (k8s.io/cli-runtime v0.37) and Go's ``encoding/json``.

    Args:
        daemon_sets: the objects, in the order of the server.
        single: one name was asked for, so that its object is printed bare; else they make a List.
        managed_fields: ``--show-managed-fields``.
    """
    return _full_text("json", _shown(document_of(daemon_sets, single), managed_fields))


def yaml_text(daemon_sets: Sequence[Json], single: bool, managed_fields: bool = False) -> str:
    """YAML. Mirrors ``YAMLPrinter`` (k8s.io/cli-runtime v0.37); the arguments are those of ``json_text``."""
    return _full_text("yaml", _shown(document_of(daemon_sets, single), managed_fields))


def document_of(objects: Sequence[Json], single: bool) -> dict[str, Any]:
    """One object, or the List that kubectl makes of several. Mirrors ``GetOptions.printGeneric`` (kubectl v0.37)."""
    if single and len(objects) == 1:
        return typed(objects[0])
    items = [typed(each) for each in objects]
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def typed(item: Json) -> dict[str, Any]:
    """The object with its apiVersion and kind; without any it is a DaemonSet out of a list."""
    return {"apiVersion": "apps/v1", "kind": "DaemonSet"} | dict(item)


class FullPrinter:
    """``json``, ``yaml`` or ``kyaml``. Mirrors their printers and ``OmitManagedFieldsPrinter`` (cli-runtime v0.37)."""

    aligned = False

    def __init__(self, form: str, managed_fields: bool) -> None:
        self._form = form
        self._managed_fields = managed_fields
        self._printed = False

    def print(self, shown: Json, out: Out, event: str = "") -> None:
        """Print a document; an event on one line of JSON, and with all that is in its object."""
        separator = "---\n" if self._printed and self._form == "yaml" else ""
        self._printed = True
        if event:
            out.write(separator + _event_text(self._form, event, shown))
        else:
            out.write(separator + _full_text(self._form, _shown(shown, self._managed_fields)))


class NamePrinter:
    """``daemonset.apps/NAME``, one a line. Mirrors ``NamePrinter`` (k8s.io/cli-runtime v0.37)."""

    aligned = False

    def print(self, shown: Json, out: Out, event: str = "") -> None:
        """Print the names of an object, or of all in a List, whatever the event."""
        items = shown.get("items", (shown,))
        out.write(name_text(items))


def name_text(objects: Iterable[Json]) -> str:
    """``daemonset.apps/NAME``, one a line."""
    return "".join(f"{_kind_of(each)}/{(each.get('metadata') or {}).get('name') or '<unknown>'}\n" for each in objects)


def _kind_of(item: Json) -> str:
    full = typed(item)
    group = full["apiVersion"].rpartition("/")[0]
    kind: str = full["kind"].lower()
    return f"{kind}.{group}" if group else kind


def _full_text(form: str, document: Json) -> str:
    if form == "json":
        return f"{go_text.json_text(document, indent=4)}\n"
    if form == "yaml":
        from kubectl_ds.render.go_yaml import to_yaml

        return to_yaml(document)
    from kubectl_ds.render.go_kyaml import to_kyaml

    return to_kyaml(document)


def _event_text(form: str, event: str, shown: Json) -> str:
    if form == "json":
        return f'{{"type":{go_text.json_text(event)},"object":{go_text.json_text(shown)}}}\n'
    return _full_text(form, {"type": event, "object": shown})


def _shown(document: Json, managed_fields: bool) -> Json:
    if managed_fields:
        return document
    if "items" in document:
        return {**document, "items": [_without_managed_fields(each) for each in document["items"]]}
    return _without_managed_fields(document)


def _without_managed_fields(item: Json) -> Json:
    metadata = item.get("metadata")
    if not metadata:
        return item
    return {**item, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}
