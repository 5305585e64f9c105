"""What differs between two revisions: a unified or side-by-side diff of their templates, in words, or a document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from kubectl_ds.engine.history import RESTARTED_AT
from kubectl_ds.engine.template_changes import Side, TemplateChange
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.go_yaml import to_yaml
from kubectl_ds.render.structured import document
from kubectl_ds.render.theme import Theme, clean

_CONTEXT = 3
_WIDEST = 160
_GUTTER = " {} "


def side_text(side: Side) -> str:
    """A template as text to be compared."""
    return to_yaml({"template": side.template})


def side_name(side: Side) -> str:
    """``revision 3``, or that it has none yet."""
    return f"revision {side.number}" if side.number is not None else "template without a revision yet"


def unified(daemon_set: DaemonSet, before: Side, after: Side, theme: Theme) -> str:
    """As ``diff -u`` has it; empty where nothing differs."""
    from difflib import unified_diff

    name = f"daemonset.apps/{daemon_set.name}"
    lines = unified_diff(
        clean(side_text(before)).splitlines(),
        clean(side_text(after)).splitlines(),
        f"{name} {side_name(before)}",
        f"{name} {side_name(after)}",
        n=_CONTEXT,
        lineterm="",
    )
    return "".join(f"{_painted(line, theme)}\n" for line in lines)


def side_by_side(before: Side, after: Side, theme: Theme) -> str:
    """Both templates beside each other, as ``diff -y`` has it; ``|`` changed, ``<`` gone, ``>`` new."""
    from difflib import SequenceMatcher

    left, right = clean(side_text(before)).splitlines(), clean(side_text(after)).splitlines()
    half = ((theme.width or _WIDEST) - len(_GUTTER.format(" "))) // 2
    rows: list[str] = [_row(side_name(before), " ", side_name(after), half)]
    for tag, first, last, start, end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        olds, news = left[first:last], right[start:end]
        for number in range(max(len(olds), len(news))):
            old = olds[number] if number < len(olds) else None
            new = news[number] if number < len(news) else None
            sign = (
                " " if tag == "equal" else "|" if old is not None and new is not None else "<" if new is None else ">"
            )
            row = _row(old or "", sign, new or "", half)
            rows.append(row if sign == " " else theme.yellow(row))
    return "".join(f"{row}\n" for row in rows)


def in_words(changes: Sequence[TemplateChange]) -> str:
    """A line for each change."""
    return "".join(f"{clean(change_words(each))}\n" for each in changes)


def change_words(change: TemplateChange) -> str:
    """One change as somebody would tell it."""
    kind, _, name = ".".join(change.path).partition(".[")
    owner, _, field = name.partition("].")
    if kind in ("spec.containers", "spec.initContainers") and owner.removesuffix("]"):
        container = f"{'init ' if 'init' in kind else ''}container {owner.removesuffix(']')}"
        if not field:
            return f"{container} {'is new' if change.before is None else 'is gone'}{_image_of(change)}"
        return f"{container}: {_container_words(field, change)}"
    if change.path[-1] == RESTARTED_AT:
        return f"restarted at {change.after}" if change.after else f"no longer restarted at {change.before}"
    if change.path[:2] in (("metadata", "labels"), ("metadata", "annotations")) and len(change.path) > 2:
        return f"{change.path[1].removesuffix('s')} {change.path[2]} {_from_to(change)}"
    return f"{_path_text(change.path)} {_from_to(change)}"


def revision_diff_document(
    snapshot: Snapshot, daemon_set: DaemonSet, before: Side, after: Side, changes: Sequence[TemplateChange]
) -> dict[str, Any]:
    """A ``RevisionDiff``, as plain dicts and lists."""
    return document("RevisionDiff", snapshot) | {
        "namespace": daemon_set.namespace,
        "name": daemon_set.name,
        "from": {"number": before.number, "hash": before.hash or None},
        "to": {"number": after.number, "hash": after.hash or None},
        "changes": [
            {
                "path": _path_text(each.path),
                "before": msgspec.to_builtins(each.before),
                "after": msgspec.to_builtins(each.after),
                "message": change_words(each),
            }
            for each in changes
        ],
    }


def _container_words(field: str, change: TemplateChange) -> str:
    parts = field.split(".")
    if field == "image" and change.before and change.after:
        before, after = _tag(change.before), _tag(change.after)
        if before[0] == after[0]:
            return f"image {before[0]}: tag {before[1]} → {after[1]}"
    if parts[0] == "env" and len(parts) == 2:
        return f"env {parts[1].strip('[]')} {_env(change)}"
    if parts[0] == "env" and len(parts) > 2 and parts[2] == "value":
        return f"env {parts[1].strip('[]')} {_from_to(change)}"
    if parts[0] == "resources" and len(parts) == 3:
        return f"{parts[1].removesuffix('s')} of {parts[2]} {_from_to(change)}"
    return f"{field.replace('.[', '[')} {_from_to(change)}"


def _env(change: TemplateChange) -> str:
    """A whole variable that is new or gone."""
    if change.before is None:
        return f"is new: {_value(change.after.get('value', change.after.get('valueFrom')))}"
    return f"is gone; it was {_value(change.before.get('value', change.before.get('valueFrom')))}"


def _tag(image: str) -> tuple[str, str]:
    """Repository and tag, or digest."""
    repository, at, digest = image.partition("@")
    if at:
        return repository, digest
    head, colon, tag = image.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (image, "latest")


def _image_of(change: TemplateChange) -> str:
    whole = change.after or change.before
    image = whole.get("image") if isinstance(whole, dict) else None
    return f" ({image})" if image else ""


def _from_to(change: TemplateChange) -> str:
    if change.before is None:
        return f"is new: {_value(change.after)}"
    if change.after is None:
        return f"is gone; it was {_value(change.before)}"
    return f"{_value(change.before)} → {_value(change.after)}"


def _value(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _path_text(path: Sequence[str]) -> str:
    return ".".join(path).replace(".[", "[")


def _painted(line: str, theme: Theme) -> str:
    if line.startswith(("---", "+++")):
        return theme.bold(line)
    if line.startswith("@@"):
        return theme.dim(line)
    return theme.green(line) if line.startswith("+") else theme.red(line) if line.startswith("-") else line


def _row(left: str, sign: str, right: str, half: int) -> str:
    return f"{_cut(left, half):<{half}}{_GUTTER.format(sign)}{_cut(right, half)}".rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
