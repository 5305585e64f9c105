"""Labels, annotations and tolerations in ``kubectl describe``: one a line, under each other.

Each function mirrors the function of k8s.io/kubectl v0.37 pkg/describe/describe.go that its docstring names, down
to the pieces in which upstream writes a line: a nested writer indents every piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_ds.render.go_sort import go_sorted
from kubectl_ds.render.go_text import byte_length, cut
from kubectl_ds.render.prefix_writer import PrefixWriter

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MAX_ANNOTATION_LENGTH = 140
"""Bytes of an annotation or volume attribute in one line; longer lines are cut."""


def write_labels(writer: PrefixWriter, title: str, labels: Mapping[str, str] | None) -> None:
    """``printLabelsMultiline``; node selectors are printed by it too."""
    writer.write(0, f"{title}:\t")
    if not labels:
        writer.write_line("<none>")
        return
    for number, key in enumerate(sorted(labels)):
        if number:
            writer.write(0, "")
            writer.write(0, "\t")
        writer.write(0, f"{key}={labels[key]}\n")


def write_annotations(writer: PrefixWriter, title: str, annotations: Mapping[str, str] | None) -> None:
    """``printAnnotationsMultiline``: all but the last applied configuration, long lines cut."""
    writer.write(0, f"{title}:\t")
    shown = sorted(key for key in annotations or () if key != LAST_APPLIED)
    if annotations is None or not shown:
        writer.write_line("<none>")
        return
    for number, key in enumerate(shown):
        if number:
            writer.write(0, "\t")
        value = annotations[key].removesuffix("\n")
        if byte_length(value) + byte_length(key) + 2 <= MAX_ANNOTATION_LENGTH and "\n" not in value:
            writer.write(0, f"{key}: {value}\n")
            continue
        writer.write(0, f"{key}:\n")
        for line in value.split("\n"):
            writer.write(0, f"\t  {shorten(line, MAX_ANNOTATION_LENGTH - 2)}\n")


def shorten(text: str, length: int) -> str:
    """``shorten``: at most ``length`` bytes, and dots where something was cut."""
    return f"{cut(text, length)}..." if byte_length(text) > length else text


def write_tolerations(writer: PrefixWriter, title: str, tolerations: Sequence[Mapping[str, Any]] | None) -> None:
    """``printPodTolerationsMultiline``."""
    writer.write(0, f"{title}:\t")
    if not tolerations:
        writer.write_line("<none>")
        return
    by_key = go_sorted(tolerations, lambda left, right: (left.get("key") or "") < (right.get("key") or ""))
    for number, toleration in enumerate(by_key):
        if number:
            writer.write(0, "\t")
        writer.write(0, f"{_toleration_text(toleration)}\n")


def _toleration_text(toleration: Mapping[str, Any]) -> str:
    key, value, effect = (toleration.get(field) or "" for field in ("key", "value", "effect"))
    text = key + (f"={value}" if value else "") + (f":{effect}" if effect else "")
    if toleration.get("operator") == "Exists" and not value:
        text += " op=Exists" if key or effect else "op=Exists"
    seconds = toleration.get("tolerationSeconds")
    return text if seconds is None else f"{text} for {seconds}s"
