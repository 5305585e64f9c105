"""What a staged rollout sees of the cluster: one DaemonSet, its pods and all nodes, watched and judged as they change.

Only nodes that something happened to are judged again, so that thousands of them cost no more than what happens.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec

from kubectl_ds.cluster.client import LiveClient, WatchEvent, object_path
from kubectl_ds.cluster.watch import DELETED, SYNCED, changes
from kubectl_ds.cluster.watches import Changes, together
from kubectl_ds.engine.revisions import current_revision
from kubectl_ds.engine.saved_strategy import STAGE_ANNOTATION
from kubectl_ds.engine.stage.cells import Cell, Judge, Standing
from kubectl_ds.engine.stage.state import StageState
from kubectl_ds.engine.stage.steps import Tally, View, tally
from kubectl_ds.errors import CaptureError, ConnectionFailed, NotFound
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.decode import decode_item, decode_page
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot, Source
from kubectl_ds.model.value import Value

T = TypeVar("T", bound=Value)

TICK = 1.0
"""Seconds of quiet after which the clock is looked at."""
_LONGEST_CATCH = timedelta(seconds=5)
_BUDGETS = "budgets"


class World:
    """The cluster as one staged rollout sees it."""

    def __init__(self, client: LiveClient, daemon_set: DaemonSet, state: StageState, now: Callable[[], datetime]):
        self._client = client
        self._now = now
        self._uid = daemon_set.metadata.uid
        self._namespace, self._name = daemon_set.namespace, daemon_set.name
        self.daemon_set: DaemonSet | None = daemon_set
        self._state = state
        self._state_text = daemon_set.metadata.annotations.get(STAGE_ANNOTATION)
        self._judge = Judge(daemon_set, state.terms.max_restarts)
        self._nodes: dict[str, Node] = {}
        self._pods: dict[str, Pod] = {}
        """By uid."""
        self._on_node: dict[str, set[str]] = {}
        """Uids of pods, by the node that they are for."""
        self._revisions: tuple[ControllerRevision, ...] = ()
        self._known = False
        self._dirty: set[str] = set()
        self._asked: set[str] = set()
        self._refused: set[str] = set()
        self._missing_since: dict[str, datetime] = {}
        self._until: dict[str, datetime] = {}
        """When nodes are to be judged again though nothing changes."""
        self._changed: dict[str, Cell | None] = {}
        """Nodes that stand differently, as they were when that was last asked for."""
        self._tally: Tally | None = None
        self.cells: dict[str, Cell] = {}
        """How each node stands, as of the last look."""
        self.quiet_since = now()
        """When something was last done, or seen to change."""
        self._events = together(self._sources(), TICK)
        self._stirred = False
        """Whether something has come that is not about a node."""
        self._read_at = ""
        """The resourceVersion of the DaemonSet for which the revisions were last read."""

    def start(self) -> None:
        """Read all there is.

        Raises:
            ApiError: part of it may not be read.
            ConnectionFailed: the API server could not be reached.
        """
        left = len(self._sources())
        while left:
            heard = next(self._events)
            if heard is None:
                continue
            name, event = heard
            if event.type == SYNCED:
                left -= 1
            else:
                self._take(name, event)
        self.look()

    def now(self) -> datetime:
        """The server's time."""
        return self._now()

    def wait(self) -> None:
        """Until something has come, or it has been quiet for a tick."""
        heard = next(self._events)
        if heard is not None:
            self._take(*heard)

    def catch_up(self) -> None:
        """Take what has come while somebody else had the word, such as a gate: until it is quiet, or for a while."""
        end = self._now() + _LONGEST_CATCH
        while (heard := next(self._events)) is not None:
            self._take(*heard)
            if self._now() >= end:
                return

    def look(self) -> bool:
        """Judge what has changed; whether there is anything new to decide by."""
        self._learn_revision()
        stirred, self._stirred = self._stirred, False
        if not self._known or self.daemon_set is None:
            return stirred
        now = self._now()
        self._dirty |= {name for name, until in self._until.items() if until <= now}
        dirty, self._dirty = self._dirty, set()
        nodes = tuple(self._nodes[name] for name in sorted(dirty) if name in self._nodes)
        judged = self._judge.cells(self._snapshot(nodes), self._asked, self._missing_since) if nodes else {}
        different = [name for name in dirty if self._stands(name, judged.get(name))]
        if different:
            self.quiet_since = now
        return stirred or any(self._settled(name) for name in different)

    def changes(self) -> dict[str, Cell | None]:
        """The nodes that have changed since this was last asked, as they were; None for new ones."""
        changed, self._changed = self._changed, {}
        return changed

    def forget(self) -> None:
        """Judge all nodes as if for the first time: another template makes old of new, and the other way round."""
        self.cells.clear()
        self._until.clear()
        self._changed.clear()
        self._tally = None

    def view(self, *, gated: bool) -> View:
        """What the engine decides by."""
        daemon_set = self.daemon_set
        self._tally = self._tally or tally(self.cells.values())
        written = daemon_set.metadata.annotations.get(STAGE_ANNOTATION) if daemon_set is not None else None
        return View(
            now=self._now(),
            state=self._state,
            daemon_set=daemon_set,
            intact=written == self._state_text,
            known=self._known,
            cells=self.cells,
            tally=self._tally,
            quiet_since=self.quiet_since,
            gated=gated,
            refused=frozenset(self._refused),
        )

    @property
    def state(self) -> StageState:
        """What the rollout was last known to have written."""
        return self._state

    @property
    def staged(self) -> bool:
        """Whether the DaemonSet has the annotation of a staged rollout, whosever."""
        return self.daemon_set is not None and STAGE_ANNOTATION in self.daemon_set.metadata.annotations

    @property
    def current_hash(self) -> str:
        """The hash of the revision that is rolled out; empty when it is not known."""
        return current_revision(self.daemon_set, self._revisions).hash if self.daemon_set is not None else ""

    def wrote(self, state: StageState, body: bytes) -> None:
        """Take note of the DaemonSet as the server has it after a change of ours."""
        self._state, self._state_text = state, state.text
        self._take_daemon_set(body)
        self.quiet_since = self._now()

    def reread(self) -> bool:
        """Look at the DaemonSet itself, after a change that was refused; whether it is not as it was."""
        before = self.daemon_set
        try:
            body = self._client.get_raw(object_path(kinds.DAEMON_SETS.path(self._namespace), self._name))
        except NotFound:
            self._lose()
        else:
            self._take_daemon_set(body)
        return before is None or self.daemon_set is None or _differs(self.daemon_set, before)

    def asked(self, cell: Cell) -> None:
        """The deletion of a node's pod was asked for: it counts as gone, though nobody may have seen it yet."""
        if cell.pod is not None:
            self._asked.add(cell.pod.metadata.uid)
            self._dirty.add(cell.node)
            self.quiet_since = self._now()

    def refused(self, cell: Cell) -> None:
        """A disruption budget protects a node's pod, until any budget changes."""
        if cell.pod is not None:
            self._refused.add(cell.pod.metadata.uid)

    def revision(self, name: str) -> ControllerRevision | None:
        """The revision of this name, if it is still there."""
        self._read_revisions()
        return next((each for each in self._revisions if each.metadata.name == name), None)

    def _sources(self) -> dict[str, Changes]:
        selector = (("labelSelector", str(self.daemon_set.spec.selector)),) if self.daemon_set is not None else ()
        follow = partial(partial, changes, self._client)
        sources: dict[str, Changes] = {
            kinds.DAEMON_SETS.resource: follow(
                kinds.DAEMON_SETS.path(self._namespace), (("fieldSelector", f"metadata.name={self._name}"),)
            ),
            kinds.PODS.resource: follow(kinds.PODS.path(self._namespace), selector),
            kinds.NODES.resource: follow(kinds.NODES.path()),
        }
        if self._state.terms.evict:
            sources[_BUDGETS] = follow(kinds.DISRUPTION_BUDGETS.path(self._namespace))
        return sources

    def _take(self, name: str, event: WatchEvent) -> None:
        if event.type == SYNCED:
            return
        gone = event.type == DELETED
        if name == kinds.DAEMON_SETS.resource:
            if gone:
                self._lose()
            else:
                self._take_daemon_set(event.object)
        elif name == kinds.NODES.resource:
            self._take_node(_decoded(kinds.NODES, Node, event.object), gone=gone)
        elif name == kinds.PODS.resource:
            self._take_pod(_decoded(kinds.PODS, Pod, event.object), gone=gone)
        else:
            self._refused.clear()
            self._stirred = True

    def _take_daemon_set(self, body: bytes) -> None:
        found = _decoded(kinds.DAEMON_SETS, DaemonSet, body)
        before = self.daemon_set
        if before is None or found.metadata.uid != self._uid:
            self._lose()
            return
        if _older(found, before):
            return
        self.daemon_set = found
        self._stirred = self._stirred or _differs(found, before)
        if found.metadata.generation != before.metadata.generation:
            self._known = False
            self.quiet_since = self._now()

    def _lose(self) -> None:
        """Somebody has deleted the DaemonSet; another one of its name is another one."""
        self.daemon_set = None
        self._stirred = True

    def _take_node(self, node: Node, *, gone: bool) -> None:
        self._dirty.add(node.name)
        if gone:
            self._nodes.pop(node.name, None)
        else:
            self._nodes[node.name] = node

    def _take_pod(self, pod: Pod, *, gone: bool) -> None:
        uid = pod.metadata.uid
        before = self._pods.pop(uid, None)
        if before is not None:
            self._on_node.get(before.target_node, set()).discard(uid)
            self._dirty.add(before.target_node)
        owner = pod.metadata.controller
        if gone or owner is None or owner.uid != self._uid:
            self._asked.discard(uid)
            self._refused.discard(uid)
            return
        self._pods[uid] = pod
        self._on_node.setdefault(pod.target_node, set()).add(uid)
        self._dirty.add(pod.target_node)

    def _learn_revision(self) -> None:
        """Once the controller has seen the template, its revision is there to be read."""
        daemon_set = self.daemon_set
        if self._known or daemon_set is None:
            return
        version = daemon_set.metadata.resource_version
        if daemon_set.status.observed_generation < daemon_set.metadata.generation or version == self._read_at:
            return
        self._read_at = version
        self._read_revisions()
        self._known = bool(current_revision(daemon_set, self._revisions).hash)
        self._stirred = True
        self._judge = Judge(daemon_set, self._state.terms.max_restarts)
        self._dirty |= set(self._nodes)

    def _read_revisions(self) -> None:
        found: list[ControllerRevision] = []
        for page in self._client.list_raw(kinds.REVISIONS.path(self._namespace)):
            for each in decode_page(kinds.REVISIONS, page)[0]:
                assert isinstance(each, ControllerRevision)
                if each.metadata.controller is not None and each.metadata.controller.uid == self._uid:
                    found.append(each)
        self._revisions = tuple(found)

    def _stands(self, name: str, cell: Cell | None) -> bool:
        """Note how a node stands now, None for one that is no more; whether that differs."""
        before = self.cells.pop(name, None)
        self._until.pop(name, None)
        if cell is not None:
            self.cells[name] = self._dated(cell)
            if cell.until is not None:
                self._until[name] = cell.until
        self._tally = None
        if before is None and cell is None:
            return False
        self._changed.setdefault(name, before)
        if before is None or cell is None:
            return True
        return (before.standing, before.available) != (cell.standing, cell.available)

    def _settled(self, name: str) -> bool:
        """Whether a node is in no passing state, so that something may be decided by it now."""
        cell = self.cells.get(name)
        return cell is None or cell.standing not in (Standing.GONE, Standing.COMING)

    def _snapshot(self, nodes: tuple[Node, ...]) -> Snapshot:
        assert self.daemon_set is not None
        return Snapshot(
            now=self._now(),
            source=Source("live"),
            nodes=nodes,
            daemon_sets=(self.daemon_set,),
            pods=tuple(self._pods[uid] for node in nodes for uid in sorted(self._on_node.get(node.name, ()))),
            revisions=self._revisions,
            whole_nodes=False,
        )

    def _dated(self, cell: Cell) -> Cell:
        """A node without a pod is so since it was first seen to be."""
        if cell.standing is not Standing.GONE or cell.pod is not None:
            self._missing_since.pop(cell.node, None)
            return cell
        since = self._missing_since.setdefault(cell.node, self._now())
        return msgspec.structs.replace(cell, since=since)


def _differs(found: DaemonSet, before: DaemonSet) -> bool:
    """Whether more has changed than the status."""
    after, was = found.metadata, before.metadata
    return (after.generation, after.annotations, after.deletion_timestamp) != (
        was.generation,
        was.annotations,
        was.deletion_timestamp,
    )


def _older(found: DaemonSet, before: DaemonSet) -> bool:
    """Whether an event of before our own change comes after it; versions are numbers that grow."""
    versions = found.metadata.resource_version, before.metadata.resource_version
    return all(version.isdecimal() for version in versions) and int(versions[0]) < int(versions[1])


def _decoded(kind: Kind, value_type: type[T], content: bytes) -> T:
    try:
        value = decode_item(kind, content)
    except CaptureError as error:
        raise ConnectionFailed(f"the server sent a {kind.kind} that cannot be understood: {error}") from error
    assert isinstance(value, value_type)
    return value
