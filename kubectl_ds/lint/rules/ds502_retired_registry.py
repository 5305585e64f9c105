"""Its image is in a registry that is frozen or gone.

k8s.gcr.io has been frozen since April 2023 and only redirects; gcr.io/google_containers is older still. Nodes that have
the image go on; a new node, or one whose images were cleaned, may not get it any more, and the agent is missing there.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject

_SUCCESSORS = {
    "k8s.gcr.io/": "registry.k8s.io/",
    "gcr.io/google_containers/": "registry.k8s.io/",
    "gcr.io/google-containers/": "registry.k8s.io/",
}


def check(subject: Subject) -> Iterator[Problem]:
    """By the beginning of the image's name."""
    for container in subject.every_container:
        for old, new in _SUCCESSORS.items():
            if container.text("image").startswith(old):
                yield Problem(
                    container.at("image"),
                    f"{old.rstrip('/')} is frozen or gone: a new node may not get this image",
                    f"take it from {new.rstrip('/')}, after a look whether the version is there",
                )


RULE = Rule(
    code="DS502",
    name="retired-registry",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  the successor:
    container: {image: "registry.k8s.io/agent:1.0"}
bad:
  the frozen one:
    container: {image: "k8s.gcr.io/agent:1.0"}
    finds: spec.template.spec.containers[0].image
""",
)
