"""``kubectl ds get -w`` beside ``kubectl get ds -w``: what was there, and every change, in the same bytes."""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from . import wait
from .cluster import Cluster
from .objects import daemon_set
from .side_by_side import Running, SideBySide, fill, twin, write_files
from .test_get_through_kubectl import lines_of

BEGINNINGS = r"""
-w
-w -A
-w -o wide
-w -o json
-w -o yaml
-w -o kyaml
-w -o name
-w -o custom-columns=N:.metadata.name
-w -o jsonpath={.metadata.name}
-w fluentd
-w fluentd -o yaml
-w fluentd exporter
-w absent
-w absent --ignore-not-found
-w -l app=fluentd
-w -l app=nobody
-w -l 'app in'
-w --output-watch-events
-w --output-watch-events -A
-w --output-watch-events -o json
-w --output-watch-events -o yaml
-w --output-watch-events -o kyaml
-w --output-watch-events -o name
-w --output-watch-events -o custom-columns=N:.object.metadata.name,T:.type
-w --output-watch-events -o jsonpath={.object.metadata.name}
-w --output-watch-events fluentd
-w --sort-by .metadata.name
-w --sort-by .status.desiredNumberScheduled
--watch-only --sort-by .metadata.name
--watch-only
--watch-only fluentd
--watch-only -o json
--watch-only -f fluentd.yaml
-w -f fluentd.yaml
-w -f fluentd.yaml -o json
-w -f many
-w --no-headers
-w --show-labels -L app
-w --show-kind
-w --server-print=false
-w --server-print=false -A --output-watch-events
-w --chunk-size=2
-w --chunk-size=2 -o json
-w --subresource=status fluentd
-w -o foo
-w fluentd -A
-w --field-selector metadata.name=fluentd
-w -o go-template={{.metadata.name}}
-w -n absent
-w -f many/a.yaml
--watch-only fluentd -o json
-w --chunk-size=2 -o name
-w --chunk-size=2 -o custom-columns=N:.metadata.name,I:.items[*].metadata.name
-w --chunk-size=2 -o jsonpath={.items[*].metadata.name}
-w --chunk-size=2 -o yaml --output-watch-events
-w fluentd absent
"""
"""Watches that nothing happens in, until their time is up."""

WATCHES = r"""
-w
-w -o wide --show-labels
-w -A --output-watch-events
-w --output-watch-events -o json
-w -o yaml
-w -o kyaml --output-watch-events
-w -o name
-w -o custom-columns=N:.metadata.name,L:.metadata.labels
-w -o custom-columns=T:.type,N:.object.metadata.name --output-watch-events
-w -o jsonpath={.metadata.name}/{.status.desiredNumberScheduled}+
-w -l app=agent --output-watch-events
-w fluentd --output-watch-events
-w fluentd -o jsonpath={.metadata.labels}+
-w -f fluentd.yaml
--watch-only
--watch-only --output-watch-events -o name
-w --server-print=false --output-watch-events
-w --no-headers --field-selector metadata.name!=agent-1
"""
"""Watches in which all that ``change`` does happens."""


@pytest.fixture
def both(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SideBySide:
    """Both programs in a folder of manifests, before a cluster of six DaemonSets."""
    fill(cluster)
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return SideBySide(cluster, tmp_path)


ONE_ALONE = "--watch-only fluentd --output-watch-events"
"""kubectl forgets the columns of this one."""


def test_a_watch_begins_and_ends_as_kubectls(both: SideBySide) -> None:
    lines = lines_of(BEGINNINGS)

    def differ(line: str) -> object:
        arguments = [*shlex.split(line), "--request-timeout=1s"]
        return both.differ(twin("get", arguments), ["get", *arguments])

    with ThreadPoolExecutor(8) as pool:
        told = dict(zip(lines, pool.map(differ, lines), strict=True))
    assert {line: different for line, different in told.items() if different is not None} == {}


def test_every_change_is_printed_as_kubectl_prints_it(both: SideBySide, cluster: Cluster, tmp_path: Path) -> None:
    lines = lines_of(WATCHES)
    running = {line: both.begin(line, tmp_path / f"watch-{at}") for at, line in enumerate([*lines, ONE_ALONE])}
    alone = running.pop(ONE_ALONE)
    try:
        for line, pair in running.items():
            if "--watch-only" not in line:
                wait.eventually(partial(_all_shown, pair), 60, f"the beginning of {line}")
        change(cluster)
        for line, pair in running.items():
            wait.eventually(partial(_same, pair), 20, f"the same from both: {line}")
        wait.eventually(partial(_all_shown, alone), 20, "the events of one name alone")
        assert [each.shown.split("\n")[0].split()[:2] for each in alone] == [["EVENT"], ["EVENT", "NAME"]]
    finally:
        for theirs, ours in [*running.values(), alone]:
            theirs.end()
            ours.end()
    assert running["-w"][0].shown.count("\n") > 8, "else nothing was seen to change"


def _all_shown(pair: tuple[Running, Running]) -> bool:
    return all(each.shown for each in pair)


def _same(pair: tuple[Running, Running]) -> bool:
    theirs, ours = (each.shown for each in pair)
    assert ours == theirs
    return True


def change(cluster: Cluster) -> None:
    """A label, a new DaemonSet, a new image, a deletion."""
    space = cluster.namespace
    cluster.client.patch("daemonsets", "fluentd", {"metadata": {"labels": {"mark": "one"}}}, space)
    cluster.create(daemon_set("zz-new", space, labels={"app": "agent", "tier": "new"}, image="é:2"))
    cluster.settle()
    cluster.client.patch("daemonsets", "agent-2", {"metadata": {"labels": {"app": "other"}}}, space)
    cluster.client.delete("daemonsets", "zz-new", space)
    cluster.client.patch("daemonsets", "fluentd", {"metadata": {"labels": {"mark": "two"}}}, space)
    cluster.settle()
