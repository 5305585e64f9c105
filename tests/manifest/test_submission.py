"""What is sent is what was written, with kubectl's few changes."""

from __future__ import annotations

from typing import Any

from kubectl_ds.manifest.documents import Document, read
from kubectl_ds.manifest.submission import LAST_APPLIED, as_sent, to_create


def document(metadata: str) -> Document:
    return read(
        "f", f"apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\ndata: {{b: <x>, a: é}}\n".encode()
    ).documents[0]


def metadata(sent: dict[str, Any]) -> Any:
    return sent["metadata"]


def test_the_namespace_is_set_or_taken_away() -> None:
    assert metadata(as_sent(document("{name: a}"), namespace="n")) == {"name": "a", "namespace": "n"}
    assert metadata(as_sent(document("{name: a, namespace: x}"), namespace="")) == {"name": "a"}
    assert metadata(as_sent(document("null"), namespace="n")) == {"namespace": "n"}


def test_the_document_itself_stays_as_it_was() -> None:
    given = document("{name: a, annotations: {x: z}}")
    as_sent(given, namespace="n", save_config=True)
    assert given.data["metadata"] == {"name": "a", "annotations": {"x": "z"}}


def test_metadata_of_a_wrong_type_is_left_to_the_server() -> None:
    assert metadata(as_sent(document("[a]"), namespace="n")) == ["a"]


def test_a_namespace_that_is_no_text_is_left_to_the_server() -> None:
    assert metadata(as_sent(document("{name: a, namespace: 5}"), namespace="n"))["namespace"] == 5


def test_the_last_applied_configuration_is_go_s_json_without_itself() -> None:
    sent = as_sent(document("{name: a}"), namespace="n", save_config=True)
    assert metadata(sent)["annotations"] == {
        LAST_APPLIED: '{"apiVersion":"v1","data":{"a":"é","b":"\\u003cx\\u003e"},"kind":"ConfigMap",'
        '"metadata":{"annotations":{},"name":"a","namespace":"n"}}\n'
    }


def test_an_annotation_that_came_along_is_written_anew_and_only_then() -> None:
    came = f"{{name: a, annotations: {{x: z, {LAST_APPLIED}: old}}}}"
    annotations = metadata(as_sent(document(came), namespace="n"))["annotations"]
    assert '"annotations":{"x":"z"}' in annotations[LAST_APPLIED]
    assert "annotations" not in metadata(as_sent(document("{name: a}"), namespace="n"))


def test_a_resource_version_is_not_sent() -> None:
    sent = as_sent(document("{name: a, resourceVersion: '5'}"), namespace="n")
    assert metadata(sent)["resourceVersion"] == "5"
    assert metadata(to_create(sent)) == {"name": "a", "namespace": "n"}
