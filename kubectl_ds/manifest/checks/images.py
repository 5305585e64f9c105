"""Registries that are gone, and hosts that look like a slip of one that everybody knows."""

from __future__ import annotations

from kubectl_ds.manifest.checks.fault import Faults, warning
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.suggest import distance

GONE = {
    "k8s.gcr.io": "registry.k8s.io",
    "gcr.io/google_containers": "registry.k8s.io",
    "gcr.io/google-containers": "registry.k8s.io",
}
"""What is frozen or switched off, and where its images went."""
KNOWN = (
    "gcr.io",
    "quay.io",
    "ghcr.io",
    "docker.io",
    "registry.k8s.io",
    "k8s.gcr.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
)
"""Hosts that many images come from."""
_PROJECTS = ("google_containers", "google-containers")


def image_host(container: Node) -> Faults:
    """Warnings about where an image is to come from."""
    image = container.text("image")
    host, slash, rest = image.partition("/")
    if not slash or ("." not in host and ":" not in host):
        return
    path = container.child("image")
    meant_host = host if host in KNOWN else next((each for each in KNOWN if distance(host, each, 1) <= 1), host)
    project, _, name = rest.partition("/")
    meant_project = project
    if name and project not in _PROJECTS:
        meant_project = next((each for each in _PROJECTS if distance(project, each, 2) <= 2), project)
    meant = f"{meant_host}/{meant_project}/{name}" if name else f"{meant_host}/{rest}"
    gone = next((old for old in GONE if meant.startswith(f"{old}/")), "")
    if meant != image:
        wrong = f"{host}/{project}" if meant_project != project else host
        advice = f"did you mean {meant}?"
        if gone:
            advice += f" {gone} is gone: the images that are still kept are in {GONE[gone]}"
        yield warning(path, f'image host "{wrong}" looks like a slip of "{meant_host}"', advice)
    elif gone:
        advice = (
            f"the images that are still kept are in {GONE[gone]}: try {GONE[gone]}/{meant.removeprefix(f'{gone}/')}"
        )
        yield warning(path, f"{gone} is gone: the image cannot be pulled from there", advice)
