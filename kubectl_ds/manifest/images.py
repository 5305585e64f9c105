"""Images that surely cannot be pulled as they are named, or soon not: registries that are gone, and look-alike hosts.

Nobody can know what an author meant, so that these are warnings with a suggestion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubectl_ds.manifest.edit import Path, at
from kubectl_ds.manifest.suggest import closest

_POD: Path = ("spec", "template", "spec")

MOVED = {
    "gcr.io/google_containers": "registry.k8s.io",
    "gcr.io/google-containers": "registry.k8s.io",
    "k8s.gcr.io": "registry.k8s.io",
}
"""Registries of the Kubernetes project that get no images any more, and their successor."""

HOSTS = (
    *("asia.gcr.io", "docker.io", "eu.gcr.io", "gcr.io", "ghcr.io", "k8s.gcr.io", "lscr.io", "mcr.microsoft.com"),
    *("nvcr.io", "public.ecr.aws", "quay.io", "registry.k8s.io", "us.gcr.io"),
)
"""Public registries that are written from memory."""


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
    meant = host if host in HOSTS else closest(host, HOSTS)
    if meant is None:
        return None
    known = {prefix.partition("/")[2] for prefix in MOVED if prefix.startswith(f"{meant}/")}
    project, _, name = rest.partition("/")
    near = project if project in known else closest(project, known)
    corrected = f"{meant}/{near}/{name}" if near and name else f"{meant}/{rest}"
    gone = next((prefix for prefix in MOVED if corrected.startswith(f"{prefix}/")), "")
    instead = MOVED[gone] + corrected.removeprefix(gone) if gone else corrected
    if instead == image:
        return None
    parts = []
    if corrected != image:
        parts.append(f"{_registry(image, name)} looks like {_registry(corrected, name)} misspelt")
    if gone:
        parts.append(f"{gone} gets no images any more; they are at {MOVED[gone]}")
    return "; ".join(parts), instead


def _registry(image: str, name: str) -> str:
    return image.rpartition(f"/{name}")[0] if name else image.partition("/")[0]
