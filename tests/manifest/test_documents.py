"""Sources become documents: cut, parsed, unfolded, each value with its place."""

from __future__ import annotations

import codecs

import pytest

from kubectl_ds.manifest.documents import Document, Reading, read, read_all

DAEMON_SET = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: fluentd
  labels:
    app.kubernetes.io/name: fluentd
    app: x
spec:
  template:
    spec:
      containers:
      - name: a
        image: one
      - name: b
        ports:
        - containerPort: 80
"""


def only(reading: Reading) -> Document:
    """The one document of a reading without findings."""
    assert reading.findings == ()
    (document,) = reading.documents
    return document


def messages(reading: Reading) -> list[str]:
    return [f"{finding.line}:{finding.column} {finding.message}" for finding in reading.findings]


def test_a_document_knows_what_it_is() -> None:
    document = only(read("f.yaml", DAEMON_SET.encode()))
    assert (document.api_version, document.kind, document.name, document.namespace) == (
        "apps/v1",
        "DaemonSet",
        "fluentd",
        "",
    )
    assert (document.file, document.index, document.line) == ("f.yaml", 1, 1)


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ("kind", (2, 1)),
        ("metadata.labels[app.kubernetes.io/name]", (6, 5)),
        ("metadata.labels.app.kubernetes.io/name", (6, 5)),
        ('metadata.labels["app.kubernetes.io/name"]', (6, 5)),
        ("metadata.labels.app", (7, 5)),
        ("spec.template.spec.containers[1]", (14, 9)),
        ("spec.template.spec.containers[1].ports[0].containerPort", (16, 11)),
        (".spec.template", (9, 3)),
    ],
)
def test_a_path_leads_to_the_line_and_column_of_its_key(path: str, position: tuple[int, int]) -> None:
    assert only(read("f.yaml", DAEMON_SET.encode())).position(path) == position


@pytest.mark.parametrize(
    ("path", "position", "rest"),
    [
        ("spec.selector", (8, 1), "selector"),
        ("spec.template.spec.containers[1].image", (14, 9), "image"),
        ("spec.template.spec.containers[7].image", (11, 7), "[7].image"),
        ("metadata.labels[nobody]", (5, 3), "[nobody]"),
        ("", (1, 1), ""),
    ],
)
def test_a_path_that_ends_early_leads_to_the_nearest_field_above(
    path: str, position: tuple[int, int], rest: str
) -> None:
    document = only(read("f.yaml", DAEMON_SET.encode()))
    assert (document.position(path), document.find(path).rest) == (position, rest)


def test_a_path_without_indices_finds_every_item() -> None:
    document = only(read("f.yaml", DAEMON_SET.encode()))
    found = [(at.path, at.value) for at in document.find_all("spec.template.spec.containers.name")]
    assert found == [("spec.template.spec.containers[0].name", "a"), ("spec.template.spec.containers[1].name", "b")]


def test_documents_are_cut_at_their_separators_and_empty_ones_left_out() -> None:
    text = "# head\n---\n---\nkind: A\napiVersion: v1\n--- # next\nkind: B\napiVersion: v1\n...\n---\n\n"
    reading = read("f.yaml", text.encode())
    assert [(each.index, each.kind, each.line) for each in reading.documents] == [(1, "A", 4), (2, "B", 7)]
    assert reading.findings == ()


def test_directives_are_read_over() -> None:
    assert only(read("f", b"%YAML 1.1\n# x\n---\nkind: A\napiVersion: v1\n")).kind == "A"


def test_three_dashes_always_separate_as_kubectl_has_it() -> None:
    reading = read("f", b"kind: A\napiVersion: v1\nx: |\n-----BEGIN CERTIFICATE-----\n")
    assert messages(reading)[0] == "4:4 invalid Yaml document separator: --BEGIN CERTIFICATE-----"


def test_what_follows_a_separator_on_its_line_is_refused_as_kubectl_does() -> None:
    reading = read("f", b"kind: A\napiVersion: v1\n--- {kind: B}\n")
    assert messages(reading) == ["3:5 invalid Yaml document separator: {kind: B}"]


def test_a_syntax_error_hides_no_other_document() -> None:
    text = "kind: A\napiVersion: v1\n---\na: [\n---\nkind: B\napiVersion: v1\n---\n\t- x\n"
    reading = read("f", text.encode())
    assert [each.kind for each in reading.documents] == ["A", "B"]
    assert [finding.line for finding in reading.findings] == [4, 9]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_encodings_and_line_ends_change_nothing(newline: str, mark: bytes, encoding: str) -> None:
    content = mark + DAEMON_SET.replace("\n", newline).replace("fluentd", "flüentd").encode(encoding)
    document = only(read("f.yaml", content))
    assert document.name == "flüentd"
    assert document.position("spec.template.spec.containers[1].ports[0].containerPort") == (16, 11)


def test_anchors_and_merges_are_followed() -> None:
    text = """\
apiVersion: v1
kind: A
base: &base {cpu: 1, memory: 2}
one: {<<: *base, cpu: 3}
two:
  <<: [{x: 1}, {x: 2, z: 3}]
same: *base
"""
    data = only(read("f", text.encode())).data
    assert data["one"] == {"cpu": 3, "memory": 2}
    assert data["two"] == {"x": 1, "z": 3}
    assert data["same"] == {"cpu": 1, "memory": 2}


def test_a_key_can_bear_an_anchor() -> None:
    assert only(read("f", b"apiVersion: v1\nkind: A\n&k name: 1\nsame: *k\n")).data["same"] == "name"


def test_a_merge_overrides_what_is_written_above_it_as_in_go_yaml() -> None:
    data = only(read("f", b"apiVersion: v1\nkind: A\nb: &b {cpu: 1}\nc:\n  cpu: 3\n  <<: *b\n")).data
    assert data["c"] == {"cpu": 1}


def test_a_value_behind_an_alias_stands_where_the_alias_stands() -> None:
    document = only(read("f", b"apiVersion: v1\nkind: A\nb: &b\n  cpu: 1\nc: *b\n"))
    assert document.position("c") == (5, 1)
    assert document.position("c.cpu") == (4, 3)


def test_the_items_of_a_list_are_objects_of_their_own() -> None:
    text = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
- apiVersion: apps/v1
  kind: DaemonSetList
  items:
  - metadata: {name: b}
"""
    documents = read("f", text.encode()).documents
    assert [(each.index, each.api_version, each.kind, each.name) for each in documents] == [
        (1, "v1", "ConfigMap", "a"),
        (2, "apps/v1", "DaemonSet", "b"),
    ]
    assert documents[1].position("metadata.name") == (10, 16)
    assert documents[1].position("kind") == (10, 5)


@pytest.mark.parametrize("items", ["", "items: []", "items: null"])
def test_a_list_without_items_holds_nothing(items: str) -> None:
    reading = read("f", f"apiVersion: v1\nkind: List\n{items or 'items:'}\n".encode())
    assert (reading.documents, reading.findings) == ((), ())


def test_json_is_read_several_objects_in_a_row() -> None:
    text = '{"kind": "A", "apiVersion": "v1", "x": "\\ud83d\\ude00\\/", "n": 1.0}\n{"kind":"B",\n\t"apiVersion":"v1"}\n'
    first, second = read("f.json", text.encode()).documents
    assert (first.data["x"], first.data["n"], type(first.data["n"])) == ("😀/", 1, int)
    assert second.position("apiVersion") == (3, 2)


def test_what_begins_with_a_brace_and_is_no_json_is_yaml() -> None:
    assert only(read("f", b"{kind: A, apiVersion: v1}")).data == {"kind": "A", "apiVersion": "v1"}


def test_several_sources_keep_their_order_and_their_names() -> None:
    reading = read_all([("b", b"kind: B\napiVersion: v1"), ("bad", b"["), ("a", b"kind: A\napiVersion: v1")])
    assert [(each.file, each.kind) for each in reading.documents] == [("b", "B"), ("a", "A")]
    assert [finding.file for finding in reading.findings] == ["bad"]
    assert reading.files == ("b", "bad", "a")
