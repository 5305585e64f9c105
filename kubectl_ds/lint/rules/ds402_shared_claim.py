"""All its pods share one claim, which works on one node.

A claim named in the template is one volume for all of them. With ReadWriteOnce the volume is attached to the first node
and every other pod waits with `Multi-Attach error`; with ReadWriteOncePod there is one pod in all. `kubectl ds storage`
says what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import CLAIMS, NODES


def check(subject: Subject) -> Iterator[Problem]:
    """An error where the claim is known and says so; silent where it may be shared, or there is one node at most."""
    claims = {
        each.metadata.name: each
        for each in subject.snapshot.claims
        if each.metadata.namespace == subject.daemon_set.namespace
    }
    if subject.snapshot.nodes and len(subject.eligible) <= 1:
        return
    for volume in subject.pod.parts("volumes"):
        source = volume.part("persistentVolumeClaim")
        name = source.text("claimName")
        if not name:
            continue
        known = claims.get(name)
        modes = known.spec.access_modes if known else ()
        if {"ReadWriteMany", "ReadOnlyMany"} & set(modes):
            continue
        words = f"is {'/'.join(modes)}" if modes else "is one volume for all pods"
        yield Problem(
            source.at("claimName"),
            f"claim {name} {words}: on all nodes but one its pods wait"
            + ("" if modes else ", unless it is ReadWriteMany"),
            "use an ephemeral volume (a claim for each pod) or a hostPath; see `kubectl ds storage -o wide`",
            Level.ERROR if modes else None,
        )


RULE = Rule(
    code="DS402",
    name="shared-claim",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    uses=(
        CLAIMS,
        NODES,
    ),
    cases="""
good:
  a claim for many:
    pod: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}
    objects:
      - {kind: PersistentVolumeClaim, metadata: {name: data, namespace: agents}, spec: {accessModes: [ReadWriteMany]}}
bad:
  nobody knows the claim:
    pod: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}
    finds: spec.template.spec.volumes[0].persistentVolumeClaim.claimName
  a claim for one node:
    pod: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}
    objects:
      - {kind: PersistentVolumeClaim, metadata: {name: data, namespace: agents}, spec: {accessModes: [ReadWriteOnce]}}
    finds: spec.template.spec.volumes[0].persistentVolumeClaim.claimName
""",
)
