"""One YAML document to plain data and marks, in one pass over libyaml's events.

PyYAML's own composer is not used: it recurses, so that deep nesting ends the process, it resolves scalars by other
rules than kubectl, and it lets aliases multiply without end. What is built here is what kubectl would send
(go.yaml.in/yaml/v2 v2.4.4, ``decoder``), including that a merge overrides what was written above it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from kubectl_ds.manifest.mark import Mark
from kubectl_ds.manifest.problem import MAX_DEPTH, Problem, SyntaxProblem, duplicate_key
from kubectl_ds.manifest.scalars import MERGE_TAG, ScalarError, key_text, resolve, resolve_key

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml; where PyYAML was built without it, its own parser, which is 20 times slower and otherwise the same."""

MAX_EXPANDED = 32 * 1024 * 1024
"""Characters that a document may have after its aliases have been replaced by what they stand for."""

_HINTS = {
    "found character '\\t' that cannot start any token": "indent with spaces: YAML does not allow tabs",
    "found character that cannot start any token": "quote the value when it begins with @, ` or %",
    "mapping values are not allowed in this context": (
        "is the indentation right? A value that holds ': ' must be quoted, and a key and its value end the line"
    ),
    "did not find expected key": "is the indentation right? Keys of one mapping stand in one column",
    "did not find expected '-' indicator": "is the indentation right? Items of one list stand in one column",
    "could not find expected ':'": "a key needs a colon and a space after it",
    "did not find expected node content": "a [ or { is opened and never closed, or a comma is too many",
    "did not find expected ',' or ']'": "a [ is opened and never closed",
    "did not find expected ',' or '}'": "a { is opened and never closed; values that hold { need quotes",
    "did not find expected <document start>": "is the indentation right? The text goes on after the object's end",
    "did not find expected alphabetic or numeric character": "quote the value when it begins with & or *",
}


@dataclass
class _Frame:
    """A mapping or list that is being read."""

    mark: Mark
    value: Any
    anchor: str | None
    own: dict[str, Mark] = field(default_factory=dict)
    """Keys written in this mapping itself, as opposed to merged ones."""
    key: str | None = None
    """The key that waits for its value."""
    key_mark: Mark | None = None
    merging: bool = False
    """The value that comes next is merged, not stored."""
    weight: int = 1
    height: int = 1

    @property
    def wants_key(self) -> bool:
        """Whether what comes next is a key."""
        return self.mark.members is not None and self.key is None and not self.merging


@dataclass(frozen=True)
class _Anchored:
    value: Any
    mark: Mark
    weight: int
    height: int


class YamlReader:
    """Reads a text that is one document; ``base`` is the text's place in its source."""

    def __init__(self, text: str, base: int) -> None:
        self.problems: list[Problem] = []
        """What is wrong but does not keep the rest from being read: duplicate keys, impossible scalars."""
        self._text = text
        self._base = base
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._expanded = 0
        self._result: tuple[Any, Mark] | None = None

    def read(self) -> tuple[Any, Mark] | None:
        """The document's data and marks; None when there is nothing but comments.

        Raises:
            SyntaxProblem: this is not YAML, or not such as can be read in bounded time and memory.
        """
        parser = _Parser(self._text)
        try:
            while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error) from error
        except yaml.YAMLError as error:
            raise SyntaxProblem(str(error), self._base) from error
        finally:
            parser.dispose()
        return self._result

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close()

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        start, length = self._span(event)
        mark = Mark(start, length, start, length)
        plain = bool(event.implicit[0])
        frame = self._frames[-1] if self._frames and self._frames[-1].wants_key else None
        value: Any = event.value
        key = event.value
        try:
            if frame is not None:
                key = resolve_key(event.value, event.tag, plain)
            if frame is None or event.anchor:
                value = resolve(event.value, event.tag, plain)
        except ScalarError as error:
            self.problems.append(Problem(str(error), start, length))
        weight = len(event.value) + 1
        self._anchor(event.anchor, _Anchored(value, mark, weight, 0))
        if frame is None:
            self._place(value, mark, weight, 0)
        elif event.value == "<<" and (plain or event.tag == MERGE_TAG):
            frame.merging = True
        else:
            self._key(frame, key, mark)

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, length = self._span(event)
        if event.anchor not in self._anchors:
            raise SyntaxProblem(f"unknown anchor '{event.anchor}' referenced", start, length)
        anchored = self._anchors[event.anchor]
        if anchored is None:
            raise SyntaxProblem(f"anchor '{event.anchor}' value contains itself", start, length)
        self._expanded += anchored.weight
        if self._expanded > MAX_EXPANDED:
            raise SyntaxProblem(
                "document contains excessive aliasing", start, length, hint="write the values out instead of *aliases"
            )
        if len(self._frames) + anchored.height > MAX_DEPTH:
            raise _too_deep(start)
        if self._frames and self._frames[-1].wants_key:
            try:
                self._key(self._frames[-1], key_text(anchored.value), Mark(start, length, start, length))
            except ScalarError as error:
                raise SyntaxProblem(str(error), start, length) from error
            return
        mark = Mark(start, length, start, length)
        mark.members, mark.items = anchored.mark.members, anchored.mark.items
        self._place(anchored.value, mark, anchored.weight, anchored.height)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        start, _ = self._span(event)
        if self._frames and self._frames[-1].wants_key:
            raise SyntaxProblem(
                "a key must be a word, not a list or a mapping",
                start,
                hint="quote a value that begins with { or [, such as a {{ template }}",
            )
        if len(self._frames) >= MAX_DEPTH:
            raise _too_deep(start)
        mark = Mark(start, 1, start, 1)
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.MappingStartEvent):
            mark.members = {}
            self._frames.append(_Frame(mark, {}, event.anchor))
        else:
            mark.items = []
            self._frames.append(_Frame(mark, [], event.anchor))

    def _close(self) -> None:
        frame = self._frames.pop()
        self._anchor(frame.anchor, _Anchored(frame.value, frame.mark, frame.weight, frame.height))
        self._place(frame.value, frame.mark, frame.weight, frame.height)

    def _anchor(self, name: str | None, anchored: _Anchored) -> None:
        if name:
            self._anchors[name] = anchored

    def _key(self, frame: _Frame, key: str, mark: Mark) -> None:
        first = frame.own.get(key)
        if first is not None:
            self.problems.append(duplicate_key(key, mark.value, mark.length, first.value))
        frame.own[key] = mark
        frame.key, frame.key_mark = key, mark
        frame.weight += len(key) + 1

    def _place(self, value: Any, mark: Mark, weight: int, height: int) -> None:
        """Put a finished value where it belongs: into the open mapping or list, or at the top."""
        if not self._frames:
            self._result = (value, mark)
            return
        frame = self._frames[-1]
        frame.weight += weight
        frame.height = max(frame.height, height + 1)
        if frame.mark.items is not None:
            frame.mark.items.append(mark)
            frame.value.append(value)
        elif frame.merging:
            frame.merging = False
            self._merge(frame, value, mark)
        elif frame.mark.members is not None and frame.key is not None and frame.key_mark is not None:
            mark.key, mark.key_length = frame.key_mark.value, frame.key_mark.length
            frame.mark.members[frame.key] = mark
            frame.value[frame.key] = value
            frame.key = None

    def _merge(self, frame: _Frame, value: Any, mark: Mark) -> None:
        """The merge key: later keys and merges win, and of a list of mappings the first (upstream ``merge``)."""
        parts = [(value, mark)] if mark.items is None else list(zip(value, mark.items, strict=True))
        for part, part_mark in reversed(parts):
            if part_mark.members is None or frame.mark.members is None:
                raise SyntaxProblem("map merge requires map or sequence of maps as the value", mark.value, mark.length)
            frame.value.update(part)
            frame.mark.members.update(part_mark.members)

    def _span(self, event: yaml.Event) -> tuple[int, int]:
        """Where an event stands in the source, and how many characters it takes."""
        if event.start_mark is None or event.end_mark is None:
            return self._base, 1
        return self._base + event.start_mark.index, event.end_mark.index - event.start_mark.index

    def _syntax(self, error: yaml.MarkedYAMLError) -> SyntaxProblem:
        place = error.problem_mark or error.context_mark
        index = min(place.index, len(self._text)) if place is not None else 0
        message = error.problem or "this is not YAML"
        context_mark = error.context_mark
        if message == "found unexpected end of stream" and context_mark is not None:
            return SyntaxProblem("a quote is opened here and never closed", self._base + context_mark.index)
        if message == "did not find expected node content" and not self._text[index:].strip() and self._frames:
            return SyntaxProblem("a bracket is opened here and never closed", self._frames[-1].mark.value)
        if message == "found character that cannot start any token" and self._text[index : index + 1] == "\t":
            message = "found character '\\t' that cannot start any token"
        context = ""
        if context_mark is not None and error.context and context_mark.index != index:
            context = error.context
        return SyntaxProblem(
            message,
            self._base + index,
            hint=_HINTS.get(message, ""),
            context=context,
            context_offset=self._base + context_mark.index if context and context_mark is not None else None,
        )


def _too_deep(offset: int) -> SyntaxProblem:
    return SyntaxProblem(f"nested deeper than {MAX_DEPTH} levels", offset, hint="no Kubernetes object is that deep")
