"""An environment variable is set twice, and repairing that with `kubectl apply` removes both.

The last one counts. Whoever finds the double later and deletes one of them loses the variable altogether, because apply
merges by name: kubernetes/kubernetes#58477. Server-side apply refuses the manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Within one container."""
    for container in subject.every_container:
        seen = set()
        for variable in container.parts("env"):
            name = variable.text("name")
            if name in seen:
                yield Problem(
                    variable.at("name"),
                    f"container {container.text('name')} sets {name} twice; the last one counts",
                    "remove one, then check the DaemonSet: apply may drop both, and a second apply brings it back",
                )
            seen.add(name)


RULE = Rule(
    code="DS605",
    name="duplicate-env",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  two names:
    container: {env: [{name: A, value: "1"}, {name: B, value: "2"}]}
bad:
  one name:
    container: {env: [{name: A, value: "1"}, {name: A, value: "2"}]}
    finds: spec.template.spec.containers[0].env[1].name
""",
)
