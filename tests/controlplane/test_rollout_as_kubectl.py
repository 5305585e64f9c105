"""``rollout history``, ``undo``, ``restart``, ``status`` beside kubectl: the same bytes, the same object in the end."""

from __future__ import annotations

import json
import re
import shlex
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runs import Ran
from tests.controlplane import build
from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import daemon_set
from tests.controlplane.rollouts import EVERYWHERE, IMAGE, NEXT_IMAGE, NODES, ds, kubectl
from tests.controlplane.wait import eventually

Object = dict[str, Any]

READING = """
history ds
history ds agent
history ds/agent
history daemonset.apps/agent
history DaemonSets agent other
history ds agent agent
history ds agent nope --revision=1
history ds --revision=2
history ds other --revision=9
history ds agent --revision=-1
history ds agent --revision=0
history ds agent --revision=two
history ds agent --revision=99999999999999999999
history
history ds nope nada
history ds/nope ds/agent
history ds agent ds/other
history ds -l app=nobody
history ds -l app=agent
history ds -l 'app in (agent, other)' --revision=1
history ds -l 'app=='
history ds agent -l app=agent
history ds/agent -l app=agent
history ds/x -n nowhere
history ds -n nowhere
history ds -o name
history ds -o json
history ds -o yaml
history ds -o kyaml
history ds agent --revision=2 -o json
history ds agent --revision=2 -o yaml --show-managed-fields
history ds agent -o jsonpath={.spec.template.spec.containers[0].image}
history ds agent -o go-template={{.metadata.name}}
history ds agent -o custom-columns=A:.metadata.name
history ds -o table
history -f FILE
history -f /nonexistent.yaml
undo ds/agent --dry-run=client
undo ds agent other --dry-run=client
undo ds --dry-run=server
undo ds/agent --dry-run=wet
undo ds/agent --to-revision=9
undo ds/agent --to-revision=-1
undo ds/agent --to-revision=x
undo ds/agent --to-revision=3
undo ds/agent --to-revision=3 --dry-run=server
undo ds/agent --to-revision=1 --dry-run=server -o yaml
undo ds/agent --dry-run=client -o name
undo ds/agent --dry-run=client -o json
undo ds nope
undo ds nope agent --dry-run=server
undo ds nope nada
undo ds -l app=nobody
undo
undo ds/single
undo -f FILE --dry-run=server
restart
restart ds nope
restart ds nope nada
restart ds -l app=nobody
restart ds/agent -l app=agent
status
status ds
status ds agent
status ds/agent --watch=false
status ds agent nope
status ds/nope
status ds -l app=nobody
status ds agent --timeout=5
status ds agent --timeout=1h30
status ds agent --timeout=5x
status ds agent --timeout=1m2y3
status ds agent --timeout=
status ds agent --timeout=soon
status ds agent --timeout=1h30m
status ds agent --revision=-2
status ds agent --watch=maybe
"""
"""Command lines that change nothing."""


@pytest.fixture(scope="module")
def desk(planes: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Cluster, Path]:
    """Three DaemonSets that have been updated, applied, or neither; and a file that names the first."""
    cluster: Cluster = planes.get()
    cluster.begin()
    cluster.nodes(*NODES)
    make(cluster, "agent", annotations={"kubernetes.io/change-cause": "the <first>"})
    make(cluster, "other", max_surge=1, host_network=True)
    cluster.daemon_set("single", image=IMAGE)
    for name in ("agent", "other"):
        cluster.kubectl("set", "image", f"ds/{name}", f"main={NEXT_IMAGE}", check=True)
    cluster.kubectl("annotate", "ds/agent", "kubernetes.io/change-cause=second & last", "--overwrite", check=True)
    cluster.kubectl("set", "env", "ds/agent", "LEVEL=<debug>", check=True)
    cluster.settle()
    file = tmp_path_factory.mktemp("manifests") / "agent.yaml"
    file.write_text("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\n")
    return cluster, file


def make(cluster: Cluster, name: str, **fields: Any) -> None:
    """A DaemonSet that ``kubectl apply`` has made."""
    made = daemon_set(name, image=IMAGE, tolerations=[EVERYWHERE], **fields)
    cluster.kubectl("apply", "-f", "-", input=json.dumps(made), check=True)


def told(ran: Ran) -> tuple[str, str, bool]:
    """What a run comes to, but for the name of the program and the form of a warning."""
    errors = re.sub(r"(?m)^W\d{4} \S+ +\d+ \S+\] ", "Warning: ", ran.err).replace("kubectl ds ", "kubectl ")
    return ran.out, errors, ran.code == 0


@pytest.mark.parametrize("line", READING.split("\n")[1:-1])
def test_what_kubectl_answers_is_answered_in_the_same_bytes(desk: tuple[Cluster, Path], line: str) -> None:
    cluster, file = desk
    if "--to-revision=3" in line and cluster.plane.settings.version != build.NEWEST:
        pytest.skip("kubectl takes a template with a null that only older servers write for another template")
    words = [str(file) if word == "FILE" else word for word in shlex.split(line)]

    assert told(ds(cluster, *words)) == told(kubectl(cluster, *words))


CHANGES = (
    "undo ds/NAME",
    "undo ds/NAME",
    "undo ds/NAME --to-revision=3 -o name",
    "undo ds NAME --to-revision=6",
    "restart ds/NAME",
    "restart ds/NAME -o name",
    "undo daemonset/NAME --dry-run=server",
    "undo ds/NAME -o json",
    "restart ds/NAME --field-manager=me",
    "undo ds/NAME",
)
"""One after the other, by kubectl and by us, on two DaemonSets of one kind."""


def comparable(cluster: Cluster, name: str) -> Object:
    """The whole object but for who it is, when it was, and what the controller has come to."""
    found = cluster.client.get("daemonsets", name, cluster.namespace)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", json.dumps(found).replace(name, "NAME"))
    kept: Object = json.loads(text)
    for field in ("uid", "resourceVersion"):
        del kept["metadata"][field]
    kept["metadata"]["managedFields"] = sorted(  # the server puts them in the order of their times
        (each for each in kept["metadata"]["managedFields"] if each.get("subresource") != "status"),
        key=lambda each: (each["manager"], each["operation"]),
    )
    del kept["status"]
    return kept


def nameless(text: str, name: str) -> str:
    """What a run printed, but for names, identities and times."""
    text = re.sub(r'"(uid|resourceVersion)": "[^"]*"', r'"\1": ""', text.replace(name, "NAME"))
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    return re.sub(r'(?s)"status": \{.*?\n    \}', '"status": {}', text)


def test_what_kubectl_changes_is_changed_to_the_same_object(cluster: Cluster) -> None:
    cluster.nodes("n1")
    names = ("theirs", "itself")
    for name in names:
        make(cluster, name, labels={"app": name})
        for image in (NEXT_IMAGE, IMAGE + "1", IMAGE + "2", IMAGE + "3"):
            cluster.kubectl("set", "image", f"ds/{name}", f"main={image}", check=True)
            eventually(lambda name=name: at_rest(cluster, name))  # type: ignore[misc]
    for line in CHANGES:
        if line.startswith("restart"):
            time.sleep(1.1)  # two within one second are refused
        theirs = kubectl(cluster, *line.replace("NAME", names[0]).split())
        ours = ds(cluster, *line.replace("NAME", names[1]).split())
        assert theirs.code == 0, theirs.err
        assert [nameless(text, names[1]) for text in told(ours)[:2]] == [
            nameless(text, names[0]) for text in told(theirs)[:2]
        ], line
        assert ours.code == 0
        eventually(lambda: at_rest(cluster, names[0]) and at_rest(cluster, names[1]))
        assert comparable(cluster, names[1]) == comparable(cluster, names[0]), line


def at_rest(cluster: Cluster, name: str) -> bool:
    """Whether the controller has made a revision of the template as it is."""
    found = cluster.client.get("daemonsets", name, cluster.namespace)
    return bool(found["status"].get("observedGeneration") == found["metadata"]["generation"])


def test_a_second_restart_within_a_second_is_refused_as_kubectl_does(cluster: Cluster) -> None:
    cluster.nodes("n1")
    make(cluster, "agent")

    runs = [ds(cluster, "restart", "ds/agent") for _ in range(4)]

    refused = [ran for ran in runs if ran.code]
    assert runs[0].out == "daemonset.apps/agent restarted\n"
    assert refused[0].err == (
        "error: failed to create patch for agent: if restart has already been triggered within the past second, "
        "please wait before attempting to trigger another\n"
    )
