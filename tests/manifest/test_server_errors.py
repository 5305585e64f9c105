"""The API server's complaints find their lines. The messages are those of a real 1.37.2."""

from __future__ import annotations

import pytest

from kubectl_ds.manifest.documents import Document, read
from kubectl_ds.manifest.server_errors import findings_of

MANIFEST = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: a
  labels: {release: 1.10, app.kubernetes.io/part-of: x}
  creationTimestamp: yesterday
spec:
  minReadySeconds: 5.5
  selector:
    matchLabels: {app: a}
  template:
    metadata:
      labels: {app: b, bad: "d e"}
    spec:
      restartPolicy: Alway
      hostNetwork: "yes"
      containers:
      - name: one
        command: sh
        env: {A: B}
        ports:
        - containerPort: 1
        - containerPort: "80"
        resources:
          requests: {cpu: 1 core, memory: 1Gi}
          limits: {memory: 1GB}
        volumeMounts:
        - {name: z, mountPath: /x}
      - image: two
      volumes:
      - name: data
        emptyDir: {sizeLimit: 5x}
"""
HANDLED = 'DaemonSet in version "v1" cannot be handled as a DaemonSet: '
GO = f"{HANDLED}json: cannot unmarshal "


@pytest.fixture
def document() -> Document:
    """The manifest, in which nearly everything is wrong."""
    return read("f.yaml", MANIFEST.encode()).documents[0]


def told(document: Document, message: str, *causes: tuple[str, str]) -> list[tuple[str, str, str]]:
    return [
        (f"{each.line}:{each.column}", each.message, each.suggestion) for each in findings_of(document, message, causes)
    ]


@pytest.mark.parametrize(
    ("found", "field", "wanted", "place", "message", "suggestion"),
    [
        ("string", "ContainerPort.spec.template.spec.containers.ports.containerPort", "int32", "23:26",
         "spec.template.spec.containers[0].ports[1].containerPort: a text where a whole number is due",
         "write it without quotes: 80"),
        ("string", "Container.spec.template.spec.containers.command", "[]string", "19:18",
         "spec.template.spec.containers[0].command: a text where a list of texts is due",
         'write it as a list: ["sh"]'),
        ("object", "Container.spec.template.spec.containers.env", "[]v1.EnvVar", "20:14",
         "spec.template.spec.containers[0].env: a mapping where a list of EnvVar is due",
         "write it as a list: begin the item with a dash"),
        ("string", "PodSpec.spec.template.spec.hostNetwork", "bool", "16:20",
         "spec.template.spec.hostNetwork: a text where true or false is due", "write true without quotes"),
        ("number", "ObjectMeta.metadata.labels", "string", "5:21",
         "metadata.labels.release: a number where a text is due", 'write it in quotes: "1.10"'),
        ("number 5.5", "DaemonSetSpec.spec.minReadySeconds", "int32", "8:20",
         "spec.minReadySeconds: a number where a whole number is due", ""),
        ("string", "DaemonSetSpec.spec.template.spec.restartPolicy", "v1.PodSpec", "15:22",
         "spec.template.spec.restartPolicy: a text where a mapping (PodSpec) is due", ""),
    ],
)  # fmt: skip
def test_a_wrong_type_is_found_without_indices(
    document: Document, found: str, field: str, wanted: str, place: str, message: str, suggestion: str
) -> None:
    said = f"{GO}{found} into Go struct field {field} of type {wanted}"
    assert told(document, said) == [(place, message, suggestion)]


def test_every_unknown_and_duplicate_field_of_a_strict_decoding_error_is_a_finding(document: Document) -> None:
    said = (
        f'{HANDLED}strict decoding error: unknown field "spec.template.spec.containers[1].image", '
        'duplicate field "metadata.labels.app.kubernetes.io/part-of", unknown field "spec.nothing.here"'
    )
    assert told(document, said) == [
        ("5:27", 'duplicate field "metadata.labels.app.kubernetes.io/part-of"', ""),
        ("7:1", 'unknown field "spec.nothing.here"', ""),
        ("29:9", 'unknown field "spec.template.spec.containers[1].image"', ""),
    ]


def test_quantities_are_looked_for_because_the_server_does_not_say_where(document: Document) -> None:
    said = f"{HANDLED}quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    assert [(place, message) for place, message, _ in told(document, said)] == [
        ("25:27", 'spec.template.spec.containers[0].resources.requests.cpu: "1 core" is not a quantity'),
        ("26:28", 'spec.template.spec.containers[0].resources.limits.memory: "1GB" is not a quantity'),
        ("32:31", 'spec.template.spec.volumes[0].emptyDir.sizeLimit: "5x" is not a quantity'),
    ]


def test_a_time_is_found_by_its_text(document: Document) -> None:
    said = f'{HANDLED}parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'
    ((place, message, suggestion),) = told(document, said)
    assert (place, message) == ("6:22", 'metadata.creationTimestamp: "yesterday" is not a time')
    assert "leave it out" in suggestion


def test_causes_keep_their_messages_and_find_their_fields(document: Document) -> None:
    mismatch = 'Invalid value: {"app":"b"}: `selector` does not match template `labels`'
    example = (
        "(e.g. 'MyValue',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    )
    label = f'Invalid value: "d e": a valid label must be an empty string {example}'
    assert told(
        document,
        'DaemonSet.apps "a" is invalid: …',
        ("spec.template.metadata.labels", mismatch),
        ("spec.template.labels", label),
        ("spec.template.spec.containers[1].name", "Required value"),
        ("spec.template.spec.containers[0].volumeMounts[0].name", 'Not found: "z"'),
        ("spec.template.spec.restartPolicy", 'Unsupported value: "Alway": supported values: "Always", "Never"'),
        ("<nil>", "Invalid value: the whole of it"),
    ) == [
        ("1:1", "Invalid value: the whole of it", ""),
        (
            "13:21",
            f"spec.template.metadata.labels: {mismatch}",
            "the labels of the template must include all that spec.selector (line 9) asks for",
        ),
        ("13:29", 'spec.template.labels: Invalid value: "d e": a valid label must be an empty string', ""),
        (
            "15:22",
            'spec.template.spec.restartPolicy: Unsupported value: "Alway": supported values: "Always", "Never"',
            "did you mean Always?",
        ),
        (
            "28:18",
            'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "z"',
            "the volumes of the pod are: data",
        ),
        ("29:9", "spec.template.spec.containers[1].name: Required value", ""),
    ]


def test_a_missing_selector_is_called_missing() -> None:
    manifest = MANIFEST.replace("  selector:\n    matchLabels: {app: a}\n", "")
    document = read("f.yaml", manifest.encode()).documents[0]
    cause = ("spec.template.metadata.labels", 'Invalid value: {"app":"b"}: `selector` does not match template `labels`')
    ((_, _, suggestion),) = told(document, "", cause)
    assert suggestion == "spec.selector is missing; add under spec: selector: {matchLabels: {app: b, bad: d e}}"


def test_a_complaint_that_nobody_can_place_stands_at_the_object(document: Document) -> None:
    assert told(document, "the sky is falling\n") == [("1:1", "the sky is falling", "")]


def test_the_same_cause_twice_is_one_finding(document: Document) -> None:
    cause = ("spec.minReadySeconds", "must be greater")
    assert len(told(document, "", cause, cause)) == 1
