"""What a staged rollout writes into the DaemonSet's annotation, so that anybody can take it up where it stands.

It is written when the rollout begins, at the borders of its waves, and taken off when it ends: the controller copies
annotations into ControllerRevisions, so it stays small (the plan is packed) and is trusted on the DaemonSet alone.
Commands are never in it: a gate that was read from the cluster would run whatever somebody wrote there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from kubectl_ds.engine.revisions import template_of
from kubectl_ds.engine.saved_strategy import STAGE_ANNOTATION
from kubectl_ds.engine.stage.plan import Wave
from kubectl_ds.errors import DsError
from kubectl_ds.model.daemonset import DaemonSet, UpdateStrategy
from kubectl_ds.model.decode import without_nulls
from kubectl_ds.model.value import Value

VERSION = 1
_MOST_BYTES = 64 << 20
"""A packed plan that unpacks to more is no plan."""


class Phase(str, Enum):
    """What is being done."""

    ROLLING = "rolling"
    UNDOING = "undoing"


class OnFailure(str, Enum):
    """What to do when the new revision fails."""

    UNDO = "undo"
    PAUSE = "pause"
    ASK = "ask"


class Terms(Value, frozen=True):
    """What was asked for, as far as whoever goes on must know it."""

    soak_seconds: float = 0
    """How long a wave must have been available before the next one begins."""
    gates: int = 0
    """How many commands have to agree before the next wave."""
    max_failures: int = 0
    """Nodes on which the new revision may fail."""
    max_restarts: int = 2
    """How often a container of a new pod may restart before it counts as failing."""
    on_failure: OnFailure = OnFailure.PAUSE
    max_unavailable: int | str | None = None
    """In place of the DaemonSet's own; None for its own."""
    evict: bool = False
    """Whether pods are evicted, as disruption budgets allow, rather than deleted."""
    progress_seconds: float = 600
    """A pod that is not ready for so long counts as failing."""


class StageState(Value, frozen=True):
    """Where a staged rollout stands."""

    strategy: msgspec.Raw
    """``spec.updateStrategy`` as it was, to the byte."""
    template: str
    """Digest of the template that is being rolled out, or back to."""
    previous: str
    """The ControllerRevision to go back to; empty when there was none."""
    waves: tuple[Wave, ...]
    phase: Phase = Phase.ROLLING
    wave: int = 0
    """The present one, from 0."""
    terms: Terms = Terms()
    by: str = ""
    at: datetime | None = None
    """When it began."""

    @property
    def text(self) -> str:
        """The value of the annotation."""
        nodes = msgspec.json.encode([wave.nodes for wave in self.waves])
        written = _Written(
            version=VERSION,
            phase=self.phase,
            wave=self.wave,
            strategy=self.strategy,
            template=self.template,
            previous=self.previous,
            waves=tuple(_WrittenWave(name=wave.name, size=len(wave.nodes)) for wave in self.waves),
            nodes=base64.b64encode(zlib.compress(nodes, 9)).decode(),
            terms=self.terms,
            by=self.by,
            at=self.at,
        )
        return msgspec.json.encode(written).decode()

    @property
    def update_strategy(self) -> UpdateStrategy:
        """The saved strategy as a value, with what was asked for in place of its own budget."""
        saved = msgspec.json.decode(self.strategy, type=UpdateStrategy)
        if self.terms.max_unavailable is None:
            return saved
        rolling = {"maxUnavailable": self.terms.max_unavailable}
        return msgspec.convert({"type": "RollingUpdate", "rollingUpdate": rolling}, UpdateStrategy)


class _WrittenWave(Value, frozen=True):
    name: str = ""
    size: int = 0


class _Written(Value, frozen=True):
    """The annotation: what a person may want to read first, the packed plan after it."""

    version: int = 0
    phase: Phase = Phase.ROLLING
    wave: int = 0
    strategy: msgspec.Raw = msgspec.Raw(b"null")
    template: str = ""
    previous: str = ""
    waves: tuple[_WrittenWave, ...] = ()
    nodes: str = ""
    terms: Terms = Terms()
    by: str = ""
    at: datetime | None = None


def stage_state(daemon_set: DaemonSet) -> StageState | None:
    """The staged rollout that the DaemonSet is in; None when it is in none.

    Raises:
        DsError: the annotation is there, and cannot be understood.
    """
    text = daemon_set.metadata.annotations.get(STAGE_ANNOTATION)
    if text is None:
        return None
    try:
        head = msgspec.json.decode(text, type=_Version)
        if head.version != VERSION:
            raise _unreadable(daemon_set, f"it is of version {head.version}, and this program knows version {VERSION}")
        written = msgspec.json.decode(text, type=_Written)
        strategy = msgspec.Raw(bytes(written.strategy))
        known = msgspec.json.decode(strategy, type=UpdateStrategy)
        nodes = _unpacked(written.nodes)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise _unreadable(daemon_set, str(error)) from error
    if not known.type or [each.size for each in written.waves] != [len(each) for each in nodes]:
        raise _unreadable(daemon_set, "its waves and its nodes do not agree")
    if not 0 <= written.wave < max(1, len(nodes)):
        raise _unreadable(daemon_set, f"it has no wave {written.wave}")
    return StageState(
        strategy=strategy,
        template=written.template,
        previous=written.previous,
        waves=tuple(Wave(name=each.name, nodes=names) for each, names in zip(written.waves, nodes, strict=True)),
        phase=written.phase,
        wave=written.wave,
        terms=written.terms,
        by=written.by,
        at=written.at,
    )


def digest_of(daemon_set: DaemonSet) -> str:
    """By which the template of ``daemon_set`` is known again, whatever the order of its fields."""
    return digest(template_of(bytes(daemon_set.raw)))


def digest(template: Any) -> str:
    """By which a template is known again."""
    canonical = msgspec.json.encode(without_nulls(template), order="sorted")
    return f"sha256:{hashlib.sha256(canonical).hexdigest()}"


class _Version(Value, frozen=True):
    version: int = 0


def _unpacked(packed: str) -> tuple[tuple[str, ...], ...]:
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(base64.b64decode(packed, validate=True), _MOST_BYTES)
    return msgspec.json.decode(plain, type=tuple[tuple[str, ...], ...])


def _unreadable(daemon_set: DaemonSet, why: str) -> DsError:
    return DsError(
        f"the annotation {STAGE_ANNOTATION} of daemonset {daemon_set.key} cannot be understood: {why}",
        hint=f"put spec.updateStrategy back by hand, then: kubectl annotate daemonset {daemon_set.name} "
        f"-n {daemon_set.namespace} {STAGE_ANNOTATION}-",
        reference="stage-state",
    )
