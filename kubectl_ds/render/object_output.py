"""DaemonSets in full, as ``kubectl get -o json``, ``-o yaml`` and ``-o name`` print them.

Objects come as parsed JSON, whether from a request for one or out of a list, whose items leave apiVersion and kind
to the list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kubectl_ds.render.go_yaml import to_yaml

Json = Mapping[str, Any]

_HTML = str.maketrans({each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"})


def json_text(daemon_sets: Sequence[Json], single: bool, managed_fields: bool = False) -> str:
    """Indented JSON. Mirrors ``JSONPrinter`` (k8s.io/cli-runtime v0.37) and Go's ``encoding/json``.

    Args:
        daemon_sets: the objects, in the order of the server.
        single: one name was asked for, so that its object is printed bare; else they make a List.
        managed_fields: ``--show-managed-fields``.
    """
    document = _document(daemon_sets, single, managed_fields)
    return escape_html(json.dumps(document, indent=4, sort_keys=True, ensure_ascii=False)) + "\n"


def escape_html(text: str) -> str:
    """JSON with what Go escapes for the sake of browsers: it stands only inside strings, so all can be translated."""
    return text.translate(_HTML)


def yaml_text(daemon_sets: Sequence[Json], single: bool, managed_fields: bool = False) -> str:
    """YAML. Mirrors ``YAMLPrinter`` (k8s.io/cli-runtime v0.37); the arguments are those of ``json_text``."""
    return to_yaml(_document(daemon_sets, single, managed_fields))


def name_text(daemon_sets: Iterable[Json]) -> str:
    """``daemonset.apps/NAME``, one a line. Mirrors ``NamePrinter`` (k8s.io/cli-runtime v0.37)."""
    return "".join(
        f"daemonset.apps/{(each.get('metadata') or {}).get('name') or '<unknown>'}\n" for each in daemon_sets
    )


def _document(daemon_sets: Sequence[Json], single: bool, managed_fields: bool) -> dict[str, Any]:
    """One object, or the List that kubectl makes of several. Mirrors ``GetOptions.printGeneric`` (kubectl v0.37)."""
    items = [_shown(each, managed_fields) for each in daemon_sets]
    if single and len(items) == 1:
        return items[0]
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def _shown(daemon_set: Json, managed_fields: bool) -> dict[str, Any]:
    shown = {"apiVersion": "apps/v1", "kind": "DaemonSet"} | dict(daemon_set)
    metadata = shown.get("metadata")
    if metadata and not managed_fields:
        shown["metadata"] = {key: value for key, value in metadata.items() if key != "managedFields"}
    return shown
