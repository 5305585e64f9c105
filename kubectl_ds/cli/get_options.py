"""The flags of ``get`` as one value: whether they can be meant together, and what they ask for.

Mirrors ``GetOptions.Complete`` and ``Validate`` (k8s.io/kubectl v0.37 pkg/cmd/get/get.go) and what
``resource.Builder`` (k8s.io/cli-runtime v0.37) refuses, in their words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kubectl_ds.cli.names import Arguments
from kubectl_ds.errors import UsageError
from kubectl_ds.flow.get import Wanted

if TYPE_CHECKING:
    from kubectl_ds.render.out import Printer
    from kubectl_ds.render.printers import PrintFlags


class GetOptions(msgspec.Struct, frozen=True, dict=True):
    """What the command line said; the names are those of kubectl's flags."""

    output: str = ""
    template: str = ""
    allow_missing_template_keys: bool = True
    show_managed_fields: bool = False
    no_headers: bool = False
    show_labels: bool = False
    label_columns: tuple[str, ...] = ()
    show_kind: bool = False
    sort_by: str = ""
    ignore_not_found: bool = False
    selector: str = ""
    field_selector: str = ""
    subresource: str = ""
    chunk_size: int = 500
    server_print: bool = True
    filename: tuple[str, ...] = ()
    kustomize: str = ""
    recursive: bool = False
    watch: bool = False
    watch_only: bool = False
    output_watch_events: bool = False
    raw: str = ""
    namespaces: bool = False
    """``--all-namespaces``."""
    arguments: Arguments = msgspec.field(default_factory=Arguments)

    @property
    def human(self) -> bool:
        """Whether a table for people is meant."""
        return self.output == "wide" or not (self.output or self.template)

    @property
    def from_files(self) -> bool:
        """Whether manifests say what to look for."""
        return bool(self.filename or self.kustomize)

    @property
    def go_template(self) -> bool:
        """Whether a Go template is meant, which only kubectl knows to fill in."""
        return self._print_flags.go_template

    @property
    def insert_type(self) -> bool:
        """Whether kubectl's own ``get`` must be told that DaemonSets are meant."""
        return not (self.arguments.typed or self.arguments.word or self.from_files)

    @property
    def sort_path(self) -> str:
        """The template by which to sort.

        Raises:
            UsageError: ``--sort-by`` is no path.
        """
        from kubectl_ds.render.kubectl_sort import sort_path

        return sort_path(self.sort_by)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is said before anything is asked."""
        if self.sort_by and self.watch:
            return ("warning: --watch requested, --sort-by will be ignored for watch events received",)
        if self.sort_by and self.watch_only:
            return ("warning: --watch-only requested, --sort-by will be ignored",)
        return ()

    def validate(self) -> None:
        """Raises UsageError where the flags cannot be meant together."""
        if self.show_labels and self.output not in ("", "wide"):
            raise UsageError(f"--show-labels option cannot be used with {self.output} printer")
        if self.label_columns and self.output.startswith("custom-columns"):
            raise UsageError(f"--label-columns option cannot be used with {self.output} printer")
        if self.output_watch_events and not (self.watch or self.watch_only):
            raise UsageError("--output-watch-events option can only be used with --watch or --watch-only")
        if self.from_files:
            self._validate_files()
        else:
            self._validate_arguments()
        if self.sort_by:
            _ = self.sort_path

    def validate_raw(self, names: Sequence[str]) -> None:
        """Raises UsageError where ``--raw`` cannot be meant so."""
        if names:
            raise UsageError("arguments may not be passed when --raw is specified")
        if self.watch or self.watch_only or self.selector:
            raise UsageError(
                "--raw may not be specified with other flags that filter the server request or alter the output"
            )
        if self.output:
            raise UsageError("--raw and --output are mutually exclusive")
        if not self.raw.startswith("/") and "://" not in self.raw:
            from kubectl_ds.render.go_text import quoted

            raise UsageError(f"--raw must be a valid URL path: parse {quoted(self.raw)}: invalid URI for request")

    def wanted(self, namespace: str | None) -> Wanted:
        """What to ask the server for."""
        return Wanted(
            names=self.arguments.names,
            namespace=namespace,
            selector=self.selector,
            field_selector=self.field_selector,
            subresource=self.subresource,
            page=0 if self.sort_by and not self.watch else self.chunk_size,
            table=self.human and self.server_print,
            whole_objects=bool(self.sort_by),
        )

    def printer(self) -> Printer:
        """The printer of ``-o``.

        Raises:
            UsageError: there is none of that name.
        """
        return self._sorting(self._print_flags.printer(lambda name: Path(name).read_text(errors="surrogateescape")))

    def table_printer(
        self, with_namespace: bool, kind: str, now: Callable[[], datetime], *, with_kind: bool = False
    ) -> Printer:
        """The printer of tables."""
        from kubectl_ds.render.kubectl_get import TableOptions, TablePrinter

        options = TableOptions(
            wide=self.output == "wide",
            with_namespace=with_namespace,
            show_labels=self.show_labels,
            label_columns=self.label_columns,
            no_headers=self.no_headers,
            with_kind=self.show_kind or with_kind,
            kind=kind,
        )
        return self._sorting(TablePrinter(options, now))

    def nothing_found(self, namespace: str | None) -> str:
        """What is said instead of an empty table."""
        from kubectl_ds.render.kubectl_get import nothing_found

        return nothing_found(namespace)

    @cached_property
    def _print_flags(self) -> PrintFlags:
        from kubectl_ds.render.printers import PrintFlags

        return PrintFlags(
            self.output,
            self.template,
            self.allow_missing_template_keys,
            self.show_managed_fields,
            self.no_headers,
        )

    def _sorting(self, printer: Printer) -> Printer:
        if not self.sort_by:
            return printer
        from kubectl_ds.render.kubectl_sort import SortingPrinter

        return SortingPrinter(printer, self.sort_path)

    def _validate_files(self) -> None:
        if self.filename and self.kustomize:
            raise UsageError("only one of -f or -k can be specified")
        if self.kustomize and self.recursive:
            raise UsageError("the -k flag can't be used with -f or -R")
        if self.arguments.typed:
            raise UsageError("resource/name arguments cannot be provided when a path is specified")
        if self.arguments.names or self.arguments.word:
            raise UsageError(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
            )

    def _validate_arguments(self) -> None:
        if not self.arguments.names:
            if self.subresource:
                raise UsageError("subresource cannot be used when bulk resources are specified")
            return
        if self.selector or self.field_selector:
            raise UsageError(
                "selectors and the all flag cannot be used when passing resource/name arguments"
                if self.arguments.typed
                else "name cannot be provided when a selector is specified"
            )
        if self.namespaces:
            raise UsageError("a resource cannot be retrieved by name across all namespaces")
