"""Its selector also matches the pods of another DaemonSet.

A DaemonSet adopts every pod that matches and has no owner. After a deletion with --cascade=orphan, or a restore from a
backup, it takes the other's pods for its own and deletes them as surplus; budgets, services and `kubectl logs -l` mix
the two at all times.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import DAEMON_SETS


def check(subject: Subject) -> Iterator[Problem]:
    """In the same namespace, in either direction, so that both are told."""
    own = subject.daemon_set.spec
    for other in subject.neighbours():
        if other.namespace != subject.daemon_set.namespace:
            continue
        theirs = other.spec
        mine = not own.selector.empty and own.selector.matches(theirs.template.metadata.labels)
        if mine or (not theirs.selector.empty and theirs.selector.matches(own.template.metadata.labels)):
            whose = f"its selector matches the pods of {other.name}" if mine else f"{other.name} selects its pods"
            yield Problem(
                subject.spec.at("selector"),
                f"{whose}: orphaned pods are adopted by the wrong one",
                "give each a label of its own; the selector cannot be changed, so delete and create anew",
            )


RULE = Rule(
    code="DS601",
    name="selector-overlap",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    uses=(DAEMON_SETS,),
    cases="""
good:
  labels of their own:
    others: [{labels: {app: other}}]
bad:
  the same label:
    others: [{}]
    finds: spec.selector
""",
)
