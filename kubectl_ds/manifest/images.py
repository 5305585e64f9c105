"""What to write instead of an image whose registry is gone or looks misspelt; the checks warn of the same ones.

Nobody can know what an author meant, so that these are doubts with a suggestion, and changed only on request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubectl_ds.manifest.checks.images import GONE, KNOWN
from kubectl_ds.manifest.edit import Path, at
from kubectl_ds.manifest.suggest import distance

_POD: Path = ("spec", "template", "spec")


@dataclass(frozen=True)
class Doubt:
    """An image that cannot be meant as it is written."""

    path: Path
    message: str
    instead: str
    """The image to write."""


def doubts(data: dict[str, Any]) -> Iterator[Doubt]:
    """The doubtful images of a DaemonSet, containers first, each at most once."""
    for field in ("containers", "initContainers"):
        containers = at(data, (*_POD, field))
        for number in range(len(containers) if isinstance(containers, list) else 0):
            path = (*_POD, field, number, "image")
            image = at(data, path)
            if isinstance(image, str) and (found := doubt(image)):
                yield Doubt(path, *found)


def doubt(image: str) -> tuple[str, str] | None:
    """What is doubtful about an image, and what to write instead; None when nothing is."""
    host, _, rest = image.partition("/")
    if not rest or not ("." in host or ":" in host):
        return None
    meant = host if host in KNOWN else next((each for each in KNOWN if distance(host, each, 1) <= 1), "")
    if not meant:
        return None
    known = [prefix.partition("/")[2] for prefix in GONE if prefix.startswith(f"{meant}/")]
    project, _, name = rest.partition("/")
    near = project if project in known else next((each for each in known if distance(project, each, 2) <= 2), "")
    corrected = f"{meant}/{near}/{name}" if near and name else f"{meant}/{rest}"
    gone = next((prefix for prefix in GONE if corrected.startswith(f"{prefix}/")), "")
    instead = GONE[gone] + corrected.removeprefix(gone) if gone else corrected
    if instead == image:
        return None
    parts = []
    if corrected != image:
        parts.append(f"{_registry(image, name)} looks like {_registry(corrected, name)} misspelt")
    if gone:
        parts.append(f"{gone} gets no images any more; they are at {GONE[gone]}")
    return "; ".join(parts), instead


def _registry(image: str, name: str) -> str:
    return image.rpartition(f"/{name}")[0] if name else image.partition("/")[0]
