"""What is asked for: never more than the query needs."""

from __future__ import annotations

import msgspec
import pytest

from kubectl_ds.cluster.reads import MANY_NAMESPACES, Read, daemon_set_read, further_reads
from kubectl_ds.cluster.source import Query
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.kinds import Kind

from . import fakes

SOME = (kinds.DAEMON_SETS, kinds.NODES, kinds.PODS, kinds.REVISIONS, kinds.EVENTS)


def daemon_set(name: str, namespace: str) -> DaemonSet:
    return msgspec.convert(fakes.daemon_set(name, namespace), DaemonSet)


def asked(query: Query, *daemon_sets: DaemonSet) -> list[str]:
    return [f"{read.path} {read.labels} {read.fields}".strip() for read in further_reads(query, daemon_sets)]


def test_one_daemon_set_needs_its_own_namespace_and_selector() -> None:
    assert asked(Query(SOME, "logging", ("fluentd",)), daemon_set("fluentd", "logging")) == [
        "/api/v1/nodes",
        "/api/v1/namespaces/logging/pods app=fluentd",
        "/apis/apps/v1/namespaces/logging/controllerrevisions app=fluentd",
        "/api/v1/namespaces/logging/events  involvedObject.kind=DaemonSet,involvedObject.name=fluentd",
        "/api/v1/namespaces/logging/events  involvedObject.kind=Pod",
    ]


def test_several_in_one_namespace_need_the_namespace() -> None:
    assert asked(Query(SOME), daemon_set("a", "logging"), daemon_set("b", "logging")) == [
        "/api/v1/nodes",
        "/api/v1/namespaces/logging/pods",
        "/apis/apps/v1/namespaces/logging/controllerrevisions",
        "/api/v1/namespaces/logging/events  involvedObject.kind=DaemonSet",
        "/api/v1/namespaces/logging/events  involvedObject.kind=Pod",
    ]


def test_many_namespaces_are_served_by_one_list() -> None:
    daemon_sets = [daemon_set("a", f"n{number}") for number in range(MANY_NAMESPACES + 1)]
    kinds_ = (kinds.PODS, kinds.QUOTAS, kinds.NAMESPACES)
    assert asked(Query(kinds_), *daemon_sets) == ["/api/v1/pods", "/api/v1/resourcequotas", "/api/v1/namespaces"]
    assert asked(Query((kinds.QUOTAS,)), *daemon_sets[:2]) == [
        "/api/v1/namespaces/n0/resourcequotas",
        "/api/v1/namespaces/n1/resourcequotas",
    ]


@pytest.mark.parametrize("kind", [kinds.PODS, kinds.CLAIMS, kinds.DISRUPTION_BUDGETS, kinds.NAMESPACES])
def test_whole_nodes_need_other_namespaces_and_fall_back_to_the_own_one(kind: Kind) -> None:
    (read,) = further_reads(Query((kind,), whole_nodes=True), (daemon_set("a", "logging"),))
    assert (read.namespace, read.labels, read.fields) == (None, "", "")
    (own,) = read.fallback
    assert (own.namespace, own.fields) in (("logging", ""), (None, "metadata.name=logging"))


def test_quotas_and_limits_are_of_no_interest_elsewhere() -> None:
    query = Query((kinds.QUOTAS, kinds.LIMIT_RANGES, kinds.SERVICE_ACCOUNTS), whole_nodes=True)
    assert {read.namespace for read in further_reads(query, (daemon_set("a", "logging"),))} == {"logging"}


def test_a_namespace_without_daemon_sets_is_still_asked_for_its_rules() -> None:
    assert asked(Query((kinds.QUOTAS,), "logging", optional=True)) == ["/api/v1/namespaces/logging/resourcequotas"]


def test_one_name_in_all_namespaces_is_found_by_a_field_selector() -> None:
    assert daemon_set_read(Query(SOME, names=("x",), selector="a=b")) == Read(
        kinds.DAEMON_SETS, None, "a=b", "metadata.name=x"
    )
    assert daemon_set_read(Query(SOME, names=("x", "y"))).fields == ""


def test_victims_of_preemption_are_looked_for_in_every_namespace_and_read_once() -> None:
    query = Query((kinds.EVENTS,), "logging", ("fluentd",), preemptions=True)

    assert asked(query, daemon_set("fluentd", "logging")) == [
        "/api/v1/namespaces/logging/events  involvedObject.kind=DaemonSet,involvedObject.name=fluentd",
        "/api/v1/namespaces/logging/events  involvedObject.kind=Pod,reason!=Preempted,reason!=Preempting",
        "/api/v1/events  reason=Preempted",
        "/api/v1/events  reason=Preempting",
    ]


def test_where_no_other_namespace_may_be_read_victims_of_the_own_ones_are_left() -> None:
    query = Query((kinds.EVENTS,), "logging", ("fluentd",), preemptions=True)

    fallbacks = [read.fallback for read in further_reads(query, (daemon_set("fluentd", "logging"),))]

    assert fallbacks == [
        (),
        (),
        (Read(kinds.EVENTS, "logging", fields="reason=Preempted"),),
        (Read(kinds.EVENTS, "logging", fields="reason=Preempting"),),
    ]


def test_events_of_the_whole_cluster_hold_the_victims_already() -> None:
    daemon_sets = [daemon_set("a", f"n{number}") for number in range(MANY_NAMESPACES + 1)]

    assert asked(Query((kinds.EVENTS,), preemptions=True), *daemon_sets) == [
        "/api/v1/events  involvedObject.kind=DaemonSet",
        "/api/v1/events  involvedObject.kind=Pod",
    ]
