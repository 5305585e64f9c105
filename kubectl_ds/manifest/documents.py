"""From the bytes of a source to the Kubernetes objects in it, in order, with every problem on the way.

A file is cut at its ``---`` lines before anything is parsed, as kubectl does (k8s.io/apimachinery v0.37.2,
``YAMLReader``): a syntax error in one document hides no other document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kubectl_ds.manifest.finding import Finding, by_place, finding_at
from kubectl_ds.manifest.json_reader import JsonReader
from kubectl_ds.manifest.mark import Found, Mark, find, find_all, walk
from kubectl_ds.manifest.problem import Problem, SyntaxProblem, as_finding
from kubectl_ds.manifest.source import Source, UnreadableSource, decode
from kubectl_ds.manifest.yaml_reader import YamlReader

SEPARATOR = re.compile(r"^(?:---|\.\.\.(?=[ \t\r\n]|\Z))[ \t]*([^\r\n]*)(?:\r\n|\r|\n|\Z)", re.MULTILINE)
"""Whatever begins with three dashes is one to kubectl, and an error if more than a comment follows."""
_PRELUDE = re.compile(r"(?:%[^\r\n]*|[ \t]*(?:#[^\r\n]*)?)(?:\r\n|\r|\n|\Z)")
"""A line that may stand above a document: empty, a comment, or a directive such as ``%YAML 1.2``."""

_WORDY = 60


@dataclass(frozen=True)
class Document:
    """One Kubernetes object as it was written."""

    source: Source = field(repr=False)
    index: int
    """Its place among the objects of its source, from 1; items of a List count one by one."""
    data: dict[str, Any]
    """Plain data as it would be sent. Aliases share their values: copy before changing anything."""
    mark: Mark = field(repr=False, compare=False)
    flawed: bool = False
    """Something is wrong with the text it came from, such as a duplicate key: its data is not to be used."""

    @property
    def file(self) -> str:
        """The name of the source, as the user wrote it."""
        return self.source.name

    @property
    def line(self) -> int:
        """The line where the object begins, from 1."""
        return self.source.position(self.mark.value)[0]

    @property
    def api_version(self) -> str:
        """As written; empty when it is missing or no text."""
        return _text(self.data.get("apiVersion"))

    @property
    def kind(self) -> str:
        """As written; empty when it is missing or no text."""
        return _text(self.data.get("kind"))

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata; empty when there is none."""
        found = self.data.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """``metadata.name``; empty when the server is to make one up."""
        return _text(self.metadata.get("name"))

    @property
    def namespace(self) -> str:
        """``metadata.namespace``; empty when it is not written."""
        return _text(self.metadata.get("namespace"))

    def find(self, path: str) -> Found:
        """The value at a path as the API server writes it, or as near to it as the document goes."""
        return find(self.mark, self.data, path)

    def find_all(self, path: str) -> Iterator[Found]:
        """Every value that a path without list indices can mean."""
        return find_all(self.mark, self.data, path)

    def walk(self) -> Iterator[Found]:
        """Every value, top down."""
        return walk(self.mark, self.data)

    def position(self, path: str) -> tuple[int, int]:
        """Line and column of a field's key, or of a list's item; of the nearest field above when it is not there."""
        return self.source.position(self.find(path).mark.key)

    def written(self, at: Found) -> str:
        """The text of a scalar, as it stands in the source."""
        return self.source.text[at.mark.value : at.mark.value + at.mark.length]

    def finding(self, at: Found, message: str, *, field: str = "", suggestion: str = "", key: bool = True) -> Finding:
        """An error at a field; the caret is under its key, or under its value."""
        offset, length = (at.mark.key, at.mark.key_length) if key else (at.mark.value, at.mark.length)
        return finding_at(self.source, offset, message, length=length, suggestion=suggestion, field=field or at.path)


@dataclass(frozen=True)
class Reading:
    """What was found in the sources."""

    documents: tuple[Document, ...] = ()
    """The objects that could be read, in order; those with problems of content among them are included."""
    findings: tuple[Finding, ...] = ()
    """Every problem, by source and place."""
    files: tuple[str, ...] = ()
    """The names of the sources, in order."""


def read_all(sources: Iterable[tuple[str, bytes]]) -> Reading:
    """The objects of several sources, in order."""
    readings = [read(name, content) for name, content in sources]
    return Reading(
        tuple(document for reading in readings for document in reading.documents),
        tuple(finding for reading in readings for finding in reading.findings),
        tuple(name for reading in readings for name in reading.files),
    )


def read(name: str, content: bytes) -> Reading:
    """The objects of one source; whatever is wrong with it is a finding, never an exception."""
    try:
        source = decode(name, content)
    except UnreadableSource as error:
        if error.source is None:
            unplaced = Finding(file=name, message=error.message, suggestion=error.hint)
            return Reading((), (unplaced,), (name,))
        placed = finding_at(error.source, error.offset, error.message, suggestion=error.hint)
        return Reading((), (placed,), (name,))
    findings: list[Finding] = []
    documents: list[Document] = []
    for start, end, trailing in _chunks(source.text):
        if trailing is not None:
            findings.append(as_finding(source, trailing))
        values, problems = _parse(source.text[start:end], start)
        findings += [as_finding(source, problem) for problem in problems]
        for value, mark in values:
            for item, item_mark in _unfold(source, value, mark, findings):
                documents.append(Document(source, len(documents) + 1, item, item_mark, bool(problems)))
    return Reading(tuple(documents), tuple(sorted(findings, key=by_place)), (name,))


def _chunks(text: str) -> Iterator[tuple[int, int, Problem | None]]:
    """Start and end of what stands between the separators, and what is wrong with the separator before it."""
    start, trailing = 0, None
    for separator in SEPARATOR.finditer(text):
        yield start, separator.start(), trailing
        after = separator.group(1).strip()
        trailing = None
        if after and not after.startswith("#"):
            trailing = Problem(
                f"invalid Yaml document separator: {after[:_WORDY]}",
                separator.start(1),
                len(after),
                "put the content on a line of its own, below the ---",
            )
        start = separator.end()
    yield start, len(text), trailing


def _parse(text: str, base: int) -> tuple[list[tuple[Any, Mark]], list[Problem]]:
    """The values in a chunk, and every problem met."""
    skipped = 0
    while skipped < len(text) and (line := _PRELUDE.match(text, skipped)):
        skipped = line.end()
    text, base = text[skipped:], base + skipped
    if not text:
        return [], []
    json_problem: SyntaxProblem | None = None
    if text.lstrip().startswith("{"):
        json_reader = JsonReader(text, base)
        try:
            return json_reader.read(), json_reader.problems
        except SyntaxProblem as error:
            json_problem = error
    yaml_reader = YamlReader(text, base)
    try:
        value = yaml_reader.read()
    except SyntaxProblem as error:
        chosen = json_problem if json_problem and _looks_like_json(text) else error
        return [], [*yaml_reader.problems, chosen.problem]
    return ([value] if value else []), yaml_reader.problems


def _looks_like_json(text: str) -> bool:
    return re.match(r"\s*\{\s*[\"}]", text) is not None


def _unfold(source: Source, value: Any, mark: Mark, findings: list[Finding]) -> Iterator[tuple[dict[str, Any], Mark]]:
    """The objects that a value holds: itself, or the items of a List, of Lists within Lists too.

    What has ``items`` is a list to kubectl, whatever its kind, and items that name neither kind nor version take
    them from the list (k8s.io/apimachinery v0.37.2, ``unstructuredJSONScheme.decodeToList``).
    """
    if value is None:
        return
    if not isinstance(value, dict):
        findings.append(_not_an_object(source, value, mark))
        return
    if "items" not in value:
        missing = [key for key in ("apiVersion", "kind") if not isinstance(value.get(key), str) or not value[key]]
        if missing:
            findings.append(_missing_type(source, value, mark, missing))
        else:
            yield value, mark
        return
    items = value["items"] or []
    marks = (mark.members or {})["items"].items or []
    if not isinstance(items, list):
        findings.append(finding_at(source, (mark.members or {})["items"].key, "items must be a list", field="items"))
        return
    kind, version = _text(value.get("kind")).removesuffix("List"), _text(value.get("apiVersion"))
    for item, item_mark in zip(items, marks, strict=True):
        if isinstance(item, dict) and kind and not item.get("kind") and not item.get("apiVersion"):
            item = {**item, "apiVersion": version, "kind": kind}
        yield from _unfold(source, item, item_mark, findings)


def _not_an_object(source: Source, value: Any, mark: Mark) -> Finding:
    what = {str: "a text", list: "a list", bool: "true or false"}.get(type(value), "a number")
    return finding_at(
        source,
        mark.value,
        f"this is {what}, not a Kubernetes object",
        length=mark.length,
        suggestion="an object is a mapping with apiVersion, kind and metadata",
    )


def _missing_type(source: Source, value: dict[str, Any], mark: Mark, missing: list[str]) -> Finding:
    absent = [key for key in missing if key not in value]
    if not absent and mark.members:
        wrong = mark.members[missing[0]]
        return finding_at(
            source,
            wrong.value,
            f"{missing[0]} must be a text that is not empty",
            length=wrong.length,
            field=missing[0],
            suggestion=_EXAMPLE[missing[0]],
        )
    key = (absent or missing)[0]
    both = " and ".join(absent or missing)
    return finding_at(source, mark.value, f"{both} not set", field=key, suggestion=_EXAMPLE[key])


_EXAMPLE = {
    "apiVersion": "every object needs apiVersion and kind; of a DaemonSet: apiVersion: apps/v1",
    "kind": "every object needs apiVersion and kind, such as kind: DaemonSet",
}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
