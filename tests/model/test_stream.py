"""A list that arrives in pieces is the list: whatever its form, wherever it is cut, and nothing less of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ds.errors import CaptureError
from kubectl_ds.model import kinds
from kubectl_ds.model.decode import ListMeta, decode_page
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.stream import ListDecoder
from kubectl_ds.model.value import Value

Decoded = tuple[tuple[Value, ...], ListMeta]

TEXTS = st.sampled_from(['},{"metadata":{"name":"x"}', '"items":[{', "]}", '\\"', "\\", "}]", "é🙂", "plain", ""])
"""Texts that look like borders, brackets and ends."""
FREE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.just("metadata"), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)


@st.composite
def pods(draw: st.DrawFn) -> dict[str, Any]:
    """A pod that says more than anybody asks, also things that look like other items."""
    metadata = {"name": draw(NAMES), "uid": draw(TEXTS), "managedFields": draw(FREE)}
    nested = {"template": {"metadata": {"name": "x"}}, "others": [{"metadata": draw(FREE)}, {"metadata": {}}]}
    pod = {"metadata": metadata, "spec": {"nodeName": draw(TEXTS)}, "unknown": draw(FREE), "nested": nested}
    return dict(draw(st.permutations(list(pod.items()))))


@st.composite
def lists(draw: st.DrawFn) -> bytes:
    """A list in any order of keys, in any of the usual forms."""
    items = draw(st.lists(pods(), max_size=6))
    before = {"metadata": {"resourceVersion": draw(TEXTS), "continue": "c"}, "kind": "PodList", "other": draw(FREE)}
    body = dict(draw(st.permutations([*before.items(), ("items", items)])))
    form: dict[str, Any] = draw(
        st.sampled_from(
            [{"separators": (",", ":")}, {}, {"indent": 2}, {"indent": "\t"}, {"separators": (" ,", " : ")}]
        )
    )
    return json.dumps(body, ensure_ascii=draw(st.booleans()), **form).encode()


def in_pieces(kind: Kind, body: bytes, sizes: list[int]) -> Decoded:
    """The list decoded in pieces of these sizes, over and over."""
    decoder, at, turn = ListDecoder(kind), 0, 0
    values: list[Value] = []
    while at < len(body):
        size = sizes[turn % len(sizes)]
        values += decoder.feed(body[at : at + size])
        at, turn = at + size, turn + 1
    rest, metadata = decoder.finish()
    return (*values, *rest), metadata


@settings(deadline=None, max_examples=60)
@given(lists(), st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_a_list_in_pieces_is_the_list_in_one_piece(body: bytes, sizes: list[int]) -> None:
    assert in_pieces(kinds.PODS, body, sizes) == decode_page(kinds.PODS, body)


@settings(deadline=None, max_examples=60)
@given(lists(), st.data())
def test_a_list_that_broke_off_is_never_taken_for_a_shorter_one(body: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(body) - 1))
    with pytest.raises(CaptureError):
        in_pieces(kinds.PODS, body[:cut], [40])


def test_items_leave_as_they_arrive_and_the_buffer_stays_small() -> None:
    decoder = ListDecoder(kinds.NODES)
    item = b'{"metadata":{"name":"n"},"spec":{"template":{"metadata":{}}}}'
    seen = len(decoder.feed(b'{"metadata":{"resourceVersion":"7"},"items":[' + item))
    for number in range(1, 1000):
        seen += len(decoder.feed(b"," + item))
        assert number - 1 <= seen <= number
    assert decoder.feed(b"]}") == ()
    rest, metadata = decoder.finish()
    assert seen + len(rest) == 1000
    assert metadata.resource_version == "7"


def test_daemon_sets_keep_their_bytes_in_pieces_too() -> None:
    items = [f'{{"metadata":{{"name":"d{number}"}},  "odd" : [1,  2]}}' for number in range(5)]
    (*values,), _ = in_pieces(kinds.DAEMON_SETS, f'{{"items":[{", ".join(items)}]}}'.encode(), [9])
    assert [bytes(value.raw).decode() for value in values] == items  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [0, 1, 4])
def test_an_item_that_cannot_be_understood_is_named_wherever_it_stands(number: int) -> None:
    items = [{"metadata": {"name": f"p{each}"}, "spec": {"priority": 1}} for each in range(5)]
    items[number]["spec"] = {"priority": "high"}
    with pytest.raises(CaptureError, match=f"Pod p{number} cannot be understood"):
        in_pieces(kinds.PODS, json.dumps({"items": items}).encode(), [30])


def test_nulls_count_as_absent_in_pieces_too() -> None:
    items = [{"metadata": {"name": f"p{each}", "labels": None}} for each in range(4)]
    values, _ = in_pieces(kinds.PODS, json.dumps({"items": items}).encode(), [30])
    assert [value.name for value in values] == ["p0", "p1", "p2", "p3"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b'{"items":[]}', b'{"items":null}', b'{"metadata":{}}', b'{ "items" : [ ] }'])
def test_a_list_without_items_is_empty(body: bytes) -> None:
    assert in_pieces(kinds.PODS, body, [3])[0] == ()


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"items":[{}', b'{"items":[{"metadata":{}}]} x', b"null"])
def test_what_is_no_list_is_an_error(body: bytes) -> None:
    with pytest.raises(CaptureError):
        in_pieces(kinds.PODS, body, [4])


def test_a_list_of_unlike_items_costs_memory_and_not_the_square_of_its_length() -> None:
    """No border is ever found; a scan of everything at every piece would take minutes."""
    item = b'{"template":{"metadata":{}},"x":"' + b"y" * 1000 + b'"}'
    body = b'{"items":[{"metadata":{}},' + b",".join([item] * 20_000) + b"]}"
    values, _ = in_pieces(kinds.PODS, body, [1 << 16])
    assert len(values) == 20_001
