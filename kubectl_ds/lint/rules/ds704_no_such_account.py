"""Its ServiceAccount does not exist, so no pod is created.

Charts that were installed by halves, or into another namespace than their accounts, give a DaemonSet with `desired` and
no pods at all; the clue, `serviceaccount not found`, is an event that is gone within the hour.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import SERVICE_ACCOUNTS


def check(subject: Subject) -> Iterator[Problem]:
    """Only against a cluster or a capture: what files do not hold may be there already."""
    field = "serviceAccountName" if subject.pod.has("serviceAccountName") else "serviceAccount"
    name = subject.pod.text(field)
    here = {
        each.metadata.name
        for each in subject.snapshot.service_accounts
        if each.metadata.namespace == subject.daemon_set.namespace
    }
    if name and name not in here and not subject.alone:
        yield Problem(
            subject.pod.at(field),
            f"ServiceAccount {name} does not exist in namespace {subject.daemon_set.namespace}: no pod is created",
            f"kubectl create serviceaccount {name} -n {subject.daemon_set.namespace}",
        )


RULE = Rule(
    code="DS704",
    name="no-such-account",
    level=Level.ERROR,
    why=__doc__,
    check=check,
    needs=(SERVICE_ACCOUNTS,),
    cases="""
good:
  it is there:
    pod: {serviceAccountName: agent}
    source: live
    objects: [{kind: ServiceAccount, metadata: {name: agent, namespace: agents}}]
bad:
  it is not there:
    pod: {serviceAccountName: agent}
    source: live
    finds: spec.template.spec.serviceAccountName
""",
)
