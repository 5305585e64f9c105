"""A manifest's text: from bytes in any encoding that kubectl reads, to lines that a finding can show.

Positions travel as character offsets, because offsets cannot disagree on what ends a line; they become line and
column only when somebody looks.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from kubectl_ds.errors import ManifestError

MAX_BYTES = 16 * 1024 * 1024
"""The largest source that is read. The API server refuses any single request above 3 MiB."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"\x1f\x8b", "gzip", "unpack it first: gunzip"),
    (b"PK\x03\x04", "a zip archive", "unpack it first: unzip"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unpack it first: zstd -d"),
    (b"\xfd7zXZ", "xz", "unpack it first: xz -d"),
    (b"BZh", "bzip2", "unpack it first: bunzip2"),
    (b"\x7fELF", "a program", "did you mean another file?"),
    (b"\x89PNG", "a picture", "did you mean another file?"),
    (b"%PDF", "a PDF document", "did you mean another file?"),
    (b"k8s\x00", "a Kubernetes object in protobuf", "export it as YAML: kubectl get … -o yaml"),
)
_TEXT_ONLY = "a manifest is YAML or JSON text in UTF-8"
_NOT_PRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML allows in no place (YAML 1.1, ``c-printable``), as libyaml and go-yaml hold it."""

_LINE_END = re.compile(r"\r\n|\r|\n")


class UnreadableSource(ManifestError):
    """Bytes that are no manifest at all, before any syntax."""

    def __init__(self, message: str, *, hint: str, source: Source | None = None, offset: int = 0) -> None:
        super().__init__(message, hint=hint, reference="unreadable-manifest")
        self.source = source
        """The text around the fault, where there is text to show."""
        self.offset = offset


@dataclass(frozen=True)
class Source:
    """A named text."""

    name: str
    """As the user wrote it: a path, a URL, or ``STDIN`` as kubectl calls standard input."""
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, without its end; empty beyond the text."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


def decode(name: str, content: bytes) -> Source:
    """The text of a source.

    UTF-8 with or without a byte order mark, and UTF-16 with one, as kubectl reads (cli-runtime v0.37.2,
    ``FileVisitor.Visit``). kubectl replaces bytes that are not UTF-8 in silence; here they are an error.

    Raises:
        UnreadableSource: too large, binary, or in another encoding; says where.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableSource(
            f"{name} is larger than {MAX_BYTES // 2**20} MiB",
            hint="the API server refuses any object above 3 MiB; split the file, or check that it is a manifest",
        )
    for magic, what, hint in _MAGIC:
        if content.startswith(magic):
            raise UnreadableSource(f"{name} is {what}, not a manifest", hint=f"{_TEXT_ONLY}; {hint}")
    encoding, skip = next(((code, len(bom)) for bom, code in _BOMS if content.startswith(bom)), ("utf-8", 0))
    try:
        source = Source(name, content[skip:].decode(encoding))
    except UnicodeDecodeError as error:
        raise _not_decodable(name, content[skip:], encoding, error) from error
    fault = _NOT_PRINTABLE.search(source.text)
    if fault is not None:
        raise _not_printable(source, fault)
    return source


def _not_decodable(name: str, content: bytes, encoding: str, error: UnicodeDecodeError) -> UnreadableSource:
    shown = Source(name, content.decode(encoding, errors="replace"))
    offset = len(content[: error.start].decode(encoding, errors="replace"))
    byte = content[error.start]
    return UnreadableSource(
        f"{name} is not {encoding.upper()}: byte 0x{byte:02x} cannot be part of a text",
        hint=f"{_TEXT_ONLY}; convert it: iconv -f latin1 -t utf-8 FILE",
        source=shown,
        offset=offset,
    )


def _not_printable(source: Source, fault: re.Match[str]) -> UnreadableSource:
    code = ord(fault.group())
    what = "NUL byte" if code == 0 else f"control character U+{code:04X}"
    return UnreadableSource(
        f"{source.name} has a {what}, which neither YAML nor JSON allows",
        hint=f"{_TEXT_ONLY}; remove it, or write it as an escape in double quotes",
        source=source,
        offset=fault.start(),
    )
