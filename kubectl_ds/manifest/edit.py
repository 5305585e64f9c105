"""Small changes to a tree, each as a value: so that one list of them can be applied to plain data, to the places in
the text, and to the user's own file.

Knows nothing of Kubernetes, nor of why a change is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from kubectl_ds.manifest.mark import Mark

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root."""


@dataclass(frozen=True)
class Put:
    """Set a key of a mapping that is there; the key may be new."""

    path: Path
    value: Any
    before: str = ""
    """The key in front of which a new key is written; at the end when there is no such key."""


@dataclass(frozen=True)
class Drop:
    """Take a key away."""

    path: Path


@dataclass(frozen=True)
class Rename:
    """Give a key another name, in its place."""

    path: Path
    key: str


Edit: TypeAlias = Put | Drop | Rename


def apply(tree: Any, edits: Iterable[Edit]) -> None:
    """Change a tree of mappings and lists in place; what is gone already, because two places share it, is passed over.

    A mapping that can insert at a position (a ``CommentedMap``) keeps its order, and the comment of a renamed key.
    """
    for edit in edits:
        holder = at(tree, edit.path[:-1])
        key = edit.path[-1]
        if isinstance(edit, Put):
            _put(holder, key, edit)
        elif isinstance(holder, dict) and key in holder:
            if isinstance(edit, Rename):
                _rename(holder, key, edit.key)
            else:
                del holder[key]


def apply_to_marks(root: Mark, edits: Iterable[Edit]) -> None:
    """Change the marks likewise: what is new stands where the mapping that holds it stands."""
    for edit in edits:
        holder = root
        for part in edit.path[:-1]:
            holder = holder.items[part] if isinstance(part, int) else (holder.members or {})[part]  # type: ignore[index]
        members = holder.members if holder.members is not None else {}
        key = str(edit.path[-1])
        if isinstance(edit, Put):
            old = members.get(key, holder)
            members[key] = marked(edit.value, old)
        elif key in members:
            mark = members.pop(key)
            if isinstance(edit, Rename):
                members[edit.key] = mark


def at(tree: Any, path: Path) -> Any:
    """The value at a path; None where the tree does not go on."""
    for part in path:
        inside = part < len(tree) if isinstance(tree, list) and isinstance(part, int) else isinstance(tree, dict)
        if not inside or (isinstance(tree, dict) and part not in tree):
            return None
        tree = tree[part]
    return tree


def unshared(value: Any) -> Any:
    """A copy in which nothing stands in two places, although the text had anchors."""
    if isinstance(value, dict):
        return {key: unshared(each) for key, each in value.items()}
    return [unshared(each) for each in value] if isinstance(value, list) else value


def unshared_marks(mark: Mark) -> Mark:
    """The same of marks."""
    copied = Mark(mark.key, mark.key_length, mark.value, mark.length)
    if mark.members is not None:
        copied.members = {key: unshared_marks(each) for key, each in mark.members.items()}
    if mark.items is not None:
        copied.items = [unshared_marks(each) for each in mark.items]
    return copied


def marked(value: Any, where: Mark) -> Mark:
    """Marks for a value that the text does not have, all at one place."""
    made = Mark(where.key, where.key_length, where.value, where.length)
    if isinstance(value, dict):
        made.members = {key: marked(each, where) for key, each in value.items()}
    elif isinstance(value, list):
        made.items = [marked(each, where) for each in value]
    return made


def path_text(path: Path) -> str:
    """The path as the API server writes it: ``spec.containers[0].image``, ``metadata.annotations[a.b/c]``."""
    text = ""
    for part in path:
        if isinstance(part, int) or not part or "." in part or "/" in part:
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def _put(holder: Any, key: str | int, edit: Put) -> None:
    if hasattr(holder, "insert") and not isinstance(holder, list) and key not in holder and edit.before in holder:
        holder.insert(list(holder).index(edit.before), key, unshared(edit.value))
    else:
        holder[key] = unshared(edit.value)


def _rename(holder: Any, old: str | int, new: str) -> None:
    place = list(holder).index(old)
    value = holder.pop(old)
    if not hasattr(holder, "insert"):
        holder[new] = value
        return
    comment = holder.ca.items.pop(old, None)
    holder.insert(place, new, value)
    if comment is not None:
        holder.ca.items[new] = comment
