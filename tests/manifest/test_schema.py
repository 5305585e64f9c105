"""The field tree that ships is what the official ``kubernetes`` package says, field by field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kubectl_ds.manifest import schema

TREE = schema.load()
SAID = {
    "string": "str",
    "quantity": "str",
    "int32": "int",
    "int64": "int",
    "number": "float",
    "bool": "bool",
    "time": "datetime",
    "bytes": "bytes",
    "intstr": "object",
    "any": "object",
}


def models() -> dict[str, Any]:
    """The package's models by the name of their type here."""
    import kubernetes.client

    found = {}
    for name in TREE.types:
        group, version, kind = name.rsplit(".", 2)
        for candidate in (
            f"{version.capitalize()}{kind}",
            f"{group.split('.')[0].capitalize()}{version.upper()}{kind}",
        ):
            model = getattr(kubernetes.client, candidate, None)
            if model is not None:
                found[name] = model
                break
    return found


def shape(code: str) -> str:
    """A type as the package would write it, without the names of models."""
    kind, _, inner = code.partition(":")
    if kind == "list":
        return f"List[{shape(inner)}]"
    if kind == "map":
        return f"Dict[str, {shape(inner)}]"
    return "Model" if kind == "object" else SAID[kind]


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    """All models."""
    return models()


def test_every_type_is_one_of_the_package(package: dict[str, Any]) -> None:
    assert sorted(set(TREE.types) - set(package)) == []


def test_every_field_is_the_package_s_in_name_and_type(package: dict[str, Any]) -> None:
    differing = {}
    for name, model in package.items():
        theirs = {
            model.attribute_map[field]: re.sub(r"\b(?:[A-Z][a-z]+)?V\d\w*", "Model", kind)
            for field, kind in model.openapi_types.items()
        }
        ours = {field: shape(about.type) for field, about in TREE.types[name].items()}
        if theirs != ours:
            differing[name] = set(theirs.items()) ^ set(ours.items())
    assert differing == {}


def test_what_is_required_is_required_in_the_package(package: dict[str, Any]) -> None:
    differing = []
    for name, model in package.items():
        required = {
            info.serialization_alias or field for field, info in model.model_fields.items() if info.is_required()
        }
        if required != {field for field, about in TREE.types[name].items() if about.required}:
            differing.append(name)
    assert differing == []


def test_the_documentation_of_a_field_is_found_by_its_path() -> None:
    root = TREE.kinds["apps/v1/DaemonSet"]
    said = TREE.doc(root, "spec.template.spec.containers[0].ports[1].hostPort")
    assert said == "Number of port to expose on the host."
    assert TREE.doc(root, "spec.nonsense") == ""
