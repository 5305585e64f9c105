"""What is wrong with a manifest is said where it is wrong, with the nearest thing that would be right."""

from __future__ import annotations

import pytest

from kubectl_ds.manifest.documents import read_all
from kubectl_ds.manifest.finding import Finding, Severity
from kubectl_ds.manifest.validate import unchecked, validate

GOOD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels: {app: agent}
    spec:
      containers:
      - name: agent
        image: registry.example/agent:1
        ports:
        - containerPort: 80
          name: web
"""


def findings(*texts: str) -> tuple[Finding, ...]:
    """Of these files."""
    return validate(read_all((f"f{number}.yaml", text.encode()) for number, text in enumerate(texts)).documents)


def pod(line: str) -> str:
    """The good manifest with one more line in its pod."""
    return GOOD.replace("    spec:\n      c", f"    spec:\n      {line}\n      c")


def container(line: str) -> str:
    """The same in its container."""
    return f"{GOOD}        {line}\n"


def spec(line: str) -> str:
    """The same in the DaemonSet's spec."""
    return GOOD.replace("  selector:", f"  {line}\n  selector:")


PROBLEMS: dict[str, tuple[str, list[tuple[int, int, str, str | None]]]] = {
    "a misspelt field": (
        GOOD.replace("image:", "imgae:"),
        [(14, 9, 'unknown field "spec.template.spec.containers[0].imgae"', "did you mean image?")],
    ),
    "a field of the pod in the spec": (
        spec("hostNetwork: true"),
        [(6, 3, 'unknown field "spec.hostNetwork"', "hostNetwork belongs in spec.template.spec")],
    ),
    "a field of the container in the pod": (
        pod("volumeMounts: []"),
        [(12, 7, 'unknown field "spec.template.spec.volumeMounts"', None)],
    ),
    "the strategy of a Deployment": (
        spec("strategy: {type: OnDelete}"),
        [(6, 3, 'unknown field "spec.strategy"', "did you mean updateStrategy?")],
    ),
    "replicas": (
        spec("replicas: 3"),
        [
            (
                6,
                3,
                'unknown field "spec.replicas"',
                "remove it: a DaemonSet has one pod on every node that it should run on",
            )
        ],
    ),
    "a text for a number": (
        GOOD.replace("80", '"80"'),
        [
            (
                16,
                26,
                "spec.template.spec.containers[0].ports[0].containerPort: a text where a whole number is due",
                "write it without quotes: 80",
            )
        ],
    ),
    "a mapping for a list": (
        GOOD.replace("      - name: agent\n        image", "        name: agent\n        image"),
        [
            (
                12,
                7,
                "spec.template.spec.containers: a mapping where a list of Container is due",
                "write it as a list: begin the item with a dash",
            )
        ],
    ),
    "no quantity": (
        container("resources: {requests: {cpu: 1 core}}"),
        [(18, 37, 'spec.template.spec.containers[0].resources.requests.cpu: "1 core" is not a quantity', None)],
    ),
    "requests above limits": (
        container("resources: {requests: {cpu: 2}, limits: {cpu: 1}}"),
        [
            (
                18,
                37,
                "spec.template.spec.containers[0].resources.requests[cpu]: Invalid value: 2: "
                "must be less than or equal to cpu limit of 1",
                None,
            )
        ],
    ),
    "a selector that does not match": (
        GOOD.replace("matchLabels: {app: agent}", "matchLabels: {app: agnet}"),
        [
            (
                10,
                7,
                'spec.template.metadata.labels: Invalid value: {"app": "agent"}: '
                "`selector` does not match template `labels`",
                "the labels of the template must include all that spec.selector asks for: app: agnet",
            )
        ],
    ),
    "a mount without volume": (
        container("volumeMounts: [{name: data, mountPath: /data}]") + "      volumes: [{name: dta}]\n",
        [
            (
                18,
                31,
                'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
                "did you mean dta?",
            )
        ],
    ),
    "a wrong policy": (
        pod("restartPolicy: Nevr"),
        [
            (
                12,
                22,
                'spec.template.spec.restartPolicy: Unsupported value: "Nevr": '
                'supported values: "Always", "OnFailure", "Never"',
                "did you mean Never?",
            )
        ],
    ),
    "surge alone": (
        spec("updateStrategy: {rollingUpdate: {maxSurge: 1}}"),
        [
            (
                6,
                46,
                "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: "
                "may not be set when maxUnavailable is non-zero",
                "write maxUnavailable: 0 beside it: left out, it is 1",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_problem_is_said_where_it_is_with_what_would_be_right(case: str) -> None:
    text, expected = PROBLEMS[case]
    found = [(each.line, each.column, each.message, each.suggestion) for each in findings(text)]
    wanted = [
        (line, column, message, found[index][3] if suggestion is None and index < len(found) else suggestion)
        for index, (line, column, message, suggestion) in enumerate(expected)
    ]
    assert found == wanted


WARNINGS = {
    "hostPort with surge": (
        spec("updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}").replace(
            "containerPort: 80", "containerPort: 80\n          hostPort: 80"
        ),
        "with maxSurge a rollout gets stuck",
    ),
    "a registry that is gone": (
        GOOD.replace("registry.example/agent", "k8s.gcr.io/pause"),
        "k8s.gcr.io is gone",
    ),
    "a variable twice": (container("env: [{name: A, value: b}, {name: A, value: c}]"), "A is set twice"),
    "a namespace for the pods": (
        GOOD.replace("      labels:", "      namespace: x\n      labels:"),
        "spec.template.metadata.namespace has no effect",
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_what_the_server_accepts_is_only_warned_about(case: str) -> None:
    text, words = WARNINGS[case]
    (found,) = findings(text)
    assert found.severity is Severity.WARNING
    assert words in found.message


def test_nothing_is_said_of_what_is_good() -> None:
    assert findings(GOOD) == ()


def test_all_problems_of_all_documents_come_in_one_go() -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Wrong}\ndata: {a: 1}\n"
    found = findings(f"{config}---\n{GOOD.replace('image:', 'imgae:')}", GOOD.replace("DaemonSet", "DeamonSet"))
    assert [(each.file, each.line) for each in found] == [
        ("f0.yaml", 3),
        ("f0.yaml", 4),
        ("f0.yaml", 19),
        ("f1.yaml", 2),
    ]
    assert found[3].suggestion == "did you mean DaemonSet?"


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("example.com/v1", "Widget"),
        ("apps.kruise.io/v1alpha1", "DaemonSet"),
        ("autoscaling/v1", "HorizontalPodAutoscaler"),
        ("v1", "Node"),
        ("snapshot.storage.k8s.io/v1", "VolumeSnapshot"),
    ],
)
def test_kinds_that_are_not_known_here_are_passed_over_and_named(version: str, kind: str) -> None:
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspek: 1\n"
    documents = read_all([("f.yaml", text.encode())]).documents
    assert validate(documents) == ()
    assert unchecked(documents) == documents


def test_an_echo_of_a_misspelt_field_is_not_a_second_problem() -> None:
    (found,) = findings(GOOD.replace("  selector:", "  slector:"))
    assert found.suggestion == "did you mean selector?"
