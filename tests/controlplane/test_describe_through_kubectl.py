"""``kubectl ds describe`` beside ``kubectl describe ds``: ours begins with kubectl's whole text, and then goes on."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from . import wait
from .cluster import Cluster
from .policies import role, role_binding, rule
from .side_by_side import SideBySide, fill, twin, write_files
from .test_get_through_kubectl import lines_of

LINES = r"""

fluentd
fluentd exporter
flu
agent
agent-
absent
absent fluentd
absent other
ds/fluentd
ds/flu
ds/absent
ds fluentd
ds
fluentd ds/exporter
-n absent
-n absent x
-A
-A -l app=agent
-l app=agent
-l app=nobody
-l 'app in'
-l app=nobody -A
fluentd -l app=x
fluentd -A
flu -A
elsewhere -n default
--show-events=false
fluentd --show-events=false
fluentd --show-events=true
fluentd --show-events
--show-events=maybe
--chunk-size=2
--chunk-size=0
fluentd --chunk-size=1
flu --chunk-size=1
-f fluentd.yaml
-f many
-f many/a.yaml
-f nope.yaml
-f fluentd.yaml fluentd
-f fluentd.yaml -n default
-k k
""
a%b
..
fluentd fluentd
agent-1 agent-2 agent
ds/a/b
--foo
fluentd --output json
-f fluentd.yaml -l app=x
-f fluentd.yaml -l app=fluentd
"""
"""Invocations, one a line; the first has no arguments."""


def test_describe_begins_as_kubectls_in_every_form(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(cluster)
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    both = SideBySide(cluster, tmp_path, begins=True)
    different = {}
    for line in lines_of(LINES):
        arguments = shlex.split(line)
        told = both.differ(twin("describe", arguments), ["describe", *arguments])
        if told is not None:
            different[line] = told
    assert different == {}
    assert len(lines_of(LINES)) >= 50


def test_of_a_manifest_describe_shows_the_daemon_sets_alone(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(cluster)
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    both = SideBySide(cluster, tmp_path)
    theirs, ours = (run("describe", "-f", "many/deep") for run in (both.kubectl, both.ours))
    first = theirs.out.partition("\n\n\n")[0]
    assert first.startswith("Name:           agent-1\n")
    assert ours.out.startswith(first)
    assert (theirs.fine, ours.fine) == (True, False)
    assert ours.err == 'error: only DaemonSets are described here, and "default" is a Namespace\n'


def test_where_pods_may_not_be_listed_both_say_so_and_ours_tells_what_is_known(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.nodes("n1")
    cluster.daemon_set("agent")
    readable = [rule(["get", "list"], ["daemonsets", "controllerrevisions", "events"])]
    cluster.create(
        role("inside", readable, cluster.namespace), role_binding("inside", "inside", "viewer", cluster.namespace)
    )
    both = SideBySide(cluster, tmp_path, user="viewer")
    theirs = wait.eventually(
        lambda: said if "pods is forbidden" in (said := both.kubectl("describe", "ds", "agent")).err else None
    )
    ours = both.ours("describe", "agent")
    assert (theirs.out, theirs.fine, ours.fine) == ("", False, False)
    assert ours.err == theirs.err
    assert ours.out.startswith("Update Strategy:")
