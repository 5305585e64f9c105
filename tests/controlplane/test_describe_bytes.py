"""``describe``: of DaemonSets with everything in them, their pods and their events, our bytes are kubectl's."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.event import Event
from kubectl_ds.model.pod import Pod
from kubectl_ds.render.kubectl_describe import describe, describe_object, events_of, pods_status

from .kubectl_bytes import assert_same, fill, kubectl
from .objects import timestamp

if TYPE_CHECKING:
    from .cluster import Cluster

Object = dict[str, Any]


def described(cluster: Cluster, name: str, now: datetime, *, with_events: bool = True) -> str:
    """Our text of one DaemonSet, from what the API answers."""
    found = cluster.client.get("daemonsets", name, cluster.namespace)
    pods = [from_builtins(Pod, each) for each in cluster.client.list("pods", cluster.namespace)]
    events = [from_builtins(Event, each) for each in cluster.client.list("events", cluster.namespace)]
    shown = events_of(found, events) if with_events else None
    return describe(found, pods_status(found, pods), shown, now)


def test_every_sample_is_described_as_kubectl_does(cluster: Cluster) -> None:
    for name in fill(cluster):
        assert_same(cluster, ("describe", "ds", name), partial(described, cluster, name))


def test_several_are_described_without_their_events(cluster: Cluster) -> None:
    names = fill(cluster)

    def ours(wanted: tuple[str, ...], now: datetime) -> str:
        return "\n\n".join(described(cluster, name, now, with_events=False) for name in wanted)

    assert_same(cluster, ("describe", "ds"), partial(ours, names))
    assert_same(cluster, ("describe", "ds", "terminal", "plain"), partial(ours, ("terminal", "plain")))
    by_prefix = [f"{described(cluster, name, datetime.now(timezone.utc), with_events=False)}\n" for name in names]
    assert kubectl(cluster, "describe", "ds", "yaml-") == "".join(
        text for name, text in zip(names, by_prefix, strict=True) if name.startswith("yaml-")
    )


def test_events_of_one_second_keep_the_order_in_which_gos_sort_leaves_them(cluster: Cluster) -> None:
    found = cluster.daemon_set("agent")
    now = datetime.now(timezone.utc).timestamp()
    for at in range(70):
        when = timestamp(now - 4000 - 100 * (at * 7 % 3))
        times = {"firstTimestamp": when, "lastTimestamp": when, "count": 1, "message": f"number {at}"}
        cluster.create(event(found, f"agent.{at:02}", times))
    assert_same(cluster, ("describe", "ds", "agent"), partial(described, cluster, "agent"))
    shown = [line.split()[-1] for line in kubectl(cluster, "describe", "ds", "agent").splitlines() if "number" in line]
    stable = sorted(shown, key=lambda number: (-(int(number) * 7 % 3), int(number)))
    assert shown != stable, "a stable sort would have done"


def test_events_of_every_form_are_printed_as_kubectl_does(cluster: Cluster) -> None:
    found = cluster.daemon_set("agent")
    ago = {name: timestamp(datetime.now(timezone.utc).timestamp() - age) for name, age in AGES.items()}
    micro = {name: f"{when[:-1]}.123456Z" for name, when in ago.items()}
    bodies: tuple[Object, ...] = (
        {"firstTimestamp": ago["hours"], "lastTimestamp": ago["minutes"], "count": 12},
        {
            "firstTimestamp": ago["days"],
            "lastTimestamp": ago["days"],
            "count": 1,
            "message": "  in\nlines\t\x1b[1m \u00a0",
        },
        {"firstTimestamp": None, "lastTimestamp": None, "eventTime": micro["hours"], "source": {}},
        {"eventTime": micro["days"], "series": {"count": 7, "lastObservedTime": micro["minutes"]}, "source": {}},
        {"lastTimestamp": ago["years"], "count": 0, "type": "Warning", "reason": "", "source": {}},
        {"firstTimestamp": ago["years"], "count": 3, "involvedObject": {"fieldPath": "spec.template"}},
    )
    for at, body in enumerate(bodies):
        cluster.create(event(found, f"agent.{at}", body))
    strangers = ({"uid": "another"}, {"name": "agent-2"}, {"kind": "Pod"})
    for at, change in enumerate(strangers):
        cluster.create(event(found, f"stranger.{at}", {"involvedObject": change}))
    assert_same(cluster, ("describe", "ds", "agent"), partial(described, cluster, "agent"))
    about = {"kind": "DaemonSet", **{key: found["metadata"][key] for key in ("name", "namespace", "uid")}}
    fields = ",".join(f"involvedObject.{key}={value}" for key, value in about.items())
    selected = cluster.client.list("events", cluster.namespace, fields=fields)
    everything = [from_builtins(Event, each) for each in cluster.client.list("events", cluster.namespace)]
    assert [each.metadata.name for each in events_of(found, everything)] == [
        one["metadata"]["name"] for one in selected
    ]
    assert len(selected) == len(bodies)


def test_pods_are_counted_in_every_phase_and_those_of_others_are_not(cluster: Cluster) -> None:
    cluster.nodes(*(f"n{at}" for at in range(6)))
    cluster.kubelet.fail(node="n1")
    cluster.kubelet.hold(node="n2")
    cluster.daemon_set("agent")
    cluster.daemon_set("other", labels={"app": "agent", "tier": "other"}, selector={"matchLabels": {"tier": "other"}})
    cluster.settle()
    text = described(cluster, "agent", datetime.now(timezone.utc))
    assert "Pods Status:  6 Running / 0 Waiting" not in text, "else nothing is tested"
    assert_same(cluster, ("describe", "ds", "agent"), partial(described, cluster, "agent"))


def test_the_object_alone_is_the_beginning_of_the_whole_text(cluster: Cluster) -> None:
    for name in fill(cluster)[::7]:
        found = cluster.client.get("daemonsets", name, cluster.namespace)
        pods = pods_status(found, [from_builtins(Pod, each) for each in cluster.client.list("pods", cluster.namespace)])
        whole = kubectl(cluster, "describe", "ds", name)
        start = describe_object(found, pods)
        assert whole.startswith(start), name
        assert whole[len(start) :].startswith("Events:"), name


AGES = {"minutes": 5 * 60 + 30, "hours": 5 * 3600 + 90, "days": 3 * 86400, "years": 3 * 365 * 86400}


def event(about: Object, name: str, changes: Object) -> Object:
    """An event about a DaemonSet, in the older form unless changed."""
    metadata = about["metadata"]
    target = {
        "kind": "DaemonSet",
        "apiVersion": "apps/v1",
        **{key: metadata[key] for key in ("name", "namespace", "uid")},
    }
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": metadata["namespace"]},
        "type": "Normal",
        "reason": "Tested",
        "message": "words",
        "source": {"component": "tester", "host": "h"},
        "reportingComponent": "reporter",
        "reportingInstance": "reporter-0",
        "action": "Testing",
    }
    return body | changes | {"involvedObject": target | cast("Object", changes.get("involvedObject", {}))}
