"""The namespace allows only some tolerations, and its pods have others: none is created.

PodTolerationRestriction checks every toleration, those that the controller adds by itself included. A whitelist that
does not list them refuses every pod of every DaemonSet in the namespace; the only trace is an event, `conflict with its
namespace whitelist`. Where nothing proves that the plug-in is on, it is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.engine.admission.step import toleration_text
from kubectl_ds.engine.tolerations import review
from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import NAMESPACES


def check(subject: Subject) -> Iterator[Problem]:
    """As the engine judges the plug-in, from the pods that there are."""
    if subject.namespace is None:
        return
    found = review(subject.snapshot, subject.daemon_set).restriction
    if found is None or found.plugin == "off" or not (found.not_allowed or found.unreadable):
        return
    what = ", ".join(toleration_text(each) for each in found.not_allowed[:2])
    more = f" and {len(found.not_allowed) - 2} more" if len(found.not_allowed) > 2 else ""
    yield Problem(
        subject.pod.at("tolerations"),
        f"the whitelist of namespace {subject.daemon_set.namespace} does not allow {what}{more}"
        if found.not_allowed
        else f"an annotation of namespace {subject.daemon_set.namespace} is no list of tolerations",
        "add them to scheduler.alpha.kubernetes.io/tolerationsWhitelist, or remove that annotation",
        None if found.plugin == "on" else Level.WARNING,
    )


RULE = Rule(
    code="DS701",
    name="toleration-whitelist",
    level=Level.ERROR,
    why=__doc__,
    check=check,
    needs=(NAMESPACES,),
    cases="""
good:
  no annotation:
    objects: [{kind: Namespace, metadata: {name: agents}}]
bad:
  the automatic tolerations are not on the list:
    objects:
      - kind: Namespace
        metadata:
          name: agents
          annotations: {scheduler.alpha.kubernetes.io/tolerationsWhitelist: '[{"key":"dedicated","operator":"Exists"}]'}
    finds: spec.template.spec.tolerations
""",
)
