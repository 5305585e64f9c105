"""``get`` and ``describe`` without a cluster: the same forms, and what only a cluster or kubectl can do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.errors import ExitCode
from tests.cli.runs import Ran, ds, list_file
from tests.controlplane.objects import daemon_set, merge, node
from tests.engine.pods import stored

Object = dict[str, Any]


@pytest.fixture
def capture(tmp_path: Path) -> str:
    """Three DaemonSets in two namespaces."""
    places = {"fluentd": "logging", "exporter": "logging", "proxy": "kube-system"}
    sets = [
        merge(stored(daemon_set(name)), {"metadata": {"namespace": place, "uid": f"uid-{name}"}})
        for name, place in places.items()
    ]
    return list_file(tmp_path, [*sets, node("n1")])


def get(capture: str, *arguments: str, **how: Any) -> Ran:
    return ds("get", *arguments, "--from", capture, **how)


def names(ran: Ran) -> list[str]:
    assert (ran.code, ran.err) == (ExitCode.OK, "")
    return [line.removeprefix("daemonset.apps/") for line in ran.out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), ["proxy", "exporter", "fluentd"]),
        (("-n", "logging"), ["exporter", "fluentd"]),
        (("fluentd",), ["fluentd"]),
        (("ds", "fluentd", "exporter"), ["fluentd", "exporter"]),
        (("ds/proxy", "daemonset.apps/fluentd"), ["proxy", "fluentd"]),
        (("-l", "app!=proxy"), ["exporter", "fluentd"]),
        (("--field-selector", "metadata.namespace=kube-system"), ["proxy"]),
        (("--field-selector=metadata.name!=proxy,metadata.namespace==logging",), ["exporter", "fluentd"]),
        (("--sort-by=.metadata.name",), ["exporter", "fluentd", "proxy"]),
        (("--ignore-not-found", "absent", "proxy"), ["proxy"]),
    ],
)
def test_the_same_arguments_find_the_same_daemon_sets(
    capture: str, arguments: tuple[str, ...], found: list[str]
) -> None:
    assert names(get(capture, *arguments, "-o", "name")) == found


def test_flags_may_be_written_in_every_way_of_kubectl(capture: str) -> None:
    plain = get(capture, "-A", "-o", "wide", "--no-headers")
    assert plain.out
    for written in (
        ["-Aowide", "--no-headers"],
        ["-Ao=wide", "--no-headers=true"],
        ["-A=1", "-owide", "--no-headers=t"],
    ):
        assert get(capture, *written) == plain
    assert get(capture, "--no-headers", "--no-headers=false").out == get(capture).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--nope"], "unknown flag: --nope"),
        (["-Az"], "unknown shorthand flag: 'z' in -z"),
        (["--output"], "flag needs an argument: --output"),
        (["-o"], "flag needs an argument: 'o' in -o"),
        (["-w=x"], 'invalid argument "x" for "-w, --watch" flag: strconv.ParseBool: parsing "x": invalid syntax'),
        (
            ["--chunk-size=x"],
            'invalid argument "x" for "--chunk-size" flag: strconv.ParseInt: parsing "x": invalid syntax',
        ),
        (
            ["--chunk-size=9223372036854775808"],
            'invalid argument "9223372036854775808" for "--chunk-size" flag: '
            'strconv.ParseInt: parsing "9223372036854775808": value out of range',
        ),
    ],
)
def test_a_flag_that_cannot_be_read_is_told_in_pflags_words(arguments: list[str], sentence: str) -> None:
    ran = ds("get", *arguments)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert ran.err == f"error: {sentence}\nSee 'kubectl ds get --help' for usage.\n"


def test_several_failures_are_told_one_a_line_and_what_is_there_is_shown(capture: str) -> None:
    ran = get(capture, "absent", "proxy", "gone", "-n", "kube-system", "-o", "jsonpath={.items[*].metadata.name}")
    assert ran.out == "proxy"
    assert ran.err == (
        'Error from server (NotFound): daemonsets.apps "absent" not found\n'
        'Error from server (NotFound): daemonsets.apps "gone" not found\n'
    )
    assert ran.code == ExitCode.ERROR


def test_manifests_say_which_of_a_capture_to_show(capture: str, tmp_path: Path) -> None:
    manifest = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "fluentd", "namespace": "logging"}}
    path = tmp_path / "agent.json"
    path.write_text(json.dumps(manifest))
    assert names(get(capture, "-f", str(path), "-o", "name")) == ["fluentd"]
    shown = ds("describe", "-f", str(path), "--from", capture)
    assert shown.out.startswith("Name:           fluentd\nNamespace:      logging\n")


def test_describe_says_all_that_kubectl_says_before_it_goes_on(capture: str) -> None:
    several = ds("describe", "fluentd", "exporter", "--from", capture).out
    first, second = (
        ds("describe", name, "--show-events=false", "--from", capture).out for name in ("fluentd", "exporter")
    )
    kubectls = "\n\n".join(text.partition("Update Strategy:")[0] for text in (first, second))
    assert several.startswith(f"{kubectls}\nlogging/fluentd\nUpdate Strategy:")
    assert "\nlogging/exporter\nUpdate Strategy:" in several


def test_a_name_that_nobody_bears_stands_for_all_that_begin_so(capture: str) -> None:
    assert "Name:           fluentd\n" in ds("describe", "flu", "--from", capture).out
    absent = ds("describe", "ds/flu", "--from", capture)
    assert (absent.code, absent.out) == (ExitCode.ERROR, "")
    assert absent.err == 'Error from server (NotFound): daemonsets.apps "flu" not found\n'


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-w"], "a capture does not change: --watch needs a cluster"),
        (["--raw", "/version"], "a capture has no paths: --raw needs a cluster"),
        (["-o", "go-template={{.kind}}"], "Go templates are filled in by kubectl, which reads no captures"),
    ],
)
def test_what_needs_a_cluster_is_refused_of_a_capture(capture: str, arguments: list[str], sentence: str) -> None:
    ran = get(capture, *arguments)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert ran.err.startswith(f"error: {sentence}")


def test_a_go_template_without_kubectl_is_an_error_that_says_so(tmp_path: Path) -> None:
    ran = ds("get", "--template={{.kind}}", environ={"PATH": str(tmp_path)})
    assert ran.code == ExitCode.USAGE
    assert ran.err == "error: Go templates are filled in by kubectl, and there is none on the PATH\n"


def test_a_go_template_is_filled_in_by_kubectl_which_is_told_the_same(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.write_text('#!/bin/sh\necho "$@"\necho beside >&2\nexit 3\n')
    program.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:/bin:/usr/bin"}
    ran = ds(
        "get", "-n", "x", "fluentd", "--color=never", "--color", "never", "-o", "go-template={{.kind}}", environ=environ
    )
    assert ran == Ran(ExitCode.ERROR, "get daemonsets.apps -n x fluentd -o go-template={{.kind}}\n", "beside\n")
    typed = ds("get", "ds/fluentd", "--template={{.kind}}", environ=environ)
    assert typed.out == "get ds/fluentd --template={{.kind}}\n"
