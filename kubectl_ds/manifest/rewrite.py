"""The user's own file with its DaemonSets upgraded: comments, order and quoting stay, other documents stay as they are.

Each edit is made in the text itself where it can be; else the document is written anew from its tree. The result is
read again and compared with what was meant: a file that cannot be rewritten without changing more is refused.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from typing import Any

from kubectl_ds.errors import ManifestError
from kubectl_ds.manifest.documents import SEPARATOR, read
from kubectl_ds.manifest.edit import apply, unshared
from kubectl_ds.manifest.source import Source
from kubectl_ds.manifest.splice import splice, worth_doing
from kubectl_ds.manifest.upgrade import Upgrade

_DASH_UNDER_KEY = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)- ", re.MULTILINE)
_WIDE = 1 << 20


def rewrite(source: Source, upgrades: Sequence[Upgrade]) -> str:
    """The text of one source after the upgrades of its documents, which are all of them.

    Raises:
        ManifestError: the text is such that it cannot be changed without changing more.
    """
    text = source.text
    for start, end in reversed(_chunks(text)):
        inside = [each for each in upgrades if each.edits and start <= each.before.mark.value < end]
        if inside:
            before = [each for each in upgrades if start <= each.before.mark.value < end]
            chunk = text[start:end]
            text = text[:start] + (_spliced(chunk, before) or _rewritten(chunk, start, source, inside)) + text[end:]
    after = [each.document.data for each in upgrades]
    again = read(source.name, text.encode())
    if again.findings or [each.data for each in again.documents] != after:
        raise ManifestError(
            f"{source.name} cannot be rewritten without changing more than the upgrade does",
            hint="are there anchors, tags or a List in it? kubectl ds create --upgrade creates the result all the same",
        )
    return text


def _chunks(text: str) -> list[tuple[int, int]]:
    """Start and end of what stands between the separators."""
    found = list(SEPARATOR.finditer(text))
    return list(zip([0, *(each.end() for each in found)], [*(each.start() for each in found), len(text)], strict=True))


def _spliced(chunk: str, upgrades: Sequence[Upgrade]) -> str | None:
    """The text with nothing changed but what the edits are about; None where they cannot be made so."""
    text = chunk
    if text.lstrip().startswith("{"):
        return None
    expected = [unshared(each.before.data) for each in upgrades]
    for number, each in enumerate(upgrades):
        for edit in worth_doing(each.edits):
            documents = read("", text.encode()).documents
            if len(documents) != len(upgrades):
                return None
            changed = splice(text, documents[number].mark, edit, _list_offset(text))
            apply(expected[number], (edit,))
            if changed is None or not _reads_as(changed, expected):
                return None
            text = changed
    return text


def _reads_as(text: str, expected: Sequence[Any]) -> bool:
    again = read("", text.encode())
    return not again.findings and [each.data for each in again.documents] == expected


def _rewritten(chunk: str, base: int, source: Source, upgrades: Sequence[Upgrade]) -> str:
    body = chunk.replace("\r\n", "\n")
    if body.lstrip().startswith("{") and (as_json := _json(body)) is not None:
        for each in upgrades:
            apply(_inside_json(as_json, each), each.edits)
        return json.dumps(as_json, indent=2 if "\n" in body.strip() else None, ensure_ascii=False) + "\n"
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.allow_duplicate_keys = True
    offset = _list_offset(body)
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    try:
        tree = yaml.load(body)
    except YAMLError as error:
        raise ManifestError(f"{source.name} cannot be rewritten: {error}") from error
    first = source.position(base)[0]
    for each in upgrades:
        line, column = source.position(each.before.mark.value)
        apply(_inside(tree, line - first, column - 1), each.edits)
    out = io.StringIO()
    yaml.dump(tree, out)
    written = out.getvalue()
    return written.replace("\n", "\r\n") if "\r\n" in chunk else written


def _inside(tree: Any, line: int, column: int) -> Any:
    """The mapping that begins at this place; the whole tree where none does."""
    pending = [tree]
    while pending:
        each = pending.pop()
        mark = getattr(each, "lc", None)
        if isinstance(each, dict) and mark is not None and (mark.line, mark.col) == (line, column):
            return each
        if isinstance(each, dict):
            pending += each.values()
        elif isinstance(each, list):
            pending += each
    return tree


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _inside_json(tree: Any, upgrade: Upgrade) -> Any:
    """The object that an upgrade is about: the tree itself, or an item of a List that is the same."""
    pending = [tree]
    while pending:
        each = pending.pop()
        if each == upgrade.before.data:
            return each
        if isinstance(each, dict) and isinstance(each.get("items"), list):
            pending += each["items"]
    return tree


def _list_offset(text: str) -> int:
    """How far the dashes of lists stand to the right of their key, by the first list of the text."""
    found = _DASH_UNDER_KEY.search(text)
    return max(0, len(found[2]) - len(found[1])) if found else 0
