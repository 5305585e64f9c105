"""With OnDelete a new template reaches no node until somebody deletes the pods.

extensions/v1beta1 made it the default, and it has outlived the manifests of that time: a security fix is applied,
kubectl says `configured`, and months later every node still runs the old image; `rollout status` refuses to watch it.
Where it is meant, say so with an ignore comment.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of


def check(subject: Subject) -> Iterator[Problem]:
    """Any OnDelete."""
    if not subject.rolling:
        status = subject.daemon_set.status
        behind = max(0, status.desired_number_scheduled - status.updated_number_scheduled)
        now = f"; {nodes_of(behind)} not updated now" if behind else ""
        yield Problem(
            subject.spec.part("updateStrategy").at("type"),
            f"OnDelete: a new template reaches no node until its pod is deleted by hand{now}",
            "set type: RollingUpdate",
        )


RULE = Rule(
    code="DS301",
    name="on-delete",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  the default:
    spec: {updateStrategy: null}
bad:
  on delete:
    spec: {updateStrategy: {type: OnDelete, rollingUpdate: null}}
    finds: spec.updateStrategy.type
""",
)
