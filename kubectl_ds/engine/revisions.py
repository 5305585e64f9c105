"""The revisions of a DaemonSet: which is current, whether a pod is of it, which one an undo goes back to.

Mirrors ``constructHistory``, ``dedupCurHistories``, ``Match`` and ``util.IsPodUpdated`` (pkg/controller/daemon,
Kubernetes 1.37), ``controlledHistory`` and ``findHistory`` (k8s.io/kubectl v0.37 polymorphichelpers). The hash is read
from the ControllerRevision whose data equals the template, never computed: upstream's hash depends on its internal
types.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from kubectl_ds.model.daemonset import (
    REVISION_HASH_LABEL,
    TEMPLATE_GENERATION_ANNOTATION,
    TEMPLATE_GENERATION_LABEL,
    ControllerRevision,
    DaemonSet,
)
from kubectl_ds.model.decode import decode_generic, without_nulls
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.selector import parse_int64


@dataclass(frozen=True)
class CurrentRevision:
    """How to recognise pods of the current template."""

    hash: str
    """The value of ``controller-revision-hash``; empty when no revision could be read."""
    number: int | None
    template_generation: int | None
    """The deprecated rule beside it; None when the DaemonSet has no such annotation."""

    def updated(self, pod: Pod) -> bool:
        """Whether ``pod`` was made from the current template."""
        labels = pod.metadata.labels
        if self.hash and labels.get(REVISION_HASH_LABEL) == self.hash:
            return True
        return self.template_generation is not None and labels.get(TEMPLATE_GENERATION_LABEL) == str(
            self.template_generation
        )


def current_revision(daemon_set: DaemonSet, revisions: Iterable[ControllerRevision]) -> CurrentRevision:
    """The revision that equals the template of ``daemon_set``; the newest of several that do.

    ``revisions`` are those that the DaemonSet controls. Without a matching one the generation rule alone remains.
    """
    generation = parse_int64(daemon_set.metadata.annotations.get(TEMPLATE_GENERATION_ANNOTATION, ""))
    ordered = sorted(revisions, key=lambda each: (each.revision, each.metadata.name))
    for revision in reversed(ordered):
        if matches(daemon_set, revision):
            number = revision.revision
            return CurrentRevision(hash=hash_of(revision), number=number, template_generation=generation)
    return CurrentRevision(hash="", number=None, template_generation=generation)


def hash_of(revision: ControllerRevision) -> str:
    """What pods of this revision bear as ``controller-revision-hash``."""
    return revision.metadata.labels.get(REVISION_HASH_LABEL, revision.metadata.name)


def matches(daemon_set: DaemonSet, revision: ControllerRevision) -> bool:
    """Whether the DaemonSet's template is that of the revision (upstream ``daemonSetMatch``)."""
    template = template_of(bytes(daemon_set.raw))
    return template is not None and template_of(bytes(revision.data)) == template


def controlled_history(
    daemon_set: DaemonSet, revisions: Iterable[ControllerRevision]
) -> tuple[ControllerRevision, ...]:
    """The revisions that the DaemonSet selects and controls, lowest number first (upstream ``controlledHistory``)."""
    uid, selector = daemon_set.metadata.uid, daemon_set.spec.selector
    own = [
        each
        for each in revisions
        if (owner := each.metadata.controller) is not None
        and (owner.uid, each.metadata.namespace) == (uid, daemon_set.namespace)
        and selector.matches(each.metadata.labels)
    ]
    return tuple(sorted(own, key=lambda each: (each.revision, each.metadata.name)))


def find_history(to_revision: int, history: Sequence[ControllerRevision]) -> ControllerRevision | None:
    """The revision of this number; for 0 the last but one, in the order of ``controlled_history``."""
    if to_revision == 0:
        return history[-2] if len(history) > 1 else None
    return next((each for each in history if each.revision == to_revision), None)


def template_of(body: bytes) -> dict[str, Any] | None:
    """The pod template in a DaemonSet, or in the data of a revision, comparable between the two; None without one."""
    data = decode_generic(body) if body else None
    spec = data.get("spec") if isinstance(data, dict) else None
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(template, dict):
        return None
    bare: Any = without_nulls({key: value for key, value in template.items() if key != "$patch"})
    return cast("dict[str, Any]", bare)
