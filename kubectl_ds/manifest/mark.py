"""Where each value of a document was written, and how to find a value by the path that the API server names.

The API server writes paths in several dialects: ``spec.containers[0].image`` (validation and strict decoding),
``metadata.labels[a.b/c]`` (a key of a map), ``metadata.labels.a.b/c`` (the same from the decoder, undelimited), and
``spec.containers.image`` (Go's decoder, which leaves out the indices). Only the document can tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_INDEX = re.compile(r"\[(\d+)\]")
_KEY = re.compile(r"\[(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\]]*))\]")


class Mark:
    """Where a value stands: its key and itself as character offsets, and the marks of what it holds."""

    __slots__ = ("items", "key", "key_length", "length", "members", "value")

    def __init__(self, key: int, key_length: int, value: int, length: int) -> None:
        self.key = key
        """The offset of the key in a mapping; of the value itself in a list."""
        self.key_length = key_length
        self.value = value
        self.length = length
        """Characters of a scalar as written; 1 for a mapping or list."""
        self.members: dict[str, Mark] | None = None
        """What a mapping holds."""
        self.items: list[Mark] | None = None
        """What a list holds."""

    def children(self) -> list[tuple[str | int, Mark]]:
        """What it holds, by key or index, in the order of the data."""
        if self.items is not None:
            return list(enumerate(self.items))
        return list((self.members or {}).items())


@dataclass(frozen=True)
class Found:
    """The end of a path, or as near to it as the document goes."""

    mark: Mark
    value: Any
    path: str
    """The part of the path that exists, with indices and bracketed keys."""
    rest: str
    """What is left of the path where the document ends early; empty when all of it was found."""
    key: str | int = ""
    """The last part of ``path``."""

    def children(self) -> list[Found]:
        """What the value holds, in its order."""
        return [_child(self, key, mark, self.rest) for key, mark in self.mark.children()]


def find(root: Mark, data: Any, path: str) -> Found:
    """Follow a path as far as the document goes; among keys that fit, the longest wins (labels hold dots)."""
    at = Found(root, data, "", path.strip().lstrip("."))
    while at.rest:
        below = _below(at)
        if below is None:
            break
        at = below
    return at


def find_all(root: Mark, data: Any, path: str) -> Iterator[Found]:
    """Every value that a path without indices can mean, in the order of the document."""
    pending = [Found(root, data, "", path.strip().lstrip("."))]
    while pending:
        at = pending.pop()
        if not at.rest:
            yield at
        elif at.mark.items is not None and not at.rest.startswith("["):
            pending += reversed(at.children())
        else:
            below = _below(at)
            if below is not None:
                pending.append(below)


def walk(root: Mark, data: Any) -> Iterator[Found]:
    """Every value of a document, each before what it holds, in the order of the document."""
    pending = [Found(root, data, "", "")]
    while pending:
        at = pending.pop()
        yield at
        pending += reversed(at.children())


def _below(at: Found) -> Found | None:
    """One step further along the path; None where the document does not go on."""
    if at.mark.items is not None:
        index = _INDEX.match(at.rest)
        if index is None or int(index.group(1)) >= len(at.mark.items):
            return None
        number = int(index.group(1))
        return _child(at, number, at.mark.items[number], at.rest[index.end() :].lstrip("."))
    members = at.mark.members or {}
    bracketed = _KEY.match(at.rest)
    if bracketed:
        key = next(group for group in bracketed.groups() if group is not None)
        length = bracketed.end()
    else:
        fitting = [key for key in members if _begins(at.rest, key)]
        key = max(fitting, key=len, default="")
        length = len(key)
    if key not in members or not length:
        return None
    return _child(at, key, members[key], at.rest[length:].lstrip("."))


def _begins(path: str, key: str) -> bool:
    return bool(key) and path.startswith(key) and path[len(key) : len(key) + 1] in ("", ".", "[")


def _child(at: Found, key: str | int, mark: Mark, rest: str) -> Found:
    return Found(mark, at.value[key], _join(at.path, key), rest, key)


def _join(path: str, key: str | int) -> str:
    if isinstance(key, int) or "." in key or "/" in key or not key:
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key
