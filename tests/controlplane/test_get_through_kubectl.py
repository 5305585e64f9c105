"""``kubectl ds get`` beside ``kubectl get ds``: the same bytes on both streams, zero where kubectl ends with zero."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from .cluster import Cluster
from .side_by_side import SideBySide, fill, loosely, twin, write_files

TABLES = r"""

-o wide
-A
-A -o wide
-n absent
-n absent x
absent x -n absent
absent
absent fluentd other
fluentd exporter
ds fluentd
ds
ds/fluentd daemonset/exporter
fluentd ds/exporter
ds/a/b
ds/
ds/fluentd,x
""
a%b
a%b fluentd
..
-o NAME
-o Wide
-o foo
fluentd -o foo
absent -o foo
absent fluentd -o foo
-o wide --template x
--show-labels
--show-labels -A
-L app,tier
-L app -L tier -A
--label-columns=app
--no-headers
--no-headers -o wide
--show-kind
fluentd --show-kind
--show-kind -A -o wide --no-headers
--server-print=false
--server-print=false -A
--server-print=false -A --show-labels -L app
--server-print=false -o wide --show-kind
--server-print=false --no-headers fluentd
--server-print
--server-print=true
fluentd -A
ds/fluentd -A
--output-watch-events
--show-managed-fields
-owide
-Aowide
-Ao=name
-o=wide
-An default
-A=false
--all-namespaces=false
--no-headers=false
--no-headers --no-headers=false
-Aq
-n default elsewhere -o wide
--show-labels=true -o wide
"""
"""Tables, and the names that stand for them."""

WHOLE = r"""
-o json
fluentd -o json
fluentd exporter -o json
absent fluentd -o json
absent other -o yaml
absent -o yaml
absent --ignore-not-found -o yaml
absent other --ignore-not-found -o yaml
-l app=nobody -o json
-o yaml
-o YAML
-o JSON fluentd
-o kyaml
fluentd -o kyaml
-o KYAML
-o name
-A -o name
fluentd exporter -o name
absent fluentd -o name
-o json --template x
--show-labels -o json
--show-labels -o name
--sort-by=.nope -o json
--sort-by=.metadata.annotations.rank -o json
--sort-by=.metadata.annotations.size -o name
--sort-by=.metadata.name -o yaml
fluentd exporter --sort-by=.metadata.name -o json
fluentd exporter --sort-by=.nope -o json
--field-selector metadata.name!=fluentd -o name
--chunk-size=1 -o json
fluentd --subresource=status -o yaml
--raw /version -o json
fluentd --show-managed-fields -o yaml
fluentd --show-managed-fields -o json
fluentd --show-managed-fields -o kyaml
fluentd --show-managed-fields -o name
-n kube-system -o json plain
-l app=nobody -o name
-l app=nobody --sort-by=.metadata.name -o json
"""
"""Objects in full, and names."""

PATHS = r"""
-o jsonpath
-o jsonpath=
-o jsonpath={.items[*].metadata.name}
-o 'jsonpath={range .items[*]}{.metadata.name}{"\t"}{.status.desiredNumberScheduled}{"\n"}{end}'
-o 'jsonpath={.items[0].metadata.labels}'
fluentd -o 'jsonpath={.spec}'
fluentd -o 'jsonpath={.}'
fluentd -o 'jsonpath={@}'
fluentd -o 'jsonpath={$}'
fluentd -o 'jsonpath={.metadata.annotations.rank}'
fluentd -o "jsonpath={.metadata.annotations['rank']}"
agent-1 -o 'jsonpath={.metadata.annotations.a\.b/c}'
agent-1 -o "jsonpath={.metadata.annotations['a\.b/c']}"
-o 'jsonpath={.items[?(@.metadata.name=="fluentd")].metadata.uid}'
-o "jsonpath={.items[?(@.metadata.name!='fluentd')].metadata.name}"
-o 'jsonpath={.items[?(@.metadata.annotations.rank)].metadata.name}'
-o 'jsonpath={.items[?(@.status.desiredNumberScheduled>1)].metadata.name}'
-o 'jsonpath={.items[?(@.status.desiredNumberScheduled<="1")].metadata.name}'
-o 'jsonpath={.items[?(@.metadata.labels==1)].metadata.name}'
-o 'jsonpath={.items[-1:].metadata.name}'
-o 'jsonpath={.items[-1].metadata.name}'
-o 'jsonpath={.items[0:2].metadata.name}'
-o 'jsonpath={.items[::2].metadata.name}'
-o 'jsonpath={.items[5].metadata.name}'
-o 'jsonpath={.items[2:1].metadata.name}'
-o 'jsonpath={.items[0,2].metadata.name}'
-o "jsonpath={.items[*]['metadata.name','kind']}"
-o 'jsonpath={.items[*].metadata[name]}'
-o 'jsonpath={..image}'
-o 'jsonpath={..containers[*].name}'
-o 'jsonpath={.items[*].spec.template.spec.containers[*].name}'
-o 'jsonpath={.items[*].nope}'
-o 'jsonpath={.items[*].nope}' --allow-missing-template-keys=false
fluentd -o 'jsonpath={.nope}' --allow-missing-template-keys=false
fluentd -o 'jsonpath={.metadata.name'
fluentd -o 'jsonpath={.metadata.name}}'
fluentd -o 'jsonpath={foo}'
fluentd -o 'jsonpath={end}'
fluentd -o 'jsonpath={#}'
fluentd -o 'jsonpath={.a[}'
fluentd -o 'jsonpath={.a[x]}'
fluentd -o 'jsonpath={....a}'
fluentd -o 'jsonpath={"unterminated}'
fluentd -o 'jsonpath={.metadata.name[0]}'
fluentd -o 'jsonpath={.metadata[0]}'
fluentd -o 'jsonpath={.metadata.name[?(@.x)]}'
fluentd -o 'jsonpath=plain text'
fluentd -o 'jsonpath={1}{2.50}{true} {-3}'
fluentd -o "jsonpath={'a'}{\"b\\n\"}"
fluentd -o 'jsonpath-as-json={.metadata.name}'
-o 'jsonpath-as-json={.items[*].metadata.labels}'
-o 'jsonpath-as-json={range .items[*]}{.metadata.name}{end}'
-o jsonpath-file=names.jsonpath
-o jsonpath-file=nope.jsonpath
-o jsonpath --template '{.items[*].metadata.name}'
-o jsonpath=x --template '{.items[*].metadata.name}'
-o custom-columns-file=names.jsonpath
--sort-by=.metadata.name -o jsonpath={.items[*].metadata.name}
"""
"""JSONPath."""

COLUMNS = r"""
-o custom-columns=NAME:.metadata.name
-o custom-columns=NAME:.metadata.name,IMG:.spec.template.spec.containers[*].image,X:.nope,L:.metadata.labels
-o custom-columns=NAME:.metadata.name --no-headers
fluentd -o custom-columns=NAME:metadata.name,NS:{.metadata.namespace},A:.metadata.annotations.rank
-o custom-columns=NAME
-o custom-columns=
-o custom-columns
-o custom-columns=N:
-o 'custom-columns=N:{.a}{.b}'
-o 'custom-columns=N:.a['
-o 'custom-columns=N:.metadata.name,S:.status,T:.spec.template.spec.tolerations'
-o custom-columns-file=cols.txt
-o custom-columns-file=nope.txt
-o custom-columns-file=fluentd.yaml
-o custom-columns-file=cols.txt --no-headers
-o custom-columns --template N:.metadata.name
-l app=nobody -o custom-columns=N:.metadata.name
-L app -o custom-columns=A:.a
--sort-by=.metadata.name -o custom-columns=N:.metadata.name
"""
"""Custom columns."""

TEMPLATES = r"""
-o go-template={{.kind}}
-o 'go-template={{range .items}}{{.metadata.name}}{{"\n"}}{{end}}'
fluentd -o go-template --template {{.metadata.name}}
fluentd --template {{.metadata.name}}
-o go-template-file=t.gotmpl
-o templatefile=t.gotmpl
-o template=x
fluentd -o 'go-template={{.nope.x}}' --allow-missing-template-keys=false
-o go-template={{
ds/fluentd -o template={{.metadata.uid}}
"""
"""Go templates, which kubectl itself fills in."""

FILES = r"""
-f fluentd.yaml
-f fluentd.yaml -o json
-f many
-f many -o name
-f many -R
-f many -R -o name
-f many --ignore-not-found
-f many/deep
-f many/deep -R
-f many/a.yaml
-f many/a.yaml -o json
-f many/deep/c.yml
-f many/deep/c.yml -o wide --show-labels
-f many/deep/c.yml --no-headers
-f many/deep/c.yml -o yaml
-f many/deep/c.yml -A
-f nope.yaml
-f fluentd.yaml -f nope.yaml
-f fluentd.yaml fluentd
-f fluentd.yaml ds
-f fluentd.yaml ds/fluentd
-f fluentd.yaml -n kube-system
-f fluentd.yaml -n default
-f fluentd.yaml -A
-f fluentd.yaml -l app=fluentd
-f fluentd.yaml -l app=fluentd -o name
-f fluentd.yaml -l app=x -o name
-f fluentd.yaml -o wide
-f fluentd.yaml -k k
-k k
-k k -R
-k nope
-f fluentd.yaml,many/a.yaml
-f 'many/*.yaml'
-f fluentd.yaml --sort-by .metadata.name
-f many --sort-by .metadata.name -o name
"""
"""What manifests name."""

SELECTION = r"""
absent --ignore-not-found
absent fluentd --ignore-not-found
--sort-by .metadata.name
--sort-by=.metadata.creationTimestamp
--sort-by={.metadata.name} -A
--sort-by=.status.desiredNumberScheduled
--sort-by=.metadata.annotations.rank
--sort-by=.metadata.annotations.size
--sort-by=.nope
fluentd --sort-by=.nope
fluentd exporter --sort-by=.metadata.name
--sort-by=.metadata.name --server-print=false
--sort-by=.nope --server-print=false
--server-print=maybe
--field-selector metadata.name=fluentd
--field-selector metadata.namespace=default -A
--field-selector spec.x=y
--field-selector x
--field-selector metadata.name=fluentd -l app=fluentd
-l 'app in'
-l 'app in (fluentd,agent)' -o wide
-l '!tier'
-l ''
-l ' '
fluentd -l app=x
fluentd --field-selector metadata.name=x
ds/fluentd -l app=x
--chunk-size=2
--chunk-size=2 -A -o wide
--chunk-size=0
--chunk-size=-1
--chunk-size=x
--subresource=status
fluentd --subresource=status
ds/fluentd --subresource=scale
fluentd --subresource=nope
absent --subresource=status
--raw /api/v1/namespaces/default
--raw /apis/apps/v1/nope
--raw api
--raw /version -w
--raw /livez
--raw /version fluentd
--raw /version -l a=b
--foo
-z
-o
--output
-n
--no-headers=maybe
-w=maybe
--watch=maybe
-l app=nobody
-l app=nobody -A
-l app=nobody --ignore-not-found
-l app=nobody --no-headers
-l app=nobody --server-print=false
-l app=nobody --sort-by=.metadata.name
"""
"""Selectors, order, pages, raw paths, and what cannot be meant."""

GROUPS = {
    "tables": TABLES,
    "whole": WHOLE,
    "paths": PATHS,
    "columns": COLUMNS,
    "templates": TEMPLATES,
    "files": FILES,
    "selection": SELECTION,
}


def lines_of(block: str) -> list[str]:
    """One invocation a line; an empty line is one without arguments."""
    return block.removeprefix("\n").removesuffix("\n").split("\n")


@pytest.fixture
def both(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SideBySide:
    """Both programs in a folder of manifests, before a cluster of six DaemonSets."""
    fill(cluster)
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return SideBySide(cluster, tmp_path)


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_get_is_kubectls_in_every_form(both: SideBySide, group: str) -> None:
    different = {}
    for line in lines_of(GROUPS[group]):
        arguments = shlex.split(line)
        told = both.differ(twin("get", arguments), ["get", *arguments])
        if told is not None:
            different[line] = told
    assert different == {}


OF_A_CLUSTER = ("--raw", "go-template", "'app in'", "-n absent x", "x -n absent", "-A=false", "-namespaces=false")
"""What a capture does not answer, or not in kubectl's words."""


def test_a_list_in_a_file_is_shown_as_the_cluster_is(both: SideBySide, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(both.kubectl("get", "ds", "-A", "-o", "json", "--show-managed-fields").out)
    different = {}
    for line in lines_of(TABLES + WHOLE + PATHS + COLUMNS + SELECTION):
        if any(word in line for word in OF_A_CLUSTER) or line in ("-o", "--output", "-n"):
            continue
        arguments = shlex.split(line)
        placed = any(each.startswith(("-A", "--all-namespaces", "-n", "--namespace")) for each in arguments)
        source = ["--from=list.json", *([] if placed else [f"--namespace={cluster.namespace}"])]
        live, recorded = both.ours("get", *arguments), both.ours("get", *arguments, *source)
        if loosely(live) != loosely(recorded):
            different[line] = (live, recorded)
    assert different == {}


def test_the_table_is_long() -> None:
    assert len({line for block in GROUPS.values() for line in lines_of(block)}) >= 270


def test_a_manifest_that_cannot_be_read_keeps_no_other_from_being_shown(both: SideBySide) -> None:
    theirs, ours = both.kubectl("get", "-f", "k", "-R"), both.ours("get", "-f", "k", "-R")
    assert (ours.out, ours.fine) == (theirs.out, False)
    assert "Object 'Kind' is missing" in theirs.err
    assert "k/kustomization.yaml:1:1: error: apiVersion and kind not set" in ours.err
