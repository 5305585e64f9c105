"""Every machine-readable document is checked against the schema that ships in the package."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema


def schema(kind: str) -> dict[str, Any]:
    """The published schema of this kind of document."""
    text = (resources.files("kubectl_ds") / "schemas" / f"{kind}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def check(document: dict[str, Any]) -> dict[str, Any]:
    """The document itself, after it has been found to be what its kind promises."""
    jsonschema.Draft202012Validator(schema(document["kind"])).validate(document)
    return document
