"""What differs between two templates, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.template_changes import chosen_side, current_side, template_changes
from kubectl_ds.errors import DsError
from kubectl_ds.render.revision_diff import change_words
from tests.controlplane.objects import daemon_set, merge
from tests.engine.pods import revision, stored
from tests.engine.values import snapshot_of

Object = dict[str, Any]


def template(**container: Any) -> Object:
    return {"spec": {"containers": [{"name": "main", "image": "x/agent:1"} | container]}}


def words(before: Object, after: Object) -> list[str]:
    return [change_words(each) for each in template_changes(before, after)]


VARIABLE = {"name": "LEVEL", "value": "info"}
CHANGES: list[tuple[Object, Object, list[str]]] = [
    (template(), template(image="x/agent:2"), ["container main: image x/agent: tag 1 → 2"]),
    (template(), template(image="y/agent:1"), ["container main: image x/agent:1 → y/agent:1"]),
    (template(image="h:5000/a"), template(image="h:5000/a:2"), ["container main: image h:5000/a: tag latest → 2"]),
    (template(), template(env=[VARIABLE]), ["container main: env LEVEL is new: info"]),
    (template(env=[VARIABLE]), template(), ["container main: env LEVEL is gone; it was info"]),
    (
        template(env=[VARIABLE]),
        template(env=[{"name": "A", "value": ""}, VARIABLE | {"value": "debug"}]),
        ['container main: env A is new: ""', "container main: env LEVEL info → debug"],
    ),
    (
        template(resources={"requests": {"cpu": "100m"}}),
        template(resources={"requests": {"cpu": "200m"}, "limits": {"memory": "1Gi"}}),
        ["container main: limit of memory is new: 1Gi", "container main: request of cpu 100m → 200m"],
    ),
    (
        template(),
        {"spec": {"containers": [*template()["spec"]["containers"], {"name": "side", "image": "s:1"}]}},
        ["container side is new (s:1)"],
    ),
    (
        {"metadata": {"annotations": {"a": "b"}}},
        {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}}},
        ["annotation a is gone; it was b", "restarted at 2026-01-01T00:00:00Z"],
    ),
    ({"spec": {"hostPID": True}}, {"spec": {}}, ["spec.hostPID is gone; it was true"]),
    (
        {"spec": {"tolerations": [{"key": "a"}]}},
        {"spec": {"tolerations": [{"key": "b"}]}},
        ['spec.tolerations [{"key": "a"}] → [{"key": "b"}]'],
    ),
    (template(ports=[{"containerPort": 80}]), template(ports=[{"containerPort": 80}]), []),
]


@pytest.mark.parametrize(("before", "after", "told"), CHANGES)
def test_each_change_is_told_in_words(before: Object, after: Object, told: list[str]) -> None:
    assert words(before, after) == told


def test_items_that_change_places_are_a_change_of_order() -> None:
    one, other = {"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}

    found = template_changes(template(env=[one, other]), template(env=[other, one]))

    assert [(each.path[-1], each.before, each.after) for each in found] == [("order", ["A", "B"], ["B", "A"])]


def test_revisions_are_chosen_by_number_and_counted_back() -> None:
    found = stored(daemon_set("d", namespace="ns", image="x:3"))
    others = [
        merge(revision(found, f"r{n}", n), {"data": {"spec": {"template": {"spec": {"hostPID": n == 1}}}}})
        for n in (1, 2)
    ]
    snapshot = snapshot_of([found, *others, revision(found, "r5", 5)])
    value, history = snapshot.daemon_sets[0], snapshot.revisions
    now = current_side(value, history)

    assert now.number == 5
    assert [chosen_side(value, history, each, now).number for each in (-1, -2, 1, 0)] == [2, 1, 1, 5]
    for wrong in (-3, 4):
        with pytest.raises(DsError, match="revision"):
            chosen_side(value, history, wrong, now)
