"""Whatever data somebody writes as YAML or JSON reads back equal, and every value is found where it stands."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ds.manifest.documents import Document, read
from kubectl_ds.manifest.mark import Found

KEYS = st.text("abcdefghijklmnopqrstuvwxyz./-_0123456789", min_size=1, max_size=8)
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufeff\ufffe\uffff"), max_size=20
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(KEYS.filter(lambda key: key != "items"), VALUES, max_size=5).map(
    lambda data: {**data, "apiVersion": "v1", "kind": "Thing"}
)


class Quoting(yaml.SafeDumper):
    """Texts always in quotes: what they would mean without is another test's business."""

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out."""
        return True


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def misplaced(document: Document, unquote: Any) -> list[str]:
    """Paths whose key or value does not stand where its mark says, or that do not lead back to their value."""
    text = document.source.text

    def wrong(at: Found) -> bool:
        key = text[at.mark.key : at.mark.key + at.mark.key_length]
        value = text[at.mark.value : at.mark.value + at.mark.length]
        found = document.find(at.path)
        return (
            (isinstance(at.key, str) and at.path != "" and unquote(key) != at.key)
            or (not isinstance(at.value, (dict, list)) and unquote(value) != at.value)
            or (found.mark is not at.mark or found.rest != "")
        )

    return [at.path for at in document.walk() if wrong(at)]


@settings(max_examples=300, deadline=None)
@given(data=OBJECTS, flow=st.sampled_from([None, True, False]), width=st.sampled_from([20, 80, 10000]))
def test_yaml_reads_back_equal_and_in_place(data: dict[str, Any], flow: bool | None, width: int) -> None:
    text = yaml.dump(data, Dumper=Quoting, default_flow_style=flow, width=width, allow_unicode=True, sort_keys=False)
    (document,) = read("f.yaml", f"# first\n---\n{text}".encode()).documents
    assert document.data == data
    assert misplaced(document, yaml.safe_load) == []


@settings(max_examples=300, deadline=None)
@given(data=OBJECTS, indent=st.sampled_from([None, 0, 1, "\t"]), ascii_only=st.booleans())
def test_json_reads_back_equal_and_in_place(data: dict[str, Any], indent: Any, ascii_only: bool) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    (document,) = read("f.json", text.encode()).documents
    assert document.data == data
    assert misplaced(document, json.loads) == []


@settings(max_examples=100, deadline=None)
@given(many=st.lists(OBJECTS, max_size=5))
def test_documents_in_a_row_keep_their_order(many: list[dict[str, Any]]) -> None:
    text = yaml.dump_all(many, Dumper=Quoting, explicit_start=True)
    assert [document.data for document in read("f.yaml", text.encode()).documents] == many
