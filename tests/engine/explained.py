"""One cell explained, from plain objects: what the tests of steps and cures share."""

from __future__ import annotations

from typing import Any

from kubectl_ds.engine.decision import Cure
from kubectl_ds.engine.explain import Explanation, explain
from tests.controlplane.objects import daemon_set, merge, node, pod
from tests.controlplane.policies import namespace
from tests.engine.pods import owned, revision, stored
from tests.engine.values import snapshot_of

Object = dict[str, Any]
ACCOUNT: Object = {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "ns"}}


def why(*items: Object, ds: Object | None = None, on: str = "n1", predicted: bool = False, **more: Any) -> Explanation:
    """The explanation of one cell, of ``n1`` unless another node is named."""
    own = ds or stored(daemon_set("d", namespace="ns"))
    own = merge({"metadata": {"namespace": "ns"}}, own)
    known = [own, revision(own)] if not predicted else []
    spaces = [] if any(each["kind"] == "Namespace" for each in items) else [namespace("ns")]
    nodes = [] if any(each["kind"] == "Node" for each in items) else [node("n1")]
    snapshot = snapshot_of([*known, *spaces, *nodes, ACCOUNT, *items], **more)
    value = snapshot_of([own]).daemon_sets[0] if predicted else snapshot.daemon_sets[0]
    found = explain(snapshot, value, on, predicted=predicted)
    assert found is not None
    return found


def template(**spec: Any) -> Object:
    """The DaemonSet ``d`` with this pod spec, stored."""
    return stored(daemon_set("d", namespace="ns", **spec))


def waiting(ds: Object, on: str = "n1", *changes: Object, **fields: Any) -> Object:
    """The pod of ``ds`` that waits for its node: the template's spec, pinned."""
    spec = ds["spec"]["template"]["spec"]
    return owned(on, {"spec": spec}, *changes, bound=False, **fields)


def holder(name: str, on: str = "n1", space: str = "other", priority: int = 0, **spec: Any) -> Object:
    """A pod of somebody else on a node."""
    made = pod(name, space, node_name=on, **spec)
    return merge(made, {"metadata": {"uid": f"uid-{name}"}, "spec": {"priority": priority}})


def commands(explanation: Explanation) -> list[str]:
    """The commands of the cures, in order."""
    return [cure.command for cure in explanation.cures if cure.command]


def changes(explanation: Explanation) -> list[str]:
    """What the cures change, in order."""
    return [cure.change for cure in explanation.cures]


def only(explanation: Explanation) -> Cure:
    """The one cure."""
    (cure,) = explanation.cures
    return cure


def steps(explanation: Explanation, *, minor: bool = False) -> list[tuple[str, str, str]]:
    """(actor, check, outcome) of the steps, those left out that nobody asks for unless ``minor``."""
    return [(each.actor, each.check, each.outcome) for each in explanation.steps if minor or not each.minor]
