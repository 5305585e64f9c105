"""It picks nodes by labels that have been deprecated for years and may go with any release.

beta.kubernetes.io/os and /arch, beta.kubernetes.io/instance-type and failure-domain.beta.kubernetes.io/zone and
/region have had successors of the same values since 1.14 and 1.17. Some providers and virtual nodes set only the new
ones, and there a DaemonSet that asks for the old ones does not run, without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject

_SUCCESSORS = {
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}


def check(subject: Subject) -> Iterator[Problem]:
    """In the node selector and in required affinity."""
    for label in subject.node_labels:
        if label.key in _SUCCESSORS:
            new = _SUCCESSORS[label.key]
            message = f"the label {label.key} is deprecated"
            yield Problem(label.path, message, f"write {new}", fix=label.renamed(new))


RULE = Rule(
    code="DS109",
    name="beta-labels",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    fixable=True,
    cases="""
good:
  the successor:
    pod: {nodeSelector: {kubernetes.io/os: linux}}
bad:
  the deprecated label:
    pod: {nodeSelector: {kubernetes.io/os: null, beta.kubernetes.io/os: linux}}
    finds: spec.template.spec.nodeSelector[beta.kubernetes.io/os]
""",
)
