"""The fields of Kubernetes objects: which there are, of which type, and what their documentation says first.

The tree is data that is made from an API server's OpenAPI documents (``tests/manifest/field_tree.py``) and shipped, so
that a check costs some milliseconds: importing the official ``kubernetes`` package, which is made from the same
documents, takes half a second and 60 MiB, and it does not tell a quantity from a text. Tests hold the tree against
both the package and the server.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import msgspec


class Field(NamedTuple):
    """One field of a type."""

    type: str
    """``string``, ``int32``, ``int64``, ``number``, ``bool``, ``quantity``, ``intstr``, ``time``, ``bytes``, ``any``,
    ``object:`` and the name of a type, or ``list:`` or ``map:`` and one of these."""
    required: int
    """1 where the documentation says so; what the server refuses is another matter."""
    doc: str
    """The first sentence of the documentation."""


Fields = dict[str, Field]


class Schema(msgspec.Struct, frozen=True):
    """All kinds that are known here."""

    kinds: dict[str, str]
    """The type of every kind, by ``apps/v1/DaemonSet``."""
    served: dict[str, tuple[str, ...]]
    """The kinds of every API version that the server of the tree serves, beyond those that have fields here."""
    types: dict[str, Fields]
    """The fields of every type, by its name, such as ``core.v1.Container``."""

    def root(self, api_version: str, kind: str) -> str | None:
        """The type of a kind; None where the tree does not have it."""
        return self.kinds.get(f"{api_version}/{kind}")

    def doc(self, root: str, path: str) -> str:
        """What the documentation says of the field at a path such as ``spec.template.spec.containers[0].image``."""
        code, said = f"object:{root}", ""
        for part in path.replace("]", "").replace("[", ".").split("."):
            shape, _, inner = code.partition(":")
            if shape == "object" and part in self.types[inner]:
                code, _, said = self.types[inner][part]
            elif shape in ("list", "map"):
                code = inner
            else:
                return ""
        return said


@lru_cache(maxsize=1)
def load() -> Schema:
    """The tree that ships with this program."""
    content = (resources.files("kubectl_ds.manifest") / "field_tree.json").read_bytes()
    return msgspec.json.decode(content, type=Schema)
