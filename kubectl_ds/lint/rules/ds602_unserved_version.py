"""Its API version has not been served since 1.16.

extensions/v1beta1 and apps/v1beta2 are gone, and apps/v1beta1 never had DaemonSets. Their defaults differ too:
extensions made OnDelete the update strategy.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Items of a list from the server carry no version."""
    version = subject.root.text("apiVersion")
    if version and version != "apps/v1":
        yield Problem(
            "apiVersion",
            f"DaemonSet of {version} is not served",
            "kubectl ds upgrade -f FILE does it, with all that has changed since",
        )


RULE = Rule(
    code="DS602",
    name="unserved-version",
    level=Level.ERROR,
    why=__doc__,
    check=check,
    cases="""
good:
  served:
    root: {apiVersion: apps/v1}
bad:
  gone:
    root: {apiVersion: extensions/v1beta1}
    finds: apiVersion
""",
)
