"""Without a fixed tag different nodes run different versions.

A node pulls `latest` when the pod starts there: machines that joined in June and in July run two versions of what
`kubectl get` shows as one, `rollout undo` goes back to the same tag, and a bad push reaches nodes at their next reboot
without any rollout.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """A digest is as fixed as can be."""
    for container in subject.every_container:
        image = container.text("image")
        tag = image.rpartition("/")[2].partition(":")[2]
        if image and "@" not in image and tag in ("", "latest"):
            yield Problem(
                container.at("image"),
                f"image {image} has {'the tag latest' if tag else 'no tag'}: nodes run whatever they pulled last",
                "name a version, or a digest",
            )


RULE = Rule(
    code="DS501",
    name="image-tag",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  a version behind a registry with a port:
    container: {image: "registry.example:5000/agent:1.0"}
  a digest:
    container: {image: "registry.example/agent@sha256:0123"}
bad:
  no tag:
    container: {image: "registry.example:5000/agent"}
    finds: spec.template.spec.containers[0].image
  latest:
    container: {image: "agent:latest"}
    finds: spec.template.spec.containers[0].image
""",
)
