"""Everything that is looked at before a staged rollout changes anything: rights, the change, the nodes, the waves.

Whatever speaks against it is said here, while nothing has been done yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.eligibility import Controller
from kubectl_ds.engine.revisions import current_revision
from kubectl_ds.engine.saved_strategy import PAUSED_ANNOTATION, STAGE_ANNOTATION, is_paused, strategy_of
from kubectl_ds.engine.stage.plan import Border, in_order, planned_by_borders, planned_by_label
from kubectl_ds.engine.stage.state import OnFailure, StageState, Terms, digest_of
from kubectl_ds.engine.stage.steps import limit
from kubectl_ds.errors import DsError
from kubectl_ds.flow.rights import Right, expect_rights
from kubectl_ds.flow.stage.change import Change, changed
from kubectl_ds.flow.stage.hold import lease_name
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL, ControllerRevision, DaemonSet
from kubectl_ds.model.node import Node
from kubectl_ds.model.selector import LabelSelector
from kubectl_ds.model.snapshot import Snapshot

_PASSING = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
"""Taints that go when the node is up again."""
_LOOKS = (kinds.DAEMON_SETS, kinds.NODES, kinds.PODS, kinds.REVISIONS)


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    namespace: str
    name: str
    change: Change
    terms: Terms
    borders: tuple[Border, ...]
    by: str = ""
    """The label whose values make the waves; empty where ``borders`` do."""
    canaries: LabelSelector | None = None
    """Of the nodes that go first."""
    order: str = "names"


@dataclass(frozen=True)
class Prepared:
    """What is to be done, and nothing of it done."""

    before: DaemonSet
    after: DaemonSet
    """As the server would have it with the new template."""
    state: StageState
    """What would be written at the start, but for who and when."""
    limit: int
    """How many nodes may be without an available pod at a time."""
    leaving: tuple[str, ...]
    """Nodes with a pod that the new template leaves out: the controller takes their pods at once."""
    joining: tuple[str, ...]
    """Nodes that the new template adds: the controller makes pods there at once."""


def prepare(client: LiveClient, wanted: Wanted, *, only_look: bool) -> Prepared:
    """What would be done; with ``only_look`` no right to do it is needed.

    Raises:
        DsError: it cannot be done, for any of many reasons; nothing was changed.
    """
    expect_rights(client, rights(wanted.namespace, wanted.name, wanted.terms, wanted.order, only_look=only_look))
    snapshot = _read(client, wanted)
    before = snapshot.daemon_sets[0]
    _expect_free(before)
    after = changed(client, before, wanted.change)
    controller = Controller(after)
    nodes = [node for node in snapshot.nodes if _belongs(controller, node)]
    if not nodes:
        raise DsError(
            f"{before.name} matches none of the {len(snapshot.nodes)} nodes, so there is nothing to roll out",
            hint=f"kubectl ds coverage {before.name} -n {before.namespace}",
        )
    state = StageState(
        strategy=strategy_of(before),
        template=digest_of(after),
        previous=_previous(snapshot, before, wanted),
        waves=(),
        terms=wanted.terms,
    )
    _expect_news(snapshot, before, state, wanted)
    _expect_way_back(before, state)
    allowed = limit(state, len(nodes))
    if allowed < 1:
        raise DsError(
            f"{before.name} allows no node to be without an available pod (maxSurge), and a staged rollout deletes "
            "a pod before the new one is made",
            hint="say how many may be down at a time: --max-unavailable=1",
        )
    names = in_order(nodes, wanted.order, snapshot)
    labels = {node.name: node.labels for node in nodes}
    canaries = _canaries(wanted, labels)
    waves = (
        planned_by_label(names, wanted.by, labels, canaries)
        if wanted.by
        else planned_by_borders(names, wanted.borders, canaries)
    )
    controller = Controller(before)
    ran = {node.name for node in snapshot.nodes if _belongs(controller, node)}
    return Prepared(
        before=before,
        after=after,
        state=replace(state, waves=waves),
        limit=allowed,
        leaving=tuple(sorted(ran - set(names))),
        joining=tuple(sorted(set(names) - ran)),
    )


def rights(namespace: str, name: str, terms: Terms, order: str = "", *, only_look: bool = False) -> Iterable[Right]:
    """All that a staged rollout does to the cluster."""
    yield Right.of("get", kinds.DAEMON_SETS, namespace, name)
    yield Right.of("list", kinds.NODES)
    yield Right.of("list", kinds.PODS, "" if order == "load" else namespace)
    yield Right.of("list", kinds.REVISIONS, namespace)
    yield Right.of("patch", kinds.DAEMON_SETS, namespace, name)
    if only_look:
        return
    yield Right.of("list", kinds.DAEMON_SETS, namespace, name)
    yield Right.of("watch", kinds.DAEMON_SETS, namespace, name)
    yield Right.of("watch", kinds.PODS, namespace)
    yield Right.of("watch", kinds.NODES)
    if terms.evict:
        yield Right.of("create", kinds.PODS, namespace, subresource="eviction")
        yield Right.of("list", kinds.DISRUPTION_BUDGETS, namespace)
        yield Right.of("watch", kinds.DISRUPTION_BUDGETS, namespace)
    else:
        yield Right.of("delete", kinds.PODS, namespace)
    yield Right("create", "leases", "coordination.k8s.io", namespace)
    for verb in ("get", "patch", "delete"):
        yield Right(verb, "leases", "coordination.k8s.io", namespace, lease_name(name))


def _read(client: LiveClient, wanted: Wanted) -> Snapshot:
    query = Query(_LOOKS, wanted.namespace, (wanted.name,), whole_nodes=wanted.order == "load")
    snapshot = LiveSource(client).snapshot(query)
    for gap in snapshot.gaps:
        if gap.denied:
            raise DsError(f"nothing was changed, because {gap.resource} cannot be read: {gap.error}")
    return snapshot


def _belongs(controller: Controller, node: Node) -> bool:
    """Whether the DaemonSet wants a pod there, or will when the node is up again."""
    if node.not_ready_since is not None:
        lasting = tuple(taint for taint in node.spec.taints if taint.key not in _PASSING)
        node = replace(node, spec=replace(node.spec, taints=lasting))
    return bool(controller.eligibility(node).should_run)


def _expect_free(daemon_set: DaemonSet) -> None:
    """Nothing else is under way."""
    again = f"kubectl ds rollout stage {daemon_set.name} -n {daemon_set.namespace} --resume"
    if daemon_set.metadata.deletion_timestamp is not None:
        raise DsError(f"daemonset {daemon_set.name} is being deleted")
    if STAGE_ANNOTATION in daemon_set.metadata.annotations:
        raise DsError(
            f"a staged rollout of {daemon_set.name} is under way already; nothing was changed",
            hint=f"go on with it: {again}\ngo back:       {again} --undo",
        )
    if is_paused(daemon_set) or PAUSED_ANNOTATION in daemon_set.metadata.annotations:
        raise DsError(
            f"{daemon_set.name} is paused; nothing was changed",
            hint=f"kubectl ds rollout resume {daemon_set.name} -n {daemon_set.namespace}",
        )


def _expect_news(snapshot: Snapshot, before: DaemonSet, state: StageState, wanted: Wanted) -> None:
    same = digest_of(before) == state.template
    if not same:
        return
    revision = current_revision(before, snapshot.revisions_by_owner.get(before.metadata.uid, ()))
    pods = snapshot.pods_by_owner.get(before.metadata.uid, ())
    old = [pod for pod in pods if not revision.updated(pod)]
    if not old:
        raise DsError(f"{before.name} has this template already, and all its pods are of it: there is nothing to do")
    if not wanted.change.nothing:
        raise DsError(
            f"{before.name} has this template already, and {len(old)} of its pods are of an older one",
            hint="To roll out what is pending, leave --image, -f and --patch out.",
        )


def _expect_way_back(before: DaemonSet, state: StageState) -> None:
    """An undo needs the old template until the last wave has been judged."""
    if state.terms.on_failure is not OnFailure.UNDO:
        return
    if not state.previous:
        raise DsError("there is no revision to go back to", hint="leave out --on-failure=undo")
    if before.spec.revision_history_limit == 0:
        raise DsError(
            f"{before.name} keeps no history (revisionHistoryLimit 0): its old template would be forgotten before the "
            "last wave is judged",
            hint="raise revisionHistoryLimit, or take --on-failure=pause",
        )


def _previous(snapshot: Snapshot, before: DaemonSet, wanted: Wanted) -> str:
    """The revision to go back to: the present one; where that one is rolled out, the one most pods are of."""
    revisions = snapshot.revisions_by_owner.get(before.metadata.uid, ())
    owned = snapshot.pods_by_owner.get(before.metadata.uid, ())
    now = current_revision(before, revisions)
    if not wanted.change.nothing:
        return next((each.metadata.name for each in revisions if _hash(each) == now.hash), "")
    pods = [pod.metadata.labels.get(REVISION_HASH_LABEL, "") for pod in owned]
    others = [each for each in revisions if _hash(each) != now.hash and _hash(each) in pods]
    return max(others, key=lambda each: (pods.count(_hash(each)), each.revision)).metadata.name if others else ""


def _hash(revision: ControllerRevision) -> str:
    return revision.metadata.labels.get(REVISION_HASH_LABEL, revision.metadata.name)


def _canaries(wanted: Wanted, labels: dict[str, dict[str, str]]) -> frozenset[str]:
    selector = wanted.canaries
    if selector is None:
        return frozenset()
    found = frozenset(name for name, each in labels.items() if selector.matches(each))
    if not found:
        raise DsError(
            f"none of the {len(labels)} nodes that {wanted.name} runs on matches --canary-nodes={selector}",
            hint="See what there is: kubectl get nodes --show-labels",
        )
    return found
