"""One row of the cure table after the other: the smallest change, as a command where running it makes the pod run."""

from __future__ import annotations

import json
from shlex import split
from typing import Any

import pytest

from kubectl_ds.engine.cures import CURES
from kubectl_ds.model.snapshot import Gap
from tests.controlplane.objects import daemon_set, merge, node, taint, toleration
from tests.controlplane.policies import (
    claim_volume,
    namespace,
    priority_class,
    pv,
    pvc,
    quota,
    storage_class,
)
from tests.engine.explained import changes, commands, holder, only, template, waiting, why
from tests.engine.pods import deleted, failed, owned, ready, revision, running, stored, when
from tests.engine.pods import waiting as container_waiting

Object = dict[str, Any]
WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"


def patch_in(command: str) -> Object:
    """The JSON of ``-p`` in a kubectl command, which a shell can take apart."""
    words = split(command)
    found: Object = json.loads(words[words.index("-p") + 1])
    return found


def terms(*terms: list[Object]) -> Object:
    """Required node affinity."""
    selector = {"nodeSelectorTerms": [{"matchExpressions": each} for each in terms]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": selector}}


def wants(key: str, operator: str, *values: str) -> Object:
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})


# nothing to cure


@pytest.mark.parametrize(
    "pods",
    [[owned("n1", ready())], [owned("n1", container_waiting("ContainerCreating"))]],
    ids=["ok", "starting"],
)
def test_what_is_well_or_on_its_way_needs_no_cure(pods: list[Object]) -> None:
    assert why(*pods).cures == ()


def test_a_pod_that_settles_needs_no_cure() -> None:
    assert (
        why(owned("n1", ready(since=5)), ds=template() | {"spec": template()["spec"] | {"minReadySeconds": 60}}).cures
        == ()
    )


@pytest.mark.parametrize(
    ("passes_by", "items"),
    [
        ("the scheduler tries again soon", []),
        ("the scheduler evicts them by itself", [holder("low", cpu="4", priority=-5)]),
        ("when those that are going away", [merge(holder("leaving", cpu="4"), deleted(5))]),
    ],
    ids=["it fits", "preemption", "pods that leave"],
)
def test_what_passes_by_itself_asks_for_nothing(passes_by: str, items: list[Object]) -> None:
    own = template(cpu="500m")

    cure = only(why(waiting(own), *items, ds=own))

    assert cure.change.startswith("nothing: ")
    assert passes_by in cure.change
    assert cure.command is None


# the controller


def test_a_template_that_names_a_node_is_relieved_of_it() -> None:
    cure = only(why(node("n1"), ds=template(node_name="n2")))

    words = split(cure.command or "")
    assert json.loads(words[-1]) == [{"op": "remove", "path": "/spec/template/spec/nodeName"}]


@pytest.mark.parametrize(
    ("spec", "labels", "words"),
    [
        ({"node_selector": {"disk": "ssd"}}, {}, ["disk=ssd"]),
        ({"node_selector": {"disk": "ssd", "a": "b"}}, {"disk": "hdd"}, ["a=b", "disk=ssd", "--overwrite"]),
        ({"affinity": terms([wants("cores", "Gt", "8")])}, {"cores": "4"}, ["cores=9", "--overwrite"]),
        ({"affinity": terms([wants("cores", "Lt", "8")])}, {"cores": "9"}, ["cores=7", "--overwrite"]),
        ({"affinity": terms([wants("a", "Exists")])}, {}, ["a="]),
        ({"affinity": terms([wants("a", "DoesNotExist")])}, {"a": "b"}, ["a-"]),
        ({"affinity": terms([wants("a", "NotIn", "b")])}, {"a": "b"}, ["a-"]),
        ({"affinity": terms([wants("a", "In", "x"), wants("b", "Exists")], [wants("c", "Exists")])}, {}, ["c="]),
        ({"affinity": terms([wants("b", "In", "x y")], [wants("a", "Exists")])}, {}, ["a="]),
        (
            {"node_selector": {"a": "1"}, "affinity": terms([wants("a", "In", "1"), wants("b", "Exists")])},
            {},
            ["a=1", "b="],
        ),
    ],
)
def test_a_node_gets_the_labels_that_it_lacks(spec: Object, labels: dict[str, str], words: list[str]) -> None:
    cure = only(why(node("n1", labels=labels), ds=template(**spec)))

    assert split(cure.command or "") == ["kubectl", "label", "node", "n1", *words]


@pytest.mark.parametrize(
    "spec",
    [
        {"affinity": terms()},
        {"affinity": terms([wants("cores", "Lt", "0")])},
        {"affinity": terms([wants("a", "In")])},
        {"node_selector": {"a": "1"}, "affinity": terms([wants("a", "In", "2")])},
        {
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [{"matchFields": [wants("metadata.name", "In", "n2")]}]
                    }
                }
            }
        },
    ],
    ids=["no terms", "below nothing", "a term that does not parse", "at odds with itself", "another node's name"],
)
def test_where_no_label_can_do_it_no_command_is_given(spec: Object) -> None:
    cure = only(why(node("n1"), ds=template(**spec)))

    assert cure.command is None
    assert "change the DaemonSet's node affinity" in cure.change


@pytest.mark.parametrize(
    "key",
    [
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
        "node.kubernetes.io/instance-type",
        "beta.kubernetes.io/arch",
    ],
)
def test_a_label_that_says_what_the_node_is_is_never_changed(key: str) -> None:
    cure = only(why(node("n1"), ds=template(node_selector={key: "other", "disk": "ssd"})))

    assert cure.command is None
    assert f"{key} says what the node is" in cure.change


def test_taints_are_tolerated_all_at_once_beside_those_that_are_tolerated_already() -> None:
    own = template(tolerations=[toleration("gpu", value="no")])
    tolerate, remove = why(node("n1", taints=[taint("gpu", value="yes"), taint("old", "NoExecute")]), ds=own).cures

    assert patch_in(tolerate.command or "")["spec"]["template"]["spec"]["tolerations"] == [
        {"key": "gpu", "operator": "Equal", "value": "no"},
        {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
        {"key": "old", "operator": "Exists", "effect": "NoExecute"},
    ]
    assert remove.command == "kubectl taint node n1 gpu:NoSchedule- old:NoExecute-"


def test_the_taint_of_a_state_that_passes_is_not_to_be_taken_off() -> None:
    found = why(node("n1", taints=[taint("node.cloudprovider.kubernetes.io/uninitialized", value="true")]))

    assert len(commands(found)) == 1
    assert "tolerations" in commands(found)[0]


def test_a_dead_node_must_come_back_and_no_toleration_helps() -> None:
    cure = only(why(node("n1", taints=[taint("node.kubernetes.io/unreachable"), taint("gpu")])))

    assert cure.command is None
    assert cure.change == "the kubelet of n1 must report again; until then no pod can start"


def test_labels_and_taints_are_cured_by_one_line_of_two_commands() -> None:
    found = why(node("n1", taints=[taint("gpu")]), ds=template(node_selector={"disk": "ssd"}))

    first, second = (only(found).command or "").split(" && ")
    assert first == "kubectl label node n1 disk=ssd"
    assert second.startswith("kubectl patch daemonset d -n ns -p ")
    assert only(found).change == "label the node as required: disk=ssd; tolerate gpu:NoSchedule"


def test_where_one_of_several_has_no_command_none_is_promised() -> None:
    found = why(node("n1", taints=[taint("gpu")]), ds=template(node_selector={"kubernetes.io/arch": "arm64"}))

    assert commands(found) == []
    label, toleration_ = changes(found)
    assert "is not to be changed" in label
    assert toleration_.startswith("tolerate gpu:NoSchedule: kubectl patch daemonset d -n ns -p ")


# the API server


def refused(message: str, nodes: int = 1) -> list[Object]:
    """Nodes without a pod, and the event that says why."""
    event = {
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "ns"},
        "involvedObject": {"kind": "DaemonSet", "name": "d", "namespace": "ns", "uid": "ds-uid"},
        "reason": "FailedCreate",
        "message": f"Error creating: {message}",
        "count": 3,
        "lastTimestamp": when(5),
    }
    return [event, *(node(f"n{number}") for number in range(1, nodes + 1))]


EXCEEDED = 'pods "d-x" is forbidden: exceeded quota: q, requested: {}, used: {}, limited: {}'


@pytest.mark.parametrize(
    ("figures", "hard"),
    [
        (("pods=1", "pods=7", "pods=7"), {"pods": "9"}),
        (("requests.cpu=250m", "requests.cpu=3800m", "requests.cpu=4"), {"requests.cpu": "4300m"}),
        (("limits.memory=64Mi", "limits.memory=1Gi", "limits.memory=1Gi"), {"limits.memory": "1152Mi"}),
        (
            ("pods=1,requests.cpu=1", "pods=1,requests.cpu=2", "pods=1,requests.cpu=2"),
            {"pods": "3", "requests.cpu": "4"},
        ),
    ],
    ids=["pods", "cpu", "memory", "two at once"],
)
def test_a_quota_is_raised_for_every_node_that_lacks_a_pod(figures: tuple[str, str, str], hard: Object) -> None:
    cure = only(why(*refused(EXCEEDED.format(*figures), nodes=2)))

    assert split(cure.command or "")[:5] == ["kubectl", "patch", "resourcequota", "q", "-n"]
    assert patch_in(cure.command or "") == {"spec": {"hard": hard}}


OTHERS: list[tuple[str, str, str | None]] = [
    (
        'pods "d-x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
        "let the namespace run privileged pods",
        "kubectl label namespace ns pod-security.kubernetes.io/enforce=privileged --overwrite",
    ),
    (
        'pods "d-" is forbidden: error looking up service account ns/absent: serviceaccount "absent" not found',
        "create the ServiceAccount",
        "kubectl create serviceaccount absent -n ns",
    ),
    (
        'pods "d-" is forbidden: no PriorityClass with name gone was found',
        "ask for no priority class",
        "kubectl patch daemonset d -n ns --type=json -p "
        '\'[{"op":"remove","path":"/spec/template/spec/priorityClassName"}]\'',
    ),
    (
        'Internal error occurred: failed calling webhook "policy.example.com": connection refused',
        "webhook policy.example.com must answer, and let these pods in; whoever runs it knows why it does not",
        None,
    ),
    (
        "pods is forbidden: pod node label selector conflicts with its namespace node label selector",
        "let the template's nodeSelector agree with the namespace's annotation, or change that one",
        None,
    ),
    (
        'pods "d-x" is forbidden: maximum cpu usage per Container is 3, but limit is 4',
        "ask for amounts within the LimitRanges of the namespace: kubectl describe limits -n ns",
        None,
    ),
    (
        'pods "d-x" is forbidden: failed quota: q: must specify limits.cpu for: main',
        "raise quota q, or give every container the amounts it demands",
        None,
    ),
    ("something nobody has ever said", "change the pod template, or what refuses it", None),
]


@pytest.mark.parametrize(("message", "change", "command"), OTHERS, ids=[case[1] for case in OTHERS])
def test_what_the_api_server_refuses_is_cured_by_the_plugin_that_refuses_it(
    message: str, change: str, command: str | None
) -> None:
    cure = only(why(*refused(message)))

    assert (cure.change, cure.command) == (change, command)


CONFLICT = "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist"


def test_a_whitelist_is_widened_by_what_it_lacks_or_taken_away() -> None:
    spaces = namespace("ns", annotations={WHITELIST: json.dumps([toleration("a")])})
    widen, remove = why(spaces, *refused(CONFLICT), ds=template(tolerations=[toleration("b")])).cures

    *head, value = split(widen.command or "")
    assert head == ["kubectl", "annotate", "namespace", "ns", "--overwrite"]
    keys = [each["key"] for each in json.loads(value.removeprefix(f"{WHITELIST}="))]
    assert keys[:2] == ["a", "b"]
    assert len(keys) == 8
    assert remove.command == f"kubectl annotate namespace ns {WHITELIST}-"


@pytest.mark.parametrize("annotation", ["x", "[]", ""])
def test_a_whitelist_that_cannot_be_widened_can_only_be_taken_away(annotation: str) -> None:
    spaces = namespace("ns", annotations={WHITELIST: annotation})

    assert commands(why(spaces, *refused(CONFLICT))) == [f"kubectl annotate namespace ns {WHITELIST}-"]


def test_where_no_event_tells_why_there_is_no_pod_the_events_are_pointed_at() -> None:
    cure = only(why())

    assert cure.command is None
    assert cure.change.endswith("kubectl describe daemonset d -n ns")


# the scheduler


def test_requests_are_lowered_to_what_is_free_of_every_short_resource_at_once() -> None:
    own = template(cpu="900m", memory="900Mi")
    found = why(waiting(own), node("n1", cpu="1", memory="1Gi"), holder("a", cpu="600m", memory="512Mi"), ds=own)

    assert commands(found)[0] == ("kubectl set resources daemonset d -n ns -c main --requests=cpu=400m,memory=512Mi")


def test_a_request_is_never_lowered_to_next_to_nothing() -> None:
    own = template(cpu="900m")
    found = why(waiting(own), node("n1", cpu="1"), holder("a", cpu="900m"), ds=own)

    assert commands(found) == []


def test_only_a_container_that_can_give_up_what_is_short_is_lowered() -> None:
    own = template(cpu="100m")
    beside = {"name": "beside", "image": "x", "resources": {"requests": {"cpu": "700m"}}}
    own["spec"]["template"]["spec"]["containers"].append(beside)

    assert commands(why(waiting(own), node("n1", cpu="500m"), ds=own)) == [
        "kubectl set resources daemonset d -n ns -c beside --requests=cpu=400m"
    ]
    own["spec"]["template"]["spec"]["initContainers"] = [beside | {"name": "init"}]
    assert commands(why(waiting(own), node("n1", cpu="500m"), ds=own)) == []


def test_an_init_container_is_lowered_when_it_alone_is_too_large() -> None:
    first = {"name": "first", "image": "x", "resources": {"requests": {"cpu": "900m"}}}
    own = template(cpu="100m", template={"spec": {"initContainers": [first]}})

    assert commands(why(waiting(own), node("n1", cpu="500m"), ds=own)) == [
        "kubectl set resources daemonset d -n ns -c first --requests=cpu=500m"
    ]


def test_a_container_with_a_limit_alone_asks_for_it_and_can_ask_for_less() -> None:
    own = template(limits={"cpu": "900m"})
    asked = {"spec": {"containers": [{"name": "main", "image": "x", "resources": {"requests": {"cpu": "900m"}}}]}}

    assert commands(why(waiting(own, "n1", asked), node("n1", cpu="500m"), ds=own)) == [
        "kubectl set resources daemonset d -n ns -c main --requests=cpu=500m"
    ]


def test_a_container_that_somebody_put_in_is_not_the_templates_to_lower() -> None:
    own = template(cpu="100m")
    injected = {"name": "mesh", "image": "x", "resources": {"requests": {"cpu": "900m"}}}
    asked = {"spec": {"containers": [*own["spec"]["template"]["spec"]["containers"], injected]}}

    assert commands(why(waiting(own, "n1", asked), node("n1", cpu="500m"), ds=own)) == []


def test_whoever_holds_a_port_goes_for_a_higher_priority() -> None:
    own = template(host_port=80)
    found = why(waiting(own), node("n1"), holder("web", host_port=80), priority_class("agent", 7), ds=own)

    assert [each.command is None for each in found.cures] == [True, False]
    assert found.cures[1].change == "give it priority class agent (7); it would evict other/web"


def test_another_scheduler_must_run_for_a_pod_that_nothing_refuses() -> None:
    own = template(template={"spec": {"schedulerName": "mine"}})

    cure = only(why(waiting(own), ds=own))

    assert cure.change.startswith("see that its own scheduler runs, mine")


def test_the_lowest_priority_class_that_makes_room_is_proposed_with_whom_it_costs() -> None:
    own = template(cpu="800m")
    classes = [
        priority_class("high", 900),
        priority_class("low", 5),
        priority_class("polite", 7, preemption_policy="Never"),
    ]
    classes += [priority_class("middle", 50), priority_class("system", 2_000_000_000)]
    found = why(waiting(own), node("n1", cpu="1"), holder("a", cpu="1", priority=10), *classes, ds=own)

    (cure,) = [each for each in found.cures if each.command]
    assert cure.change == "give it priority class middle (50); it would evict other/a"
    assert patch_in(cure.command or "") == {"spec": {"template": {"spec": {"priorityClassName": "middle"}}}}


def test_without_such_a_class_the_priority_that_it_takes_is_named() -> None:
    own = template(cpu="800m")
    found = why(waiting(own), node("n1", cpu="1"), holder("a", cpu="1"), ds=own)

    assert changes(found) == ["give it a priority above 0, for which no class is there; it would evict other/a"]


def test_what_no_priority_can_cure_needs_a_larger_node() -> None:
    own = template(cpu="3")
    found = why(waiting(own), node("n1", cpu="500m"), ds=own)

    assert changes(found) == ["a larger node, or fewer pods on it: nothing of this DaemonSet can be lowered"]


def test_gates_are_taken_out_of_the_template_or_off_the_pod() -> None:
    gates = {"schedulingGates": [{"name": "example.com/wait"}]}
    own = stored(daemon_set("d", namespace="ns", template={"spec": gates}))

    assert "/spec/template/spec/schedulingGates" in commands(why(waiting(own), ds=own))[0]
    plain = template()
    alone = commands(why(waiting(plain, "n1", {"spec": gates}), ds=plain))[0]
    assert split(alone)[:6] == ["kubectl", "patch", "pod", "d-n1", "-n", "ns"]


WAITING: list[tuple[str, Object, list[Object], str]] = [
    (
        "NodePorts",
        template(host_port=80),
        [holder("web", host_port=80)],
        "give this DaemonSet or other/web another host port; one port serves one pod a node",
    ),
    (
        "VolumeBinding",
        template(volumes=[claim_volume("data")]),
        [],
        "create the claim, or name one that exists; what fits: kubectl ds storage d -n ns",
    ),
    (
        "VolumeBinding",
        template(volumes=[claim_volume("data")]),
        [pvc("data", "ns", storage_class="gone")],
        "create the storage class, or a claim of a class that exists; what fits: kubectl ds storage d -n ns",
    ),
    (
        "VolumeBinding",
        template(volumes=[claim_volume("data")]),
        [pvc("data", "ns", storage_class="slow"), storage_class("slow")],
        "let the claim be bound first: its own events say what it waits for; what fits: kubectl ds storage d -n ns",
    ),
    (
        "VolumeRestrictions",
        template(volumes=[claim_volume("data")]),
        [
            merge(
                pvc("data", "ns", modes=("ReadWriteOncePod",), volume="v"),
                {"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "status": {"phase": "Bound"}},
            ),
            pv("v", modes=("ReadWriteOncePod",)),
            holder("db", space="ns", volumes=[claim_volume("data")]),
        ],
        "give each pod storage of its own, or a claim whose volume allows this; what fits: kubectl ds storage d -n ns",
    ),
    (
        "PodTopologySpread",
        stored(
            daemon_set(
                "d",
                namespace="ns",
                template={
                    "spec": {
                        "topologySpreadConstraints": [
                            {
                                "maxSkew": 1,
                                "topologyKey": "rack",
                                "whenUnsatisfiable": "DoNotSchedule",
                                "labelSelector": {"matchLabels": {"app": "d"}},
                            }
                        ]
                    }
                },
            )
        ),
        [],
        "give the node its label rack, which the constraint needs",
    ),
    (
        "InterPodAffinity",
        template(
            affinity={
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {
                            "topologyKey": "kubernetes.io/hostname",
                            "labelSelector": {"matchLabels": {"app": "web"}},
                            "namespaceSelector": {},
                        }
                    ]
                }
            }
        ),
        [merge(holder("web"), {"metadata": {"labels": {"app": "web"}}})],
        "loosen the rule, or move other/web",
    ),
]


@pytest.mark.parametrize(
    ("code", "own", "items", "change"), WAITING, ids=[f"{case[0]}: {case[3][:30]}" for case in WAITING]
)
def test_what_no_command_cures_says_what_to_do_instead(
    code: str, own: Object, items: list[Object], change: str
) -> None:
    found = why(waiting(own), *items, ds=own)

    assert found.decision.causes[0].code == code
    assert changes(found)[0] == change
    assert commands(found) == []


def test_what_could_not_be_read_is_named_and_nothing_else_is_proposed() -> None:
    own = template(host_port=80)
    gaps = (Gap("pods", "other", "pods is forbidden"), Gap("pods", None, "pods is forbidden"))
    found = why(ds=own, gaps=gaps)

    assert changes(found) == ["somebody who may list pods can tell"]


# the kubelet and the node


def crash(reason: str = "Error") -> Object:
    return {"exitCode": 1, "reason": reason, "finishedAt": when(20)}


LOGS = "kubectl logs d-n1 -n ns -c main"
RUNNING: list[tuple[str, Object, str]] = [
    ("crashing", container_waiting("CrashLoopBackOff", "", 7, crash()), f"{LOGS} --previous"),
    ("out of memory", container_waiting("CrashLoopBackOff", "", 7, crash("OOMKilled")), "raise the container's memory"),
    (
        "no image",
        container_waiting("ImagePullBackOff", "Back-off pulling image"),
        "name an image that the node can pull; registry.example/agent:1.0 it cannot",
    ),
    (
        "no configuration",
        container_waiting("CreateContainerConfigError", 'secret "x" not found'),
        'give the container what it names: secret "x" not found',
    ),
    ("a failing probe", running(), "its readiness probe fails, and says how in: kubectl describe pod d-n1 -n ns"),
    ("evicted", failed("Evicted", "low on memory"), "the controller replaces the pod with back-off"),
    ("refused by the kubelet", failed("OutOfcpu", "too much"), "free cpu on n1: its kubelet counts"),
]


@pytest.mark.parametrize(("state", "change"), [case[1:] for case in RUNNING], ids=[case[0] for case in RUNNING])
def test_a_failing_pod_is_cured_by_nobody_from_here_but_says_where_to_look(state: Object, change: str) -> None:
    cure = only(why(owned("n1", state)))

    assert change in cure.change
    assert cure.command is None


def test_a_pod_that_does_not_go_is_forgotten_by_force_once_its_time_is_over() -> None:
    assert why(owned("n1", ready(), deleted(10))).cures == ()
    cure = only(why(owned("n1", ready(), deleted(400))))
    assert cure.command == "kubectl delete pod d-n1 -n ns --grace-period=0 --force"


def test_a_pod_that_finalizers_hold_waits_for_whoever_set_them() -> None:
    held = {"metadata": {"finalizers": ["example.com/keep"]}}

    cure = only(why(owned("n1", ready(), deleted(400), held)))

    assert cure.change == "whoever set the finalizers must take them off: example.com/keep"


def unreachable() -> Object:
    lost = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "lastTransitionTime": when(900)}
    return merge(node("n1"), {"status": {"conditions": [lost]}})


def test_a_pod_on_a_lost_node_needs_the_node_and_can_be_forgotten_meanwhile() -> None:
    found = why(unreachable(), owned("n1", ready(), deleted(400)))

    assert commands(found) == []
    forget, mend = changes(found)
    assert forget.endswith("kubectl delete pod d-n1 -n ns --grace-period=0 --force")
    assert mend == "the fault is the node's (Ready): kubectl describe node n1"


def test_a_bad_revision_is_undone() -> None:
    own = template()
    older = revision(own, "old", 1)
    newer = revision(own, "new", 2)
    bad = container_waiting("ImagePullBackOff", "Back-off pulling image")
    found = why(
        *(node("n1"), node("n2")),
        *(older, newer),
        *(owned("n1", bad), owned("n2", ready(), hash_="old")),
        ds=own,
    )

    undo, look = found.cures
    assert undo.command == "kubectl rollout undo daemonset/d -n ns"
    assert "name an image that the node can pull" in look.change


# manifests


def test_a_manifest_is_changed_by_whoever_writes_it_and_the_cluster_by_a_command() -> None:
    own = daemon_set("d", namespace="ns")
    tolerate, remove = why(node("n1", taints=[taint("gpu")]), ds=own, predicted=True).cures

    assert (tolerate.change, tolerate.command) == ("in the manifest: tolerate gpu:NoSchedule", None)
    assert remove.command == "kubectl taint node n1 gpu:NoSchedule-"


def test_a_quota_is_raised_for_all_the_pods_of_a_manifest() -> None:
    own = daemon_set("d", namespace="ns")
    full = merge(quota("q", {"pods": "5"}, "ns"), {"status": {"hard": {"pods": "5"}, "used": {"pods": "5"}}})
    found = why(node("n1"), node("n2"), node("n3"), full, ds=own, predicted=True)

    assert patch_in(commands(found)[0]) == {"spec": {"hard": {"pods": "8"}}}


def test_a_quota_with_room_for_some_is_to_be_raised_by_its_owner() -> None:
    own = daemon_set("d", namespace="ns")
    tight = merge(quota("q", {"pods": "5"}, "ns"), {"status": {"hard": {"pods": "5"}, "used": {"pods": "4"}}})
    found = why(node("n1"), node("n2"), tight, ds=own, predicted=True)

    assert changes(found) == ["raise the quota: it lets in 1 of the pods, and nobody knows which"]


def test_every_command_is_one_that_a_shell_takes_as_it_is() -> None:
    odd = "a\"b'c $(x)"
    found = why(node("n1", taints=[taint("gpu", value=odd)]))

    made = patch_in(commands(found)[0])["spec"]["template"]["spec"]["tolerations"]
    assert made[0]["value"] == odd


def test_every_code_of_the_table_is_one_that_causes_have() -> None:
    upstream = {
        *("NodeName", "NodeAffinity", "TaintToleration", "SchedulingGates", "NodeUnschedulable", "NodePorts"),
        *("NodeResourcesFit", "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone"),
        *("PodTopologySpread", "InterPodAffinity", "DynamicResources", "FailedCreate", "OldRevision", "Terminating"),
        *("Evicted", "NodeNotReady", "NodeUnreachable", "NodePressure"),
    }
    assert set(CURES) <= upstream
