"""The bytes behind ``-f``: files, patterns, folders, standard input and URLs, in the order in which kubectl reads them.

Mirrors ``Builder.FilenameParam`` (k8s.io/cli-runtime v0.37.2). What the bytes mean is not known here.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from kubectl_ds.errors import ManifestError, UsageError

STDIN = "STDIN"
"""What kubectl calls standard input in its messages."""

EXTENSIONS = (".json", ".yaml", ".yml")
"""What is read of a folder; a file that is named is read whatever it is called."""

Fetch = Callable[[str, int], bytes]
"""(URL, limit) → the first ``limit`` bytes of what is there."""


class InputError(ManifestError):
    """A source that cannot be read."""


def load(
    names: Iterable[str], stdin: BinaryIO, *, limit: int, recursive: bool = False, fetch: Fetch | None = None
) -> tuple[tuple[str, bytes], ...]:
    """The content of every source, with the name to call it by; at most ``limit`` + 1 bytes of each.

    Args:
        names: paths, patterns, folders, URLs, and ``-`` for standard input.
        stdin: standard input, read only when it is named.
        limit: bytes; whoever reads on can tell by the one byte more that a source is too large.
        recursive: whether folders are read with what lies below them.
        fetch: reads a URL; the internet's own if None.

    Raises:
        UsageError: standard input is named twice.
        InputError: a source is not there, or cannot be read; all that are missing are named.
    """
    names = list(names)
    if names.count("-") > 1:
        raise UsageError("standard input cannot be used for multiple arguments")
    paths = {name: _expand(name) for name in dict.fromkeys(names) if name != "-" and not _is_url(name)}
    missing = [name for name, found in paths.items() if not found]
    if missing:
        hints = (_sibling(name) for name in missing)
        raise InputError(
            "\n".join(f'the path "{name}" does not exist' for name in missing),
            hint="; ".join(hint for hint in hints if hint),
            reference="path-does-not-exist",
        )
    return tuple(_contents(names, paths, stdin, limit, recursive, fetch))


def _contents(
    names: list[str],
    paths: dict[str, list[str]],
    stdin: BinaryIO,
    limit: int,
    recursive: bool,
    fetch: Fetch | None,
) -> Iterator[tuple[str, bytes]]:
    for name in names:
        if name == "-":
            yield STDIN, stdin.read(limit + 1)
        elif _is_url(name):
            from kubectl_ds.cluster.download import download

            yield name, (fetch or download)(name, limit + 1)
        else:
            files = [file for path in paths[name] for file in _files(path, recursive)]
            if not files:
                raise InputError(
                    f"error reading [{' '.join(paths[name])}]: recognized file extensions are [{' '.join(EXTENSIONS)}]",
                    hint="-R reads the folders below it too" if not recursive else "",
                    reference="no-manifests",
                )
            for file in files:
                yield file, _read(file, limit)


def _is_url(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def _expand(name: str) -> list[str]:
    """The path, or what matches it as a pattern where no such path exists."""
    return [name] if os.path.exists(name) or not name else sorted(glob.glob(name))  # noqa: PTH110, PTH207 - as typed


def _files(path: str, recursive: bool) -> Iterator[str]:
    if not Path(path).is_dir():
        yield path
        return
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as error:
        raise _unreadable(path, error) from error
    for entry in entries:
        inner = str(Path(path, entry.name))
        if entry.is_dir(follow_symlinks=False):
            if recursive:
                yield from _files(inner, recursive)
        elif entry.name.endswith(EXTENSIONS) and not Path(inner).is_dir():
            yield inner


def _read(file: str, limit: int) -> bytes:
    try:
        with Path(file).open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(path: str, error: OSError) -> InputError:
    reason = (error.strerror or str(error)).lower()
    return InputError(f'the path "{path}" cannot be read: {reason}', reference="path-unreadable")


def _sibling(name: str) -> str:
    """A file beside the missing one whose name is much like it."""
    from difflib import get_close_matches

    path = Path(name)
    try:
        beside = sorted(entry.name for entry in os.scandir(path.parent))
    except OSError:
        return f"there is no folder {path.parent}"
    fitting = [entry for entry in beside if entry.endswith(EXTENSIONS) or (path.parent / entry).is_dir()]
    near = get_close_matches(path.name, fitting, n=1, cutoff=0.7)
    return f"did you mean {path.parent / near[0]}?" if near else ""
