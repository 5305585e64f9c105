"""The two ways into a staged rollout: one patch that begins it, and what it left behind when somebody goes on."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.engine.revisions import template_of
from kubectl_ds.engine.stage import patches
from kubectl_ds.engine.stage.state import StageState, Terms, digest_of, stage_state
from kubectl_ds.errors import DsError
from kubectl_ds.flow.stage.prepare import Prepared
from kubectl_ds.flow.stage.writes import Writer
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_item


def begin(
    client: LiveClient, writer: Writer, prepared: Prepared, by: str, at: datetime
) -> tuple[DaemonSet, StageState]:
    """Template, OnDelete and the state, in one change.

    Raises:
        DsError: the DaemonSet is not as it was when it was looked at; nothing was changed.
    """
    state = replace(prepared.state, by=by, at=at.replace(microsecond=0))
    template = template_of(bytes(prepared.after.raw))
    before = prepared.before
    return _written(client, before, state, writer.patch(before, patches.begin(before, state, template)))


def read_staged(client: LiveClient, namespace: str, name: str) -> tuple[DaemonSet, StageState]:
    """A DaemonSet that is being rolled out, and where that stands.

    Raises:
        DsError: no staged rollout is under way, or what was left of it cannot be understood.
    """
    daemon_set = _read(client, namespace, name)
    state = stage_state(daemon_set)
    if state is None:
        raise DsError(
            f"no staged rollout of {name} is under way",
            hint=f"Either none was begun, or it has ended: kubectl ds rollout status {name} -n {namespace}",
        )
    return daemon_set, state


def go_on(
    client: LiveClient, writer: Writer, daemon_set: DaemonSet, state: StageState, terms: Terms, *, adopt: bool
) -> tuple[DaemonSet, StageState]:
    """Write down other terms, or that somebody else's template is adopted, when either is wanted.

    Raises:
        DsError: the DaemonSet has been changed since it was read.
    """
    template = digest_of(daemon_set) if adopt else state.template
    wanted = replace(state, terms=terms, template=template)
    if wanted == state:
        return daemon_set, state
    return _written(client, daemon_set, wanted, writer.patch(daemon_set, patches.go_on(daemon_set, wanted)))


def _written(
    client: LiveClient, before: DaemonSet, state: StageState, body: bytes | None
) -> tuple[DaemonSet, StageState]:
    """What a patch has made of the DaemonSet; one that was refused may have been made before, its answer lost."""
    now = _decoded(body) if body is not None else _read(client, before.namespace, before.name)
    if body is None and not patches.is_written(now, state):
        raise DsError(
            f"{before.name} has been changed by somebody else since it was read; nothing was changed here",
            hint="Run the command again, so that it looks at what is there now.",
            reference="conflict",
        )
    return now, state


def _read(client: LiveClient, namespace: str, name: str) -> DaemonSet:
    return _decoded(client.get_raw(object_path(kinds.DAEMON_SETS.path(namespace), name)))


def _decoded(body: bytes) -> DaemonSet:
    value = decode_item(kinds.DAEMON_SETS, body)
    assert isinstance(value, DaemonSet)
    return value
