"""Which printer ``-o`` and ``--template`` mean.

Mirrors ``get.PrintFlags.ToPrinter`` (k8s.io/kubectl v0.37 pkg/cmd/get/get_flags.go) and the flags of cli-runtime that
it asks in turn; whatever none of them takes is no format. Go templates belong to kubectl itself. Files are read by
whoever knows how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_ds.errors import DsError, UsageError
from kubectl_ds.render.go_text import quoted, syntax_of
from kubectl_ds.render.jsonpath import JsonPath
from kubectl_ds.render.jsonpath_parser import JsonPathError
from kubectl_ds.render.object_output import FullPrinter, NamePrinter
from kubectl_ds.render.out import Out, Printer

ReadFile = Callable[[str], str]
"""The text of a file; raises OSError."""

_JSONPATH = ("jsonpath", "jsonpath-file", "jsonpath-as-json")
_GO_TEMPLATE = ("template", "go-template", "go-template-file", "templatefile")
_COLUMNS = ("custom-columns-file", "custom-columns")
_FULL = ("json", "yaml", "kyaml")
FORMATS = tuple(sorted((*_JSONPATH, *_GO_TEMPLATE, *_COLUMNS, *_FULL, "name", "wide")))
"""Every format that kubectl has."""


@dataclass(frozen=True)
class PrintFlags:
    """The flags that choose a printer; the names are those of kubectl's flags."""

    output: str = ""
    template: str = ""
    allow_missing_template_keys: bool = True
    show_managed_fields: bool = False
    no_headers: bool = False

    @property
    def go_template(self) -> bool:
        """Whether a Go template is meant, which only kubectl knows to fill in."""
        return self._split(_GO_TEMPLATE)[0] in _GO_TEMPLATE or (not self.output and bool(self.template))

    def printer(self, read_file: ReadFile) -> Printer:
        """The printer, for whatever is no table.

        Raises:
            UsageError: there is none, or its template cannot be used.
        """
        form, template = self._split(_JSONPATH)
        if form in _JSONPATH:
            return self._jsonpath(form, template, read_file)
        if self.output.lower() in _FULL:
            return FullPrinter(self.output.lower(), self.show_managed_fields)
        form, template = self._split(_COLUMNS)
        if form in _COLUMNS:
            return self._columns(form, template, read_file)
        if self.output.lower() == "name":
            return NamePrinter()
        raise UsageError(
            f"unable to match a printer suitable for the output format {quoted(self.output)}, "
            f"allowed formats are: {','.join(FORMATS)}"
        )

    def _split(self, forms: tuple[str, ...]) -> tuple[str, str]:
        """The format and its template, which ``--template`` may give instead."""
        if self.template:
            return self.output, self.template
        form, equals, template = self.output.partition("=")
        return (form, template) if equals and form in forms else (self.output, "")

    def _jsonpath(self, form: str, template: str, read_file: ReadFile) -> Printer:
        if not template:
            raise UsageError("template format specified but no template given")
        if form == "jsonpath-file":
            try:
                template = read_file(template)
            except OSError as error:
                raise UsageError(f"error reading --template {template}, {_go_error('open', error)}") from error
        try:
            path = JsonPath(template, allow_missing_keys=self.allow_missing_template_keys)
        except JsonPathError as error:
            raise UsageError(f"error parsing jsonpath {template}, {error}") from error
        return JsonPathPrinter(template, path, as_json=form == "jsonpath-as-json")

    def _columns(self, form: str, template: str, read_file: ReadFile) -> Printer:
        from kubectl_ds.render.custom_columns import CustomColumnsPrinter

        if not template:
            raise UsageError("custom-columns format specified but no custom columns given")
        if form == "custom-columns":
            return CustomColumnsPrinter.from_spec(template, no_headers=self.no_headers)
        try:
            text = read_file(template)
        except OSError as error:
            raise UsageError(f"error reading template {template}, {_go_error('open', error)}") from error
        return CustomColumnsPrinter.from_template(text)


class JsonPathPrinter:
    """``jsonpath``. Mirrors its namesake (k8s.io/cli-runtime v0.37)."""

    aligned = False

    def __init__(self, template: str, path: JsonPath, *, as_json: bool) -> None:
        self._template = template
        self._path = path
        self._as_json = as_json

    def print(self, shown: Mapping[str, Any], out: Out, event: str = "") -> None:
        """Print what the template finds."""
        data = {"type": event, "object": shown} if event else shown
        try:
            out.write(self._path.print(data, as_json=self._as_json))
        except JsonPathError as error:
            raise DsError(
                f"error executing jsonpath {quoted(self._template)}: Error executing template: {error}. "
                f"Printing more information for debugging the template:\n"
                f"\ttemplate was:\n\t\t{self._template}\n"
                f"\tobject given to jsonpath engine was:\n\t\t{syntax_of(data)}\n\n\n"
            ) from error


def _go_error(operation: str, error: OSError) -> str:
    """A file's error as Go says it: ``open FILE: no such file or directory``."""
    return f"{operation} {error.filename}: {(error.strerror or str(error)).lower()}"
