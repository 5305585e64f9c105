"""The liveness probe asks the same as the readiness probe, as quickly: a hiccup restarts the whole fleet.

When what all agents depend on is slow for half a minute, readiness takes them out of traffic and back in; the same
question asked as liveness kills them all at once, and their restart is one more load on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Part, Subject

_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")


def check(subject: Subject) -> Iterator[Problem]:
    """The same handler, and no more patience than readiness has."""
    for container in subject.running:
        live, ready = container.part("livenessProbe"), container.part("readinessProbe")
        asked = {name: live.value(name) for name in _HANDLERS if live.has(name)}
        same = asked and asked == {name: ready.value(name) for name in _HANDLERS if ready.has(name)}
        if same and _patience(live) <= _patience(ready):
            yield Problem(
                live.path,
                f"container {container.text('name')} is killed by the probe that should only take it out of traffic",
                "give liveness a higher failureThreshold, or a question about the process alone",
            )


def _patience(probe: Part) -> int:
    """Seconds of failure until it acts."""
    return probe.number("periodSeconds", 10) * probe.number("failureThreshold", 3)


RULE = Rule(
    code="DS305",
    name="liveness-is-readiness",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  liveness is more patient:
    container:
      readinessProbe: {httpGet: {path: /ready, port: 80}}
      livenessProbe: {httpGet: {path: /ready, port: 80}, failureThreshold: 10}
bad:
  the same probe twice:
    container:
      readinessProbe: {httpGet: {path: /ready, port: 80}}
      livenessProbe: {httpGet: {path: /ready, port: 80}}
    finds: spec.template.spec.containers[0].livenessProbe
""",
)
