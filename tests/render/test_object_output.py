"""``-o json``, ``-o yaml`` and ``-o name``; the golden files are the real kubectl's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kubectl_ds.render.object_output import json_text, name_text, yaml_text

GOLDEN = Path(__file__).parent / "golden"


def daemon_set(name: str = "agent", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **metadata}, "apiVersion": "apps/v1", "kind": "DaemonSet"}


def test_a_daemon_set_with_everything_is_printed_as_kubectl_printed_it() -> None:
    expected = (GOLDEN / "everything.json").read_text()
    everything = json.loads(expected)
    assert json_text([everything], single=True) == expected
    assert yaml_text([everything], single=True) == (GOLDEN / "everything.yaml").read_text()


def test_one_name_is_printed_bare() -> None:
    assert json_text([daemon_set()], single=True) == (
        "{\n"
        '    "apiVersion": "apps/v1",\n'
        '    "kind": "DaemonSet",\n'
        '    "metadata": {\n'
        '        "name": "agent"\n'
        "    }\n"
        "}\n"
    )
    assert yaml_text([daemon_set()], single=True) == "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: agent\n"


def test_anything_else_is_a_list() -> None:
    for objects in ([], [daemon_set()], [daemon_set("a"), daemon_set("b")]):
        document = json.loads(json_text(objects, single=False))
        assert document == {"apiVersion": "v1", "kind": "List", "items": objects, "metadata": {"resourceVersion": ""}}
    assert yaml_text([], single=True) == 'apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: ""\n'


def test_items_of_a_list_get_the_type_that_the_server_left_to_the_list() -> None:
    bare = {"metadata": {"name": "agent"}}
    assert json.loads(json_text([bare], single=True)) == daemon_set()
    assert bare == {"metadata": {"name": "agent"}}, "the object that was handed in stays as it is"


def test_managed_fields_are_shown_only_on_request() -> None:
    managed = daemon_set(managedFields=[{"manager": "kubectl"}])
    assert "managedFields" not in json_text([managed], single=True)
    assert "managedFields" not in yaml_text([managed], single=False)
    assert "managedFields" in json_text([managed], single=True, managed_fields=True)
    assert managed["metadata"]["managedFields"], "the object that was handed in stays as it is"


def test_json_escapes_what_go_escapes_and_nothing_else() -> None:
    text = json_text([daemon_set('<&>\u2028\u2029 é日\U0001f600\b\f\n\x1b\x7f"\\/')], single=True)
    assert r'"\u003c\u0026\u003e\u2028\u2029 é日' + "\U0001f600" + r"\b\f\n\u001b" + "\x7f" + r'\"\\/"' in text


def test_nulls_and_empty_things_stay() -> None:
    text = json_text([daemon_set(creationTimestamp=None, labels={}, finalizers=[])], single=True)
    assert '"creationTimestamp": null' in text
    assert '"labels": {}' in text
    assert '"finalizers": []' in text


def test_names_carry_the_resource() -> None:
    assert name_text([daemon_set("a"), daemon_set("b")]) == "daemonset.apps/a\ndaemonset.apps/b\n"
    assert name_text([]) == ""
