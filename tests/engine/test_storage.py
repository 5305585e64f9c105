"""Shared storage: every problem of a claim, who writes into the same folder, who wants the same port."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kubectl_ds.engine.node_sharing import Neighbour
from kubectl_ds.engine.storage import ClaimFinding, Problem, StorageFindings, review_storage
from kubectl_ds.engine.storage_instead import Alternative, alternatives
from kubectl_ds.model.snapshot import Gap
from tests.controlplane.objects import daemon_set, merge, node, pod, taint
from tests.controlplane.policies import claim_volume, pv, pvc, storage_class
from tests.engine.pods import owned, ready, stored
from tests.engine.values import snapshot_of

Object = dict[str, Any]
RWO, ROX, RWX, RWOP = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"
NFS = {"nfs": {"server": "filer", "path": "/x"}}
CSI = {"csi": {"driver": "disk.example.com", "volumeHandle": "x"}}
ISCSI = {"iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn", "lun": 0}}
THREE = tuple(node(f"n{number}") for number in (1, 2, 3))


def using(claim: str = "data", mount: Object | None = None, **more: Any) -> Object:
    """A DaemonSet whose pods share a claim."""
    made = daemon_set("d", namespace="ns", volumes=[claim_volume(claim)], **more)
    mounts = [{"name": "data", "mountPath": "/data"} | (mount or {})]
    return stored(merge(made, {"spec": {"template": {"spec": {"containers": [with_mounts(mounts)]}}}}))


def with_mounts(mounts: list[Object], name: str = "main") -> Object:
    return {"name": name, "image": "x", "volumeMounts": mounts}


def bound(modes: tuple[str, ...] = (RWO,), source: Object | None = None, **volume: Any) -> list[Object]:
    """A claim and the volume that it is bound to."""
    claim = pvc("data", "ns", modes=modes, volume="vol")
    bind = {"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "status": {"phase": "Bound"}}
    return [merge(claim, bind), pv("vol", modes=modes, source=source, **volume)]


def driver(attach: bool = True) -> Object:
    spec = {"attachRequired": attach}
    return {"kind": "CSIDriver", "metadata": {"name": "disk.example.com"}, "spec": spec}


def found(
    *items: Object, own: Object | None = None, nodes: tuple[Object, ...] = THREE, gaps: tuple[Gap, ...] = ()
) -> ClaimFinding:
    """What is said of the one claim of ``own``."""
    (claim,) = reviewed(own or using(), *nodes, *items, gaps=gaps).claims
    return claim


def reviewed(*items: Object, key: str = "ns/d", node: str = "", gaps: tuple[Gap, ...] = ()) -> StorageFindings:
    (findings,) = review_storage(snapshot_of(items, gaps=gaps), frozenset({key}), node)
    return findings


CASES: list[tuple[str, list[Object], Problem]] = [
    ("there is no claim", [], Problem.MISSING),
    ("the claim of that name is in another namespace", [pvc("data", "other")], Problem.MISSING),
    (
        "the claim is being deleted",
        [merge(bound()[0], {"metadata": {"deletionTimestamp": "2026-11-23T11:00:00Z"}}), bound()[1]],
        Problem.TERMINATING,
    ),
    ("the claim has lost its volume", [merge(bound()[0], {"status": {"phase": "Lost"}})], Problem.LOST),
    ("its volume does not exist", bound()[:1], Problem.LOST),
    ("its class does not exist", [pvc("data", "ns", storage_class="gone")], Problem.MISSING_CLASS),
    ("it binds at once, and is not bound", [pvc("data", "ns", storage_class="a"), storage_class("a")], Problem.UNBOUND),
    ("it asks for no class, and is not bound", [pvc("data", "ns")], Problem.UNBOUND),
    (
        "it binds when a pod comes",
        [pvc("data", "ns", storage_class="a"), storage_class("a", "WaitForFirstConsumer")],
        Problem.FIRST_CONSUMER,
    ),
    ("one pod may have it", bound((RWOP,)), Problem.ONE_POD),
    ("one pod may have it, bound or not", [pvc("data", "ns", modes=(RWOP,))], Problem.ONE_POD),
    ("its volume is on one node", bound((RWO,), node="n2"), Problem.PINNED),
    ("its volume is on one node, and many may use it", bound((RWX,), NFS, node="n2"), Problem.PINNED),
    ("one node, and attached", [*bound(source=CSI), driver()], Problem.MULTI_ATTACH),
    ("one node, of a driver that nobody describes", bound(source=CSI), Problem.MULTI_ATTACH),
    ("one node, of a driver that does not attach", [*bound(source=CSI), driver(False)], Problem.SHARED),
    ("one node, and of a kind that is attached", bound(source=ISCSI), Problem.MULTI_ATTACH),
    ("one node, on NFS", bound(source=NFS), Problem.SHARED),
    ("one node, on a folder of each node", bound(), Problem.SHARED),
    ("many nodes", [*bound((RWX,), CSI), driver()], Problem.FINE),
    ("many nodes that read", [*bound((ROX,), CSI), driver()], Problem.FINE),
    ("one node or many that read", [*bound((RWO, ROX), CSI), driver()], Problem.FINE),
]


@pytest.mark.parametrize(("items", "problem"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_wrong_with_a_shared_claim(items: list[Object], problem: Problem) -> None:
    assert found(*items).problem is problem


def test_the_access_modes_of_the_volume_count_not_those_of_the_claim() -> None:
    claim, volume = bound((RWO,), CSI)

    assert found(claim, merge(volume, {"spec": {"accessModes": [RWO, RWX]}})).problem is Problem.FINE


@pytest.mark.parametrize("modes", [(RWO,), (RWOP,)])
def test_on_a_single_node_there_is_nobody_to_share_with(modes: tuple[str, ...]) -> None:
    one = (node("n1"), node("n2", taints=[taint("gpu")]))

    assert found(*bound(modes, CSI), nodes=one).problem is Problem.FINE


def test_a_claim_for_one_pod_that_another_pod_holds_fails_on_a_single_node_too() -> None:
    other = pod("db", "ns", volumes=[claim_volume("data")], node_name="n9")

    claim = found(*bound((RWOP,)), other, nodes=(node("n1"),))

    assert (claim.problem, claim.holder) == (Problem.ONE_POD, "ns/db")


def test_the_holder_of_a_claim_for_one_pod_is_named_and_a_foreign_one_first() -> None:
    volumes = {"spec": {"volumes": [claim_volume("data")]}}
    own = owned("n2", ready(), volumes)

    assert found(*bound((RWOP,)), own).holder == "ns/d-n2"
    other = pod("zz", "ns", volumes=[claim_volume("data")], node_name="n9")
    assert found(*bound((RWOP,)), own, other).holder == "ns/zz"
    done = merge(other, {"status": {"phase": "Succeeded"}})
    elsewhere = merge(other, {"metadata": {"namespace": "other"}})
    assert found(*bound((RWOP,)), done, elsewhere).holder is None


def test_the_node_that_a_volume_is_attached_to_is_named() -> None:
    def attachment(attached: bool) -> Object:
        spec = {"attacher": "x", "nodeName": "n3", "source": {"persistentVolumeName": "vol"}}
        return {
            "kind": "VolumeAttachment",
            "metadata": {"name": "a"},
            "spec": spec,
            "status": {"attached": attached},
        }

    assert found(*bound(source=CSI), attachment(True)).holder == "n3"
    assert found(*bound(source=CSI), attachment(False)).holder is None


def test_a_pinned_volume_tells_from_where_it_can_be_used() -> None:
    zones = [node(f"n{number}", labels={"topology.kubernetes.io/zone": zone}) for number, zone in enumerate("aab", 1)]
    claim, volume = bound(source=CSI)
    zoned = merge(volume, {"metadata": {"labels": {"topology.kubernetes.io/zone": "a"}}})

    by_affinity, by_label = found(*bound(node="n2")), found(claim, zoned, nodes=tuple(zones))

    assert (by_affinity.usable_on, by_affinity.nodes) == (("n2",), 3)
    assert (by_label.problem, by_label.usable_on, by_label.attaches) == (Problem.PINNED, ("n1", "n2"), True)
    assert found(*bound(node="n9")).usable_on == ()


@pytest.mark.parametrize(
    ("mount", "problem"),
    [
        ({}, Problem.SHARED),
        ({"readOnly": True}, Problem.FINE),
        ({"subPathExpr": "$(NODE_NAME)"}, Problem.FINE),
        ({"subPath": "a"}, Problem.SHARED),
    ],
    ids=["written", "only read", "a folder each", "one folder in it"],
)
def test_what_pods_share_without_error_is_told_only_where_they_write_together(mount: Object, problem: Problem) -> None:
    assert found(*bound(source=NFS), own=using(mount=mount)).problem is problem


@pytest.mark.parametrize(
    ("resource", "items"),
    [
        ("persistentvolumeclaims", []),
        ("persistentvolumes", bound()[:1]),
        ("storageclasses", [pvc("data", "ns", storage_class="a")]),
        ("csidrivers", bound(source=CSI)),
    ],
)
def test_what_could_not_be_read_leaves_the_claim_unknown(resource: str, items: list[Object]) -> None:
    claim = found(*items, gaps=(Gap(resource, None, "forbidden"),))

    assert (claim.problem, claim.denied) == (Problem.UNKNOWN, resource)


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([], Problem.MISSING),
        ([pvc("data", "ns", storage_class="gone")], Problem.MISSING_CLASS),
        ([pvc("data", "ns")], Problem.UNBOUND),
        (bound(source=CSI), Problem.UNKNOWN),
        (bound((RWOP,)), Problem.UNKNOWN),
        ([pvc("data", "ns", modes=(RWOP,))], Problem.UNKNOWN),
    ],
)
def test_without_nodes_only_what_holds_on_any_number_of_them_is_said(items: list[Object], problem: Problem) -> None:
    claim = found(*items, nodes=(), gaps=(Gap("nodes", None, "forbidden"),))

    assert (claim.problem, claim.nodes) == (problem, None)


def test_neighbours_that_may_not_be_read_are_not_taken_for_absent() -> None:
    snapshot = snapshot_of([listening("p", 80), writing("e", "/x"), using(), *THREE])

    def unseen(*gaps: Gap, elsewhere: bool = True) -> dict[str, tuple[str, ...]]:
        read = replace(snapshot, gaps=gaps)
        keys = frozenset(each.key for each in read.daemon_sets)
        return {each.daemon_set.name: each.unseen for each in review_storage(read, keys, elsewhere=elsewhere)}

    pods = Gap("pods", "*", "forbidden")
    assert set(unseen().values()) == {()}
    assert unseen(pods) == {"p": ("pods",), "e": ("pods",), "d": ()}
    assert unseen(pods, Gap("nodes", None, "no"), elsewhere=False)["p"] == ("daemonsets", "nodes", "pods")


def test_only_what_an_answer_leans_on_makes_it_unknown() -> None:
    everything = ("persistentvolumes", "storageclasses", "csidrivers", "volumeattachments")
    gaps = tuple(Gap(each, None, "forbidden") for each in everything)

    assert found(gaps=gaps).problem is Problem.MISSING
    assert found(pvc("data", "ns", modes=(RWOP,)), gaps=gaps).problem is Problem.ONE_POD


def test_what_cannot_run_is_wrong_and_what_is_shared_is_only_worth_knowing() -> None:
    assert reviewed(using(), *THREE).wrong
    assert not reviewed(using(), *THREE, *bound(source=NFS)).wrong
    assert reviewed(using(), *THREE, gaps=(Gap("persistentvolumeclaims", "ns", "no"),)).unknown


# instead


def instead(*items: Object, own: Object | None = None) -> dict[str, Alternative]:
    snapshot = snapshot_of([own or using(), *THREE, *items])
    (findings,) = review_storage(snapshot, frozenset({"ns/d"}))
    named = alternatives(snapshot, findings.daemon_set, findings.claims[0])
    return {each.name: each for each in named}


def volume_of(alternative: Alternative) -> Object:
    (volume,) = alternative.fragment["spec"]["template"]["spec"]["volumes"]
    assert isinstance(volume, dict)
    return volume


@pytest.mark.parametrize(
    ("items", "names"),
    [
        ([], ["ephemeral", "hostPath"]),
        (bound((RWOP,)), ["ephemeral", "hostPath"]),
        (bound(source=CSI), ["ephemeral", "hostPath"]),
        (bound(node="n2"), ["ephemeral", "local", "hostPath"]),
        (bound(source=NFS), ["subPathExpr", "ephemeral"]),
        (bound((RWX,), NFS), []),
    ],
)
def test_what_fits_best_comes_first_and_what_is_fine_needs_nothing(items: list[Object], names: list[str]) -> None:
    assert list(instead(*items)) == names


def test_a_claim_of_its_own_is_ready_only_where_a_class_provisions() -> None:
    claim = pvc("data", "ns", "20Gi", storage_class="fast", modes=(RWOP,))
    fast = storage_class("fast", provisioner="disk.example.com")

    own = instead(claim, fast)["ephemeral"]
    assert own.ready
    assert volume_of(own) == {
        "name": "data",
        "persistentVolumeClaim": None,
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "20Gi"}},
                    "storageClassName": "fast",
                }
            }
        },
    }
    assert not instead(claim, storage_class("fast"))["ephemeral"].ready
    default = merge(fast, {"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}})
    by_default = instead(pvc("data", "ns", modes=(RWOP,)), default)["ephemeral"]
    assert by_default.ready
    assert "storageClassName" not in volume_of(by_default)["ephemeral"]["volumeClaimTemplate"]["spec"]


def test_a_local_volume_takes_the_class_that_is_there() -> None:
    local = instead(*bound(node="n2"), storage_class("disks", "WaitForFirstConsumer"))["local"]

    assert volume_of(local)["ephemeral"]["volumeClaimTemplate"]["spec"]["storageClassName"] == "disks"
    assert not local.ready


def test_a_folder_for_each_node_changes_every_mount_of_every_container() -> None:
    own = using(mount={"subPath": "logs/"})
    init = with_mounts([{"name": "data", "mountPath": "/init"}, {"name": "other", "mountPath": "/x"}], "prepare")
    spec = {"initContainers": [init, with_mounts([{"name": "other", "mountPath": "/y"}], "apart")]}
    own = merge(own, {"spec": {"template": {"spec": spec}}})

    fragment = instead(*bound(source=NFS), own=own)["subPathExpr"].fragment

    source = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    assert fragment["spec"]["template"]["spec"] == {
        "containers": [
            {
                "name": "main",
                "env": [source],
                "volumeMounts": [
                    {"name": "data", "mountPath": "/data", "subPathExpr": "logs/$(NODE_NAME)", "subPath": None}
                ],
            }
        ],
        "initContainers": [
            {
                "name": "prepare",
                "env": [source],
                "volumeMounts": [{"name": "data", "mountPath": "/init", "subPathExpr": "$(NODE_NAME)"}],
            }
        ],
    }


def test_a_variable_that_is_taken_is_not_taken_again() -> None:
    env = {"spec": {"template": {"spec": {"containers": [using()["spec"]["template"]["spec"]["containers"][0]]}}}}
    own = merge(using(), env)
    own["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "NODE_NAME", "value": "x"}]

    fragment = instead(*bound(source=NFS), own=own)["subPathExpr"].fragment

    assert fragment["spec"]["template"]["spec"]["containers"][0]["env"][0]["name"] == "OWN_NODE_NAME"


# folders and ports


def writing(name: str, path: str, mount: Object | None = None, type_: str = "", **more: Any) -> Object:
    """A DaemonSet that writes into a folder of the node."""
    volumes = [{"name": "v", "hostPath": {"path": path} | ({"type": type_} if type_ else {})}]
    made = daemon_set(name, namespace="ns", volumes=volumes, **more)
    spec = {"containers": [with_mounts([{"name": "v", "mountPath": "/v"} | (mount or {})])]}
    own = {"metadata": {"uid": f"uid-{name}"}}
    return merge(stored(merge(made, {"spec": {"template": {"spec": spec}}})), own)


def shared(*items: Object, nodes: tuple[Object, ...] = THREE) -> list[tuple[str, list[str], bool]]:
    """(path, the others, nested) of the DaemonSet ``d``."""
    return [
        (each.path, [other.name for other in each.others], each.contains)
        for each in reviewed(*items, *nodes).host_paths
    ]


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ("/var/log", "/var/log", [("/var/log", ["ns/e"], False)]),
        ("/var/log/", "/var/log", [("/var/log", ["ns/e"], False)]),
        ("/var/log", "/var/log/app", [("/var/log", ["ns/e"], True)]),
        ("/var/log/app", "/var/log", [("/var/log/app", ["ns/e"], True)]),
        ("/", "/var/log", [("/", ["ns/e"], True)]),
        ("/var/log", "/var/logs", []),
        ("/dev", "/dev", []),
        ("/sys/fs/cgroup", "/sys", []),
        ("/run/xtables.lock", "/run/xtables.lock", []),
    ],
)
def test_folders_are_shared_when_they_are_the_same_or_one_lies_in_the_other(
    own: str, other: str, expected: list[tuple[str, list[str], bool]]
) -> None:
    assert shared(writing("d", own), writing("e", other)) == expected


@pytest.mark.parametrize(
    ("own", "shared_path"),
    [
        (writing("d", "/var/log", {"readOnly": True}), None),
        (writing("d", "/var/log", {"subPathExpr": "$(POD_NAME)"}), None),
        (writing("d", "/var/log", {"subPath": "app"}), "/var/log/app"),
        (writing("d", "/var/log", type_="Socket"), None),
        (writing("d", "/var/log", type_="DirectoryOrCreate"), "/var/log"),
        (writing("d", "/var/log", {"name": "another"}), None),
        (writing("d", "/var/log", node_selector={"none": ""}), None),
    ],
    ids=["only read", "a folder for each pod", "a folder in it", "a socket", "a folder", "not mounted", "nowhere"],
)
def test_only_folders_that_are_written_on_the_same_nodes_count(own: Object, shared_path: str | None) -> None:
    found_paths = [path for path, _, _ in shared(own, writing("e", "/var/log"))]

    assert found_paths == ([] if shared_path is None else [shared_path])


def test_other_pods_that_write_there_count_by_their_owner() -> None:
    def replica(name: str, on: str) -> Object:
        volumes = [{"name": "v", "hostPath": {"path": "/var/log"}}]
        made = pod(name, "web", volumes=volumes, node_name=on)
        owner = {"kind": "ReplicaSet", "name": "rs", "uid": "rs", "controller": True}
        spec = {"containers": [with_mounts([{"name": "v", "mountPath": "/v"}])]}
        return merge(made, {"metadata": {"uid": name, "ownerReferences": [owner]}, "spec": spec})

    own = writing("d", "/var/log", node_selector={"kubernetes.io/os": "linux"})
    nodes = (*THREE, node("w1", system="windows"))
    (path,) = reviewed(own, *nodes, replica("a", "n2"), replica("b", "n1"), replica("c", "w1")).host_paths

    assert path.others == (Neighbour("ReplicaSet", "web/rs", ("n1", "n2")),)


def listening(name: str, port: int, protocol: str = "TCP", ip: str = "", **more: Any) -> Object:
    """A DaemonSet that wants a host port."""
    made = daemon_set(name, namespace="ns", **more)
    ports = [{"containerPort": port, "hostPort": port, "protocol": protocol} | ({"hostIP": ip} if ip else {})]
    spec = {"containers": [{"name": "main", "image": "x", "ports": ports}]}
    own = {"metadata": {"uid": f"uid-{name}"}}
    return merge(stored(merge(made, {"spec": {"template": {"spec": spec}}})), own)


@pytest.mark.parametrize(
    ("own", "other", "clash"),
    [
        (listening("d", 80), listening("e", 80), True),
        (listening("d", 80), listening("e", 81), False),
        (listening("d", 80), listening("e", 80, "UDP"), False),
        (listening("d", 80, ip="10.0.0.1"), listening("e", 80), True),
        (listening("d", 80, ip="0.0.0.0"), listening("e", 80, ip="10.0.0.1"), True),
        (listening("d", 80, ip="10.0.0.1"), listening("e", 80, ip="10.0.0.2"), False),
        (listening("d", 80, ip="10.0.0.1"), listening("e", 80, ip="10.0.0.1"), True),
        (listening("d", 80), listening("e", 80, node_selector={"none": ""}), False),
    ],
)
def test_host_ports_clash_by_port_protocol_and_address_where_both_should_run(
    own: Object, other: Object, clash: bool
) -> None:
    ports = reviewed(own, other, *THREE).ports

    assert [[each.name for each in port.others] for port in ports] == ([["ns/e"]] if clash else [])
    if clash:
        assert ports[0].others[0].nodes == ("n1", "n2", "n3")


def test_a_pod_that_holds_the_port_is_named_and_a_static_one_without_its_node() -> None:
    bare = pod("web", "x", host_port=80, node_name="n2")
    mirror = merge(
        pod("proxy-n3", "kube-system", host_port=80, node_name="n3"),
        {"metadata": {"ownerReferences": [{"kind": "Node", "name": "n3", "uid": "n3", "controller": True}]}},
    )
    done = merge(pod("done", "x", host_port=80, node_name="n1"), {"status": {"phase": "Failed"}})

    (port,) = reviewed(listening("d", 80), *THREE, bare, mirror, done).ports

    assert [(each.kind, each.name, each.nodes) for each in port.others] == [
        ("Node", "kube-system/proxy", ("n3",)),
        ("Pod", "x/web", ("n2",)),
    ]


def test_a_surge_on_a_host_port_is_in_its_own_way() -> None:
    (port,) = reviewed(listening("d", 80, max_surge=1), *THREE).ports

    assert (port.surge, port.others) == (True, ())
    assert reviewed(listening("d", 80), *THREE).ports == ()
    assert reviewed(listening("d", 80, strategy="OnDelete"), *THREE).ports == ()


def test_its_own_pods_are_nobody_else() -> None:
    own = listening("d", 80)
    mine = merge(
        owned("n1", ready()),
        {"metadata": {"ownerReferences": [{"kind": "DaemonSet", "name": "d", "uid": "uid-d", "controller": True}]}},
    )

    assert reviewed(own, *THREE, mine).ports == ()


def test_one_node_narrows_neighbours_and_leaves_the_claims_whole() -> None:
    items = (listening("d", 80), listening("e", 80), *THREE)
    (port,) = reviewed(*items, node="n2").ports
    assert port.others[0].nodes == ("n2",)

    claims = (using(), *bound(node="n2"), *THREE)
    assert reviewed(*claims, node="n2").claims[0].problem is Problem.PINNED
    snapshot = snapshot_of([using(node_selector={"none": ""}), *THREE])
    assert review_storage(snapshot, frozenset({"ns/d"}), "n2") == ()
