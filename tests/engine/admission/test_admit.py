"""The whole way of a pod: the order of the plugins, what is unknown, and what each did."""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec
import pytest

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.admission.step import Change, Outcome
from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import UnknownEvidence
from kubectl_ds.model.selector import SelectorRequirement
from tests.controlplane.objects import container, node
from tests.controlplane.policies import limit_range, namespace, priority_class
from tests.engine.admission.builders import (
    NAMESPACE,
    Object,
    admission,
    agent,
    evidence_of,
    refusal_of,
    snapshot,
    spec_of,
)
from tests.engine.admission.test_resource_quota import counted
from tests.engine.values import daemon_set_value

SECURITY = {"pod-security.kubernetes.io/enforce": "restricted"}


def test_refusals_stand_in_the_order_in_which_the_api_server_comes_to_them() -> None:
    found = admission(
        counted("q", {"pods": "0"}),
        limit_range("r", [{"type": "Container", "max": {"cpu": "1"}}]),
        spec={
            "containers": [container("main", image=" i", limits={"cpu": "2"})],
            "priorityClassName": "absent",
            "runtimeClassName": "absent",
            "nodeSelector": {"zone": "b"},
        },
        about={
            "labels": SECURITY,
            "annotations": {
                "scheduler.alpha.kubernetes.io/node-selector": "zone=a",
                "scheduler.alpha.kubernetes.io/tolerationsWhitelist": "[{}]",
            },
        },
    )
    assert [evidence_of(each).admission for each in found.refusals] == [
        *("nodeSelectorConflict", "priorityClass", "tolerationWhitelist", "runtimeClass"),
        *("invalid", "limitRange", "podSecurity", "quota"),
    ]
    assert {each.fault for each in found.refusals} == {Fault.POLICY}
    assert found.admit("n1").pod is None
    assert found.pod("n1").target_node == "n1"


def test_an_admitted_pod_comes_with_the_room_and_the_steps() -> None:
    admitted = admission(counted("q", {"pods": "5"})).admit("n1")
    assert admitted.pod is not None
    assert (admitted.node, admitted.refusals, admitted.unknown, admitted.room) == ("n1", (), (), 5)
    assert [step.plugin for step in admitted.steps] == [
        *("DaemonSet", "Defaulting", "NamespaceLifecycle", "LimitRanger", "ServiceAccount", "PodNodeSelector"),
        *("Priority", "DefaultTolerationSeconds", "PodTolerationRestriction", "RuntimeClass"),
        *("MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "PrepareForCreate", "Validation", "LimitRanger"),
        *("PodSecurity", "PodTolerationRestriction", "RuntimeClass"),
        *("ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook", "ResourceQuota"),
    ]


def test_each_step_says_what_it_changed_by_which_object() -> None:
    found = admission(
        limit_range("bounds", [{"type": "Container", "default": {"cpu": "1"}}]),
        priority_class("high", 9),
        spec={"priorityClassName": "high"},
    )
    steps = {step.plugin: step for step in reversed(found.steps)}
    assert steps["LimitRanger"].changes == (
        Change(path="spec.containers[main].resources.requests.cpu", before=None, after="1"),
        Change(path="spec.containers[main].resources.limits.cpu", before=None, after="1"),
    )
    assert steps["LimitRanger"].sources == ("bounds",)
    assert Change(path="spec.priority", before=None, after="9") in steps["Priority"].changes
    assert steps["Priority"].outcome is Outcome.CHANGED
    assert steps["DefaultTolerationSeconds"].outcome is Outcome.PASSED
    assert steps["ValidatingAdmissionWebhook"].outcome is Outcome.NOT_COMPUTED
    tolerated = [change.after for change in steps["DaemonSet"].changes if change.path == "spec.tolerations"]
    assert tolerated[0] == "node.kubernetes.io/not-ready:NoExecute"


@pytest.mark.parametrize(
    "resource", ["namespaces", "limitranges", "serviceaccounts", "priorityclasses", "resourcequotas"]
)
def test_what_may_not_be_read_is_named_and_refuses_nothing(resource: str) -> None:
    found = admission(denied=(resource,))
    assert [cause.evidence for cause in found.unknown] == [UnknownEvidence(resource=resource, error="forbidden")]
    assert not found.refusals
    assert found.admit("n1").pod is not None


def test_a_namespace_that_is_terminating_or_missing_takes_no_pods() -> None:
    going = namespace(NAMESPACE) | {"status": {"phase": "Terminating"}}
    assert refusal_of(admission(going)).rule == "terminating"
    assert refusal_of(admission(namespace("other"))).rule == "missing"


def test_a_list_without_any_namespace_or_account_is_enough() -> None:
    bare = replace(snapshot(), namespaces=())
    assert not Admission(bare, agent()).refusals


def test_a_daemon_set_built_without_bytes_is_admitted_all_the_same() -> None:
    daemon_set_ = msgspec.structs.replace(agent({"hostPID": True}), raw=msgspec.Raw())
    found = Admission(snapshot(labels=SECURITY), daemon_set_)
    assert refusal_of(found).details[0] == "host namespaces (hostPID=true)"


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@pytest.mark.parametrize(("version", "added"), [("v1.33.13", 0), ("v1.37.2", 1)])
def test_label_keys_become_requirements_on_the_pod_s_own_values(version: str, added: int) -> None:
    term = {"topologyKey": "zone", "labelSelector": {}, "matchLabelKeys": ["app", "absent"], "mismatchLabelKeys": ["x"]}
    spread = {"topologyKey": "zone", "labelSelector": {}, "matchLabelKeys": ["app"]}
    spec = spec_of(
        admission(
            spec={"affinity": {"podAffinity": {REQUIRED: [term]}}, "topologySpreadConstraints": [spread]},
            version=version,
        )
    )
    wanted = SelectorRequirement(key="app", operator="In", values=("agent",))
    assert spec.affinity is not None and spec.affinity.pod_affinity is not None
    (near,) = spec.affinity.pod_affinity.required_during_scheduling_ignored_during_execution
    assert near.label_selector is not None
    assert near.label_selector.match_expressions == (wanted,)
    selector = spec.topology_spread_constraints[0].label_selector
    assert selector is not None
    assert selector.match_expressions == (wanted,) * added


def test_revisions_that_may_not_be_read_matter_only_where_their_hash_is_asked_for() -> None:
    term = {"topologyKey": "zone", "labelSelector": {}, "matchLabelKeys": ["controller-revision-hash"]}
    spec: Object = {"affinity": {"podAntiAffinity": {REQUIRED: [term]}}}
    assert not admission(denied=("controllerrevisions",)).unknown
    assert admission(spec=spec, denied=("controllerrevisions",)).unknown


@pytest.mark.parametrize(("version", "labelled"), [("v1.34.0", False), ("v1.35.0", True)])
def test_a_pod_on_the_node_that_its_template_names_gets_the_zone_of_the_node(version: str, labelled: bool) -> None:
    zoned = node("n1", labels={"topology.kubernetes.io/zone": "z", "other": "x"})
    found = admission(zoned, spec={"nodeName": "n1"}, version=version)
    assert found.pod("n1").metadata.labels.get("topology.kubernetes.io/zone") == ("z" if labelled else None)
    unpinned = admission(zoned, version=version).pod("n1")
    assert "topology.kubernetes.io/zone" not in unpinned.metadata.labels


def test_five_thousand_nodes_cost_next_to_nothing_after_the_first() -> None:
    found = admission(spec={"containers": [container(f"c{number}", cpu="1") for number in range(10)]})
    started = time.perf_counter()
    admitted = [found.admit(f"n{number}") for number in range(5000)]
    assert time.perf_counter() - started < 0.5
    assert len({each.pod.target_node for each in admitted if each.pod is not None}) == 5000


@pytest.mark.parametrize("version", ["v1.33.13", "v1.37.2", "", "odd"])
def test_a_daemon_set_with_hardly_anything_in_it_does_no_harm(version: str) -> None:
    empty = {"kind": "DaemonSet", "metadata": {"name": "d"}, "spec": {"template": {"spec": {"containers": []}}}}
    found = Admission(replace(snapshot(), source=snapshot(version=version).source), daemon_set_value(empty))
    assert found.pod("n1").target_node == "n1"
