"""What a pod refers to by name must be there: its account, its priority class, its runtime class."""

from __future__ import annotations

import pytest

from tests.controlplane.policies import priority_class, runtime_class
from tests.engine.admission.builders import Object, admission, refusal_of, service_account, spec_of


def test_a_pod_without_an_account_runs_as_default() -> None:
    assert spec_of(admission(service_account("default"))).service_account_name == "default"


def test_a_missing_account_refuses_and_default_only_when_others_were_found() -> None:
    evidence = refusal_of(admission(service_account("default"), spec={"serviceAccountName": "runner"}))
    assert (evidence.admission, evidence.name, evidence.rule) == ("serviceAccount", "runner", "missing")
    assert refusal_of(admission(service_account("other"))).name == "default"
    assert not admission().refusals


def test_secrets_must_be_listed_by_an_account_that_asks_for_it() -> None:
    strict = service_account(
        "default",
        annotations={"kubernetes.io/enforce-mountable-secrets": "true"},
        secrets=[{"name": "known"}],
        imagePullSecrets=[{"name": "registry"}],
    )
    container: Object = {
        "name": "main",
        "image": "i",
        "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "other", "key": "k"}}}],
        "envFrom": [{"secretRef": {"name": "known"}}, {"configMapRef": {"name": "free"}}],
    }
    spec = {
        "containers": [container],
        "volumes": [{"name": "v", "secret": {"secretName": "hidden"}}],
        "imagePullSecrets": [{"name": "registry"}, {"name": "private"}],
    }
    found = admission(strict, spec=spec)
    refused = [(each.evidence.field, each.evidence.details) for each in found.refusals]  # type: ignore[union-attr]
    assert refused == [
        ("spec.volumes[v]", ("hidden",)),
        ("spec.containers[main].env[A]", ("other",)),
        ("spec.imagePullSecrets[1]", ("private",)),
    ]
    assert not admission(service_account("default"), spec=spec).refusals


def test_a_class_gives_its_value_and_its_word_on_preemption() -> None:
    spec = spec_of(admission(priority_class("low", -5, preemption_policy="Never"), spec={"priorityClassName": "low"}))
    assert (spec.priority, spec.preemption_policy, spec.priority_class_name) == (-5, "Never", "low")


def test_without_a_class_the_global_default_counts_and_of_several_the_lowest() -> None:
    spec = spec_of(admission(priority_class("a", 7, default=True), priority_class("b", 3, default=True)))
    assert (spec.priority, spec.priority_class_name) == (3, "b")
    plain = spec_of(admission(priority_class("a", 7)))
    assert (plain.priority, plain.priority_class_name, plain.preemption_policy) == (0, "", "PreemptLowerPriority")


@pytest.mark.parametrize(
    ("name", "value"), [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)]
)
def test_the_classes_of_the_system_are_always_there_for_every_namespace(name: str, value: int) -> None:
    assert spec_of(admission(spec={"priorityClassName": name})).priority == value


def test_a_missing_class_refuses_and_what_the_template_says_must_agree_with_it() -> None:
    evidence = refusal_of(admission(spec={"priorityClassName": "absent"}))
    assert (evidence.admission, evidence.name, evidence.rule) == ("priorityClass", "absent", "missing")
    evidence = refusal_of(admission(priority_class("high", 9), spec={"priorityClassName": "high", "priority": 8}))
    assert (evidence.field, evidence.requested, evidence.limited) == ("spec.priority", "8", "9")
    evidence = refusal_of(admission(spec={"preemptionPolicy": "Never"}))
    assert (evidence.field, evidence.limited) == ("spec.preemptionPolicy", "PreemptLowerPriority")


def test_a_class_that_may_not_be_read_is_known_from_a_pod_that_has_it() -> None:
    pod = {
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"priorityClassName": "high", "priority": 9, "preemptionPolicy": "Never"},
    }
    found = admission(pod, spec={"priorityClassName": "high"}, denied=("priorityclasses",))
    assert not found.unknown
    assert (found.pod("n1").spec.priority, found.pod("n1").spec.preemption_policy) == (9, "Never")
    assert admission(spec={"priorityClassName": "high"}, denied=("priorityclasses",)).unknown


HEAVY = runtime_class("heavy", overhead={"cpu": "250m", "memory": "0.5Gi"}) | {
    "scheduling": {
        "nodeSelector": {"runtime": "heavy"},
        "tolerations": [{"key": "runtime", "operator": "Exists"}],
    }
}


def test_a_runtime_class_adds_overhead_selector_and_tolerations() -> None:
    found = admission(HEAVY, spec={"runtimeClassName": "heavy", "nodeSelector": {"zone": "a"}})
    spec = spec_of(found)
    assert spec.overhead == {"cpu": "250m", "memory": "512Mi"}
    assert spec.node_selector == {"zone": "a", "runtime": "heavy"}
    assert spec.tolerations[-1].key == "runtime"


def test_tolerations_that_a_runtime_class_covers_are_dropped() -> None:
    wide = runtime_class("wide") | {"scheduling": {"tolerations": [{"operator": "Exists"}]}}
    spec = spec_of(admission(wide, spec={"runtimeClassName": "wide"}))
    assert [(each.key, each.operator) for each in spec.tolerations] == [("", "Exists")]


def test_a_runtime_class_refuses_what_contradicts_it() -> None:
    evidence = refusal_of(admission(spec={"runtimeClassName": "absent"}))
    assert (evidence.admission, evidence.name, evidence.rule) == ("runtimeClass", "absent", "missing")
    spec: Object = {"runtimeClassName": "heavy", "nodeSelector": {"runtime": "light"}}
    evidence = refusal_of(admission(HEAVY, spec=spec))
    assert (evidence.rule, evidence.field) == ("conflict", "spec.nodeSelector.runtime")
    assert (evidence.requested, evidence.limited) == ("light", "heavy")
    other = {"runtimeClassName": "heavy", "overhead": {"cpu": "1"}}
    assert refusal_of(admission(HEAVY, spec=other)).field == "spec.overhead"
    same = {"runtimeClassName": "heavy", "overhead": {"cpu": "0.25", "memory": "512Mi"}}
    assert not admission(HEAVY, spec=same).refusals


def test_overhead_without_a_class_that_has_some_is_refused() -> None:
    assert refusal_of(admission(spec={"overhead": {"cpu": "1"}})).rule == "mismatch"
    plain = admission(runtime_class("plain"), spec={"runtimeClassName": "plain", "overhead": {"cpu": "1"}})
    assert refusal_of(plain).name == "plain"


def test_classes_that_may_not_be_read_matter_only_to_those_who_name_one() -> None:
    assert not admission(denied=("runtimeclasses",)).unknown
    assert admission(spec={"runtimeClassName": "heavy"}, denied=("runtimeclasses",)).unknown
