"""Which revision of a DaemonSet is current, and whether a pod is of it.

Mirrors ``constructHistory``, ``dedupCurHistories``, ``Match`` and ``util.IsPodUpdated``
(pkg/controller/daemon, Kubernetes 1.37). The hash is read from the ControllerRevision whose data equals the template,
never computed: upstream's hash depends on its internal types.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    template = _template_of(bytes(daemon_set.raw)) if daemon_set.raw else None
    for revision in reversed(ordered):
        if template is not None and _template_of(bytes(revision.data)) == template:
            hash_ = revision.metadata.labels.get(REVISION_HASH_LABEL, revision.metadata.name)
            return CurrentRevision(hash=hash_, number=revision.revision, template_generation=generation)
    return CurrentRevision(hash="", number=None, template_generation=generation)


def _template_of(body: bytes) -> object:
    """The pod template in a DaemonSet, or in the data of a revision, comparable between the two."""
    data = decode_generic(body) if body else None
    spec = data.get("spec") if isinstance(data, dict) else None
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(template, dict):
        return None
    return without_nulls({key: value for key, value in template.items() if key != "$patch"})
