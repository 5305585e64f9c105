"""PodNodeSelector and PodTolerationRestriction: what the annotations of a namespace do to a DaemonSet's pods."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.admission.pod_node_selector import SelectorError, selector_labels
from kubectl_ds.engine.admission.pod_toleration_restriction import TolerationsError, parse_tolerations
from kubectl_ds.engine.admission.toleration_sets import is_superset, merge
from kubectl_ds.engine.eligibility import automatic_tolerations
from kubectl_ds.model.pod import PodSpec
from kubectl_ds.model.taint import Toleration
from tests.controlplane.objects import daemon_set, toleration
from tests.controlplane.policies import runtime_class
from tests.engine.admission.builders import NAMESPACE, Object, admission, refusal_of, snapshot, spec_of
from tests.engine.values import daemon_set_value

SELECTOR = "scheduler.alpha.kubernetes.io/node-selector"
DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations"
WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
SET_AT = "2026-11-23T10:00:00Z"
AUTOMATIC = [
    {"key": each.key, "operator": each.operator, "effect": each.effect} for each in automatic_tolerations(PodSpec())
]


def annotated(spec: Object | None = None, **annotations: str) -> Admission:
    names = {"selector": SELECTOR, "defaults": DEFAULTS, "whitelist": WHITELIST}
    about = {"annotations": {names[key]: value for key, value in annotations.items()}}
    return admission(spec=spec, about=about)


def step_of(found: Admission, plugin: str) -> Any:
    return next(step for step in found.steps if step.plugin == plugin)


def test_the_namespace_s_labels_are_merged_into_the_node_selector() -> None:
    found = annotated({"nodeSelector": {"disk": "ssd"}}, selector=" zone = a ,tier=gold")
    assert spec_of(found).node_selector == {"zone": "a", "tier": "gold", "disk": "ssd"}


def test_a_template_that_wants_another_value_is_refused() -> None:
    evidence = refusal_of(annotated({"nodeSelector": {"zone": "b"}}, selector="zone=a"))
    assert (evidence.admission, evidence.rule) == ("nodeSelectorConflict", "conflict")
    assert (evidence.field, evidence.requested, evidence.limited) == ("spec.nodeSelector.zone", "b", "a")


@pytest.mark.parametrize("text", ["zone", "zone=a=b", "-x=1", "zone=-", ",", "a=b,"])
def test_an_annotation_that_is_no_list_of_labels_refuses_every_pod(text: str) -> None:
    with pytest.raises(SelectorError):
        selector_labels(text)
    assert refusal_of(annotated(selector=text)).rule == "unparsable"


def test_the_empty_annotation_asks_for_nothing() -> None:
    assert selector_labels("") == {}
    assert not spec_of(annotated(selector="")).node_selector


def test_default_tolerations_are_merged_and_needless_ones_dropped() -> None:
    found = annotated(defaults=json.dumps([{"operator": "Exists", "effect": "NoSchedule"}]))
    kept = [(each.key.rpartition("/")[2], each.effect) for each in spec_of(found).tolerations]
    assert kept == [("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("", "NoSchedule")]


def test_a_pod_that_asks_for_cpu_tolerates_memory_pressure_which_daemon_pods_do_anyway() -> None:
    idle = spec_of(annotated(defaults="[]"))
    asking = spec_of(annotated({"containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}]}, defaults="[]"))
    assert asking.tolerations == idle.tolerations


def test_a_whitelist_must_cover_the_automatic_tolerations_too() -> None:
    evidence = refusal_of(annotated(whitelist=json.dumps([toleration("gpu")])))
    assert (evidence.admission, evidence.rule) == ("tolerationWhitelist", "notCovered")
    assert "node.kubernetes.io/not-ready:NoExecute" in evidence.details
    assert len(evidence.details) == len(AUTOMATIC)
    assert not annotated(whitelist=json.dumps(AUTOMATIC)).refusals
    hosted = refusal_of(annotated({"hostNetwork": True}, whitelist=json.dumps(AUTOMATIC)))
    assert hosted.details == ("node.kubernetes.io/network-unavailable:NoSchedule",)


@pytest.mark.parametrize("text", ["", "[]", "null"])
def test_an_empty_whitelist_restricts_nothing(text: str) -> None:
    assert not annotated(whitelist=text).refusals


@pytest.mark.parametrize("text", ["no json", "{}", '[{"key":1}]', '["x"]', '[{"tolerationSeconds":1.5}]', "[", '"a"'])
def test_an_annotation_that_go_cannot_read_refuses_every_pod(text: str) -> None:
    with pytest.raises(TolerationsError):
        parse_tolerations(text)
    assert refusal_of(annotated(whitelist=text)).rule == "unparsable"
    assert refusal_of(annotated(defaults=text)).details == (DEFAULTS,)


def test_go_reads_names_of_fields_in_any_case_and_passes_over_nulls_and_what_it_does_not_know() -> None:
    text = '[{"Key":"a","OPERATOR":"Exists","tolerationseconds":5,"value":null,"more":[1]},null]'
    assert parse_tolerations(text) == (Toleration(key="a", operator="Exists", toleration_seconds=5), Toleration())


def test_the_whitelist_is_asked_again_after_the_runtime_class() -> None:
    wide = runtime_class("wide") | {"scheduling": {"tolerations": [toleration("runtime")]}}
    about = {"annotations": {WHITELIST: json.dumps(AUTOMATIC)}}
    assert not admission(wide, about=about).refusals
    evidence = refusal_of(admission(wide, spec={"runtimeClassName": "wide"}, about=about))
    assert evidence.details == ("runtime",)


@pytest.mark.parametrize(
    ("wider", "narrower", "covers"),
    [
        ({"operator": "Exists"}, {"key": "a", "operator": "Equal", "value": "x", "effect": "NoExecute"}, True),
        ({"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}, False),
        ({"key": "a", "operator": "Exists", "effect": "NoSchedule"}, {"key": "a", "operator": "Exists"}, False),
        ({"key": "a", "operator": "Equal", "value": "x"}, {"key": "a", "operator": "Equal", "value": "x"}, True),
        ({"key": "a", "operator": "Equal", "value": "x"}, {"key": "a", "value": "x"}, False),
        ({"key": "a", "value": "x"}, {"key": "a", "operator": "Equal", "value": "x"}, True),
        ({"key": "a", "value": "x"}, {"key": "a", "value": "x"}, True),
        ({"key": "a", "operator": "Gt", "value": "1"}, {"key": "a", "operator": "Equal", "value": "1"}, False),
        (
            {"operator": "Exists", "effect": "NoExecute", "toleration_seconds": 60},
            {"key": "a", "operator": "Exists", "effect": "NoExecute"},
            False,
        ),
        (
            {"operator": "Exists", "effect": "NoExecute", "toleration_seconds": 60},
            {"key": "a", "operator": "Exists", "effect": "NoExecute", "toleration_seconds": 60},
            True,
        ),
        (
            {"operator": "Exists", "effect": "NoExecute", "toleration_seconds": 60},
            {"key": "a", "operator": "Exists", "effect": "NoExecute", "toleration_seconds": 61},
            False,
        ),
    ],
)
def test_when_one_toleration_covers_another(wider: Object, narrower: Object, covers: bool) -> None:
    assert is_superset(Toleration(**wider), Toleration(**narrower)) is covers


def test_of_equal_tolerations_the_first_stays_where_it_is() -> None:
    a, b = Toleration(key="a", operator="Exists"), Toleration(key="b", operator="Exists")
    assert merge((a, b), (a,)) == (a, b)


class TestWhetherThePluginIsOn:
    """Nobody tells; pods of the namespace may prove it."""

    def test_without_a_pod_it_is_assumed_and_said_so(self) -> None:
        found = annotated(selector="zone=a")
        assert step_of(found, "PodNodeSelector").assumed
        assert refusal_of(annotated({"nodeSelector": {"zone": "b"}}, selector="zone=a")).assumed

    def test_whoever_does_not_want_to_assume_gets_it_off(self) -> None:
        here = snapshot(annotations={SELECTOR: "zone=a", WHITELIST: "[{}]"})
        found = Admission(here, daemon_set_value(daemon_set("d", namespace=NAMESPACE)), assume=False)
        assert not found.refusals
        assert not found.pod("n1").spec.node_selector

    def test_a_pod_with_what_its_template_lacks_proves_that_it_is_on(self) -> None:
        found = self._with_pod({"nodeSelector": {"zone": "a"}}, created="2026-11-23T09:00:00Z")
        assert not step_of(found, "PodNodeSelector").assumed
        assert found.pod("n1").spec.node_selector == {"zone": "a"}

    def test_a_younger_pod_without_it_proves_that_it_is_off(self) -> None:
        found = self._with_pod({}, created="2026-11-23T11:00:00Z")
        assert not step_of(found, "PodNodeSelector").assumed
        assert not found.pod("n1").spec.node_selector

    @pytest.mark.parametrize("created", ["2026-11-23T09:00:00Z", SET_AT])
    def test_a_pod_that_may_be_older_than_the_annotation_proves_nothing(self, created: str) -> None:
        found = self._with_pod({}, created=created)
        assert step_of(found, "PodNodeSelector").assumed

    def test_a_pod_of_another_template_proves_nothing_by_what_it_has(self) -> None:
        found = self._with_pod({"nodeSelector": {"zone": "a"}}, created=SET_AT, generation="1")
        assert step_of(found, "PodNodeSelector").assumed

    def test_a_younger_pod_that_breaks_the_whitelist_proves_that_nobody_checks(self) -> None:
        text = json.dumps([toleration("gpu")])
        pod = {"tolerations": AUTOMATIC}
        assert not self._with_pod(pod, "2026-11-23T11:00:00Z", annotation=(WHITELIST, text)).refusals
        assert self._with_pod(pod, "2026-11-23T09:00:00Z", annotation=(WHITELIST, text)).refusals

    def _with_pod(
        self, spec: Object, created: str, generation: str = "2", annotation: tuple[str, str] = (SELECTOR, "zone=a")
    ) -> Admission:
        key, value = annotation
        owner = daemon_set("agent", namespace=NAMESPACE)
        owner["metadata"] |= {"uid": "u1", "annotations": {"deprecated.daemonset.template.generation": "2"}}
        reference = {"kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": True}
        pod = {
            "kind": "Pod",
            "metadata": {
                "name": "agent-x",
                "creationTimestamp": created,
                "labels": {"pod-template-generation": generation},
                "ownerReferences": [reference],
            },
            "spec": spec,
        }
        namespace: Object = {
            "kind": "Namespace",
            "metadata": {
                "name": NAMESPACE,
                "annotations": {key: value},
                "managedFields": [
                    {"time": SET_AT, "fieldsV1": {"f:metadata": {"f:annotations": {".": {}, f"f:{key}": {}}}}},
                    {"time": "2026-11-23T23:00:00Z", "fieldsV1": {"f:status": {}}},
                ],
            },
        }
        return Admission(snapshot(namespace, owner, pod), daemon_set_value(owner))
