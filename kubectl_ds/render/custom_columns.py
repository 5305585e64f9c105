"""``-o custom-columns``: a table whose columns are paths of the user's own.

Ports ``CustomColumnsPrinter`` (k8s.io/kubectl v0.37 pkg/cmd/get/customcolumn.go).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_ds.errors import UsageError
from kubectl_ds.render.go_text import escape_terminal, fields, text_of
from kubectl_ds.render.jsonpath import JsonPath
from kubectl_ds.render.jsonpath_parser import JsonPathError
from kubectl_ds.render.out import Out

Json = Mapping[str, Any]

_RELAXED = re.compile(r"\{\.?([^{}]+)\}|\.?([^{}]+)")
_FILE_FORM = "Expected format is one line of space separated headers, one line of space separated column specs."


def relaxed_expression(path: str) -> str:
    """A path with or without braces and its first dot, as a template. Mirrors ``RelaxedJSONPathExpression``.

    Raises:
        JsonPathError: there is more than one path in it.
    """
    if not path:
        return path
    found = _RELAXED.fullmatch(path)
    if found is None:
        raise JsonPathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
        )
    return f"{{.{found[1] or found[2]}}}"


class CustomColumnsPrinter:
    """Headers, and the paths below them."""

    aligned = True

    def __init__(self, columns: Sequence[tuple[str, str]], *, no_headers: bool) -> None:
        """``columns`` are headers with their paths."""
        self._columns = [(header, _as_usage(path)) for header, path in columns]
        self._headers_due = not no_headers

    @classmethod
    def from_spec(cls, spec: str, *, no_headers: bool) -> CustomColumnsPrinter:
        """The columns of ``NAME:.metadata.name,…``. Mirrors ``NewCustomColumnsPrinterFromSpec``."""
        columns = []
        for part in spec.split(","):
            header, colon, path = part.partition(":")
            if not colon:
                raise UsageError(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
            columns.append((header, path))
        return cls(columns, no_headers=no_headers)

    @classmethod
    def from_template(cls, template: str) -> CustomColumnsPrinter:
        """The columns of a file of two lines. Mirrors ``NewCustomColumnsPrinterFromTemplate``."""
        lines = [line.removesuffix("\r") for line in template.split("\n")]
        if lines[-1] == "":
            lines.pop()
        if not lines:
            raise UsageError(f"invalid template, missing header line. {_FILE_FORM}")
        if len(lines) == 1:
            raise UsageError(f"invalid template, missing spec line. {_FILE_FORM}")
        headers, paths = fields(lines[0]), fields(lines[1])
        if len(headers) != len(paths):
            raise UsageError(f"number of headers ({len(headers)}) and field specifications ({len(paths)}) don't match")
        return cls(list(zip(headers, paths, strict=True)), no_headers=False)

    def print(self, shown: Json, out: Out, event: str = "") -> None:
        """Print a line for an object, or for each in a List; the headers once."""
        if self._headers_due:
            out.write("\t".join(header for header, _ in self._columns) + "\n")
            self._headers_due = False
        try:
            paths = [JsonPath(path) for _, path in self._columns]
            for each in shown.get("items", (shown,)):
                row = {"type": event, "object": each} if event else each
                out.write("\t".join(_cell(path, row) for path in paths) + "\n")
        except JsonPathError as error:
            raise UsageError(str(error)) from error


def _cell(path: JsonPath, row: Json) -> str:
    found = path.find(row)
    values = [escape_terminal(text_of(value)) for values in found for value in values]
    return ",".join(values if found and found[0] else ["<none>", *values])


def _as_usage(path: str) -> str:
    try:
        return relaxed_expression(path)
    except JsonPathError as error:
        raise UsageError(str(error)) from error
