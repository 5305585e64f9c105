"""Random DaemonSets on random nodes: what we say of eligibility is what the real controller does.

Every example is one cluster. Phase one compares creation: a pod exists exactly where ``should_run``. Then taints and
labels change under the pods, every DaemonSet is touched so that the controller looks, and phase two compares who was
left alone, and every counter with ``.status``. Reproducible: examples are derived from the test's own source
(``derandomize``); set ``ELIGIBILITY_SEED`` for others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from kubectl_ds.engine.coverage import cover
from kubectl_ds.model.kinds import DAEMON_SETS, NODES, PODS, REVISIONS
from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import node, taint
from tests.controlplane.wait import eventually, touch
from tests.engine.values import snapshot_of

Object = dict[str, Any]

NODES_EACH = 6
SETS_EACH = 9
EXAMPLES = int(os.environ.get("ELIGIBILITY_EXAMPLES", "7"))
SEED = os.environ.get("ELIGIBILITY_SEED")
CELLS: list[tuple[bool, bool]] = []
"""(should run, should continue running) of every cell compared, for the distribution that is printed at the end."""

keys = st.sampled_from(["disk", "zone", "cores", "example.com/role"])
values = st.sampled_from(["a", "b", "8", "16", "007", "x1", ""])
taint_keys = st.sampled_from(["dedicated", "gpu", "node.kubernetes.io/not-ready", "node.kubernetes.io/unschedulable"])
taint_values = st.sampled_from(["", "x", "y"])
effects = st.sampled_from(["NoSchedule", "NoSchedule", "NoExecute", "PreferNoSchedule"])


@st.composite
def taints(draw: st.DrawFn) -> list[Object]:
    """Taints of a node; one key and effect only once, as the API demands."""
    drawn = draw(st.lists(st.builds(taint, taint_keys, effects, taint_values), max_size=2))
    return list({(each["key"], each["effect"]): each for each in drawn}.values())


@st.composite
def tolerations(draw: st.DrawFn) -> Object:
    """A toleration that the API accepts."""
    key = draw(st.one_of(st.none(), taint_keys, taint_keys))
    effect = draw(st.sampled_from(["", "NoSchedule", "NoExecute", "PreferNoSchedule"]))
    made: Object = {"effect": effect} if effect else {}
    if key is None:
        return made | {"operator": "Exists"}
    operator = draw(st.sampled_from(["Exists", "Equal", ""]))
    value = {} if operator == "Exists" else {"value": draw(taint_values)}
    return made | {"key": key} | ({"operator": operator} if operator else {}) | value


@st.composite
def requirements(draw: st.DrawFn) -> Object:
    """A label requirement that the API accepts."""
    operator = draw(st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]))
    if operator in ("Exists", "DoesNotExist"):
        given_values: list[str] = []
    elif operator in ("Gt", "Lt"):
        given_values = [draw(st.sampled_from(["0", "8", "12", "16", "9223372036854775808", "many"]))]
    else:
        given_values = draw(st.lists(values, min_size=1, max_size=3, unique=True))
    return {"key": draw(keys), "operator": operator, "values": given_values}


@st.composite
def terms(draw: st.DrawFn, names: list[str]) -> Object:
    """A node selector term, sometimes with a field, sometimes empty."""
    made: Object = {}
    if draw(st.integers(0, 9)):
        made["matchExpressions"] = draw(st.lists(requirements(), min_size=1, max_size=2))
    if not draw(st.integers(0, 4)):
        operator = draw(st.sampled_from(["In", "NotIn"]))
        made["matchFields"] = [{"key": "metadata.name", "operator": operator, "values": [draw(st.sampled_from(names))]}]
    return made


@st.composite
def pod_specs(draw: st.DrawFn, names: list[str]) -> Object:
    """What the controller looks at in a template."""
    made: Object = {"tolerations": draw(st.lists(tolerations(), max_size=2)), "host_network": draw(st.booleans())}
    if not draw(st.integers(0, 2)):
        made["node_selector"] = draw(st.dictionaries(keys, values, min_size=1, max_size=2))
    if not draw(st.integers(0, 2)):
        required = {"nodeSelectorTerms": draw(st.lists(terms(names), min_size=1, max_size=3))}
        made["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    if not draw(st.integers(0, 11)):
        made["node_name"] = draw(st.sampled_from(names))
    return made


@st.composite
def looks(draw: st.DrawFn) -> Object:
    """What the controller looks at in a node."""
    return {"labels": draw(st.dictionaries(keys, values, max_size=3)), "taints": draw(taints())}


@st.composite
def clusters(draw: st.DrawFn) -> Object:
    """Nodes before and after, and DaemonSets."""
    names = [f"n{number}" for number in range(NODES_EACH)]
    return {
        "before": {name: draw(looks()) for name in names},
        "after": {name: draw(looks()) for name in names},
        "sets": [draw(pod_specs(names)) for _ in range(SETS_EACH)],
    }


@pytest.fixture(scope="module")
def distribution() -> Iterator[None]:
    """Print what was compared, whether or not it agreed."""
    CELLS.clear()
    yield
    kinds = {
        name: CELLS.count(kind)
        for name, kind in (("run", (True, True)), ("stay", (False, True)), ("out", (False, False)))
    }
    print(f"\neligibility: {len(CELLS)} cells compared with the real controller: {kinds}")


def test_what_the_real_controller_does_is_what_we_say(
    cluster: Cluster, distribution: None, record_property: Any
) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=SEED is None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(clusters())
    def compare(drawn: Object) -> None:
        cluster.begin()
        cluster.nodes(*(node(name, pods=500, **look) for name, look in drawn["before"].items()))
        for number, spec in enumerate(drawn["sets"]):
            cluster.daemon_set(f"d{number}", **spec)
        cluster.settle()
        had = _compare(cluster, {})
        for name, look in drawn["after"].items():
            _become(cluster, name, look)
        for each in cluster.client.list("daemonsets", cluster.namespace):
            touch(cluster.client, each)
        cluster.settle()
        _compare(cluster, had)

    (seed(int(SEED)) if SEED else lambda test: test)(compare)()

    record_property("cells", len(CELLS))
    assert len(CELLS) >= 300
    assert len(set(CELLS)) == 3, "running, staying and leaving all occur"


def _compare(cluster: Cluster, had: dict[tuple[str, str], bool]) -> dict[tuple[str, str], bool]:
    """Compare every cell and every counter; returns which cells have a pod."""

    def agree() -> dict[tuple[str, str], bool]:
        lists = (cluster.client.list(kind.resource, cluster.namespace) for kind in (DAEMON_SETS, PODS, REVISIONS))
        plain = [
            each | {"kind": kind.kind}
            for kind, items in zip(
                (DAEMON_SETS, PODS, REVISIONS, NODES), (*lists, cluster.client.list("nodes")), strict=True
            )
            for each in items
        ]
        has: dict[tuple[str, str], bool] = {}
        cells = []
        for coverage in cover(snapshot_of(plain)).daemon_sets:
            name = coverage.daemon_set.name
            for decision in coverage.decisions:
                run, stay = decision.eligibility.should_run, decision.eligibility.should_continue_running
                key = (name, decision.node)
                has[key] = decision.pod is not None
                expected = bool(run) or (bool(stay) and had.get(key, False))
                assert has[key] == expected, f"{key}: {decision.eligibility}, had a pod: {had.get(key)}"
                cells.append((bool(run), bool(stay)))
            assert coverage.counts == coverage.reported, name
        CELLS.extend(cells)
        return has

    return eventually(agree, timeout=15)


def _become(cluster: Cluster, name: str, look: Object) -> None:
    """Give the node other labels and taints."""
    current = cluster.client.get("nodes", name)
    gone = dict.fromkeys(("disk", "zone", "cores", "example.com/role"))
    body = {"metadata": {"labels": gone | look["labels"]}, "spec": {"taints": look["taints"] or None}}
    assert current["metadata"]["name"] == name
    cluster.client.patch("nodes", name, body)
