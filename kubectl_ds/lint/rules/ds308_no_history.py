"""Without any history there is nothing to go back to.

With revisionHistoryLimit 0 the controller deletes every old revision once no pod runs it any more. `rollout undo` then
says `no last revision to roll back to`, in the minute in which it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.manifest.edit import Drop


def check(subject: Subject) -> Iterator[Problem]:
    """Zero alone."""
    if subject.spec.number("revisionHistoryLimit", 10) == 0:
        yield Problem(
            subject.spec.at("revisionHistoryLimit"),
            "revisionHistoryLimit 0: `rollout undo` has nothing to go back to",
            "remove it; ten revisions cost next to nothing",
            fix=(Drop(subject.spec.step("revisionHistoryLimit")),),
        )


RULE = Rule(
    code="DS308",
    name="no-history",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    fixable=True,
    cases="""
good:
  one:
    spec: {revisionHistoryLimit: 1}
bad:
  none:
    spec: {revisionHistoryLimit: 0}
    finds: spec.revisionHistoryLimit
""",
)
