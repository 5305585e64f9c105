"""The field tree that ships is what a server of its version publishes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.controlplane.build import NEWEST, resolve_version
from tests.controlplane.client import Client
from tests.manifest.field_tree import TARGET, build, document


def shapes(tree: Any) -> dict[str, dict[str, list[Any]]]:
    """The fields without their documentation, to which a server adds lists of values."""
    return {
        name: {field: [code, required] for field, (code, required, _) in fields.items()}
        for name, fields in tree["types"].items()
    }


def test_the_tree_is_what_the_server_publishes(client: Client, kubernetes_version: str) -> None:
    """If not, Kubernetes has moved on: ``python -m tests.manifest.field_tree`` makes it anew."""
    if kubernetes_version != resolve_version(NEWEST):
        pytest.skip("the tree is of the newest version")
    theirs = build(lambda path: document(client.request("GET", path)))
    ours = json.loads(TARGET.read_text(encoding="utf-8"))
    assert ours["kinds"] == theirs["kinds"]
    assert shapes(ours) == shapes(theirs)
    missing = {version for version, kinds in theirs["served"].items() if not set(kinds) <= set(ours["served"][version])}
    assert missing == set()
