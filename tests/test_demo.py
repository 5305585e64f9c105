"""The capture that ships: a whole incident, read without a cluster, and a screen that can be read anywhere."""

from __future__ import annotations

import gzip
import re
import shlex
import socket
from collections import Counter
from typing import Any

import pytest

from kubectl_ds.cli.session import DEMO
from kubectl_ds.engine.coverage import CoverageReport
from kubectl_ds.engine.decision import Verdict
from kubectl_ds.model import kinds
from tests.cli.runs import Ran, ds
from tests.controlplane import record_demo
from tests.controlplane.demo_cluster import ALL_NODES
from tests.schemas import check

Object = dict[str, Any]

NAMES = ["kube-system/kube-proxy", "logging/fluentd", "monitoring/node-exporter", "nvidia/nvidia-device-plugin"]
VERDICTS = {verdict.value for verdict in Verdict} - {"runs", "preempts"}
ENTRY = re.compile(rf"^[✗! ] +(\d+) ({'|'.join(sorted(VERDICTS))})\b")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
WIDTHS = (50, 60, 72, 80, 96, 100, 110, 120, 140, 160, 200)


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may so much as make a socket."""

    def forbidden(*arguments: object, **options: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)


def coverage(*arguments: str, **options: Any) -> Ran:
    """``kubectl ds coverage --demo``, which must succeed and say nothing beside the answer."""
    ran = ds("coverage", "--demo", *arguments, **options)
    assert (ran.code, ran.err) == (0, "")
    return ran


def blocks(text: str) -> dict[str, list[str]]:
    """The lines of each DaemonSet, by the name that begins its first line."""
    heads = [(match.start(), match[1]) for match in re.finditer(r"^(\S+): ", text, re.MULTILINE)]
    ends = [start for start, _ in heads[1:]] + [len(text)]
    return {name: text[start:end].splitlines() for (start, name), end in zip(heads, ends, strict=True)}


def told(lines: list[str]) -> Counter[str]:
    """Verdict → nodes, as the entries of a block count them."""
    counts: Counter[str] = Counter()
    for match in filter(None, map(ENTRY.match, lines)):
        counts[match[2]] += int(match[1])
    return counts


def test_it_needs_no_cluster_and_looks_at_no_kubeconfig(tmp_path: Any) -> None:
    broken = tmp_path / "config"
    broken.write_text("{ this is no kubeconfig")

    ran = coverage(environ={"KUBECONFIG": str(broken), "HOME": str(tmp_path)})

    assert list(blocks(ran.out)) == [*NAMES, "✗ cannot read controllerrevisions in nvidia"][:4]


def test_the_first_line_of_each_block_is_the_verdict() -> None:
    for name, lines in blocks(coverage().out).items():
        assert re.match(rf"{name}: \d+ of 40 nodes covered, ", lines[0])


def test_what_nobody_can_know_is_not_counted_as_a_gap() -> None:
    first = blocks(coverage("-n", "nvidia").out)["nvidia-device-plugin"][0]

    assert "1 of 40 nodes covered, 2 unknown, 1 where none should be, 36 left out by design" in first


def test_what_is_true_of_one_node_is_not_said_of_many() -> None:
    lines = coverage().out.splitlines()
    full = next(line for line in lines if "worker-11, worker-12" in line)
    excluded = next(line for line in lines if line.startswith("  36 excluded"))

    assert "e.g. worker-11: cpu: asks 500m, 370m free of 3920m" in full
    assert "control-plane-1" in excluded
    assert "TaintToleration" not in excluded


def test_every_verdict_occurs() -> None:
    counts: Counter[str] = Counter()
    for lines in blocks(coverage().out).values():
        counts += told(lines)

    assert set(counts) == VERDICTS


def test_the_document_is_what_its_schema_promises_and_agrees_with_the_screen() -> None:
    document = check(coverage("-o", "json").json())
    screen = blocks(coverage().out)

    assert document["source"]["type"] == "capture"
    assert [f"{each['namespace']}/{each['name']}" for each in document["daemonSets"]] == NAMES
    for each in document["daemonSets"]:
        assert told(screen[f"{each['namespace']}/{each['name']}"]) == each["verdicts"]
        assert sorted(row["node"] for row in each["nodes"]) == sorted(ALL_NODES)
        assert Counter(row["verdict"] for row in each["nodes"]) == each["verdicts"]


def test_yaml_says_the_same_as_json() -> None:
    import yaml

    assert yaml.safe_load(coverage("-o", "yaml").out) == coverage("-o", "json").json()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["-A"], NAMES),
        (["-n", "logging"], ["fluentd"]),
        (["-n=logging", "fluentd"], ["fluentd"]),
        (["ds/fluentd"], ["logging/fluentd"]),
        (["daemonset.apps/fluentd", "kube-proxy"], ["kube-system/kube-proxy", "logging/fluentd"]),
        (["-l", "team=platform"], ["logging/fluentd", "monitoring/node-exporter"]),
        (["-l", "team!=platform", "-n", "nvidia"], ["nvidia-device-plugin"]),
    ],
    ids=" ".join,
)
def test_what_is_asked_for_is_shown(arguments: list[str], names: list[str]) -> None:
    assert list(blocks(coverage(*arguments).out)) == names


def test_a_name_that_nobody_bears_is_an_error() -> None:
    ran = ds("coverage", "--demo", "fluentbit")

    assert ran.code == 1
    assert ran.out == ""
    assert 'daemonsets.apps "fluentbit" not found' in ran.err


def test_wide_has_a_row_for_each_node_of_each_daemon_set() -> None:
    head, *lines = coverage("-o", "wide").out.split("\n\n")[0].splitlines()

    assert head.split()[:4] == ["NAMESPACE", "DAEMONSET", "NODE", "VERDICT"]
    rows = [line.split()[:4] for line in lines]
    assert {(f"{row[0]}/{row[1]}", row[2]) for row in rows} == {(name, node) for name in NAMES for node in ALL_NODES}
    assert len(rows) == 160
    assert {row[3] for row in rows} == VERDICTS


def test_it_is_wrong_only_when_asked_by_the_exit_code() -> None:
    assert ds("coverage", "--demo", "--exit-code").code == 3
    assert ds("coverage", "--demo").code == 0


def test_get_prints_kubectls_table() -> None:
    ran = ds("get", "--demo")

    assert (ran.code, ran.err) == (0, "")
    head, *rows = ran.out.splitlines()
    assert head.split()[:3] == ["NAMESPACE", "NAME", "DESIRED"]
    assert ["/".join(row.split()[:2]) for row in rows] == NAMES
    assert [row.split()[-1] for row in rows] == ["212d"] * 4


def test_describe_says_what_kubectl_says_and_then_the_coverage() -> None:
    ran = ds("describe", "fluentd", "--demo")

    assert ran.code == 0
    assert ran.out.startswith("Name:           fluentd\nNamespace:      logging\n")
    assert "Desired Number of Nodes Scheduled: 27\n" in ran.out
    assert "2 blocked" in ran.out


def test_the_screen_ends_with_a_command_that_works() -> None:
    last = coverage(tty=True).out.splitlines()[-1]
    command = shlex.split(ANSI.sub("", last).removeprefix("next: "))

    assert command[:3] == ["kubectl", "ds", "why"]
    ran = ds(*command[2:])
    assert ran.code == 0
    assert ran.out.startswith("fluentd does not run on worker-11")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("form", [[], ["-o", "wide"]], ids=["screen", "wide"])
def test_nothing_is_wider_than_the_terminal_but_a_command_that_is_to_be_pasted(form: list[str], width: int) -> None:
    lines = coverage(*form, "--color=never", tty=True, width=width).out.splitlines()

    assert [line for line in lines if len(line) > width and not line.startswith(("next: ", "        kubectl "))] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_whatever_the_width_the_words_are_the_same(width: int) -> None:
    narrow = coverage("--color=never", tty=True, width=width).out
    wide = coverage("--color=never", tty=True, width=400).out

    assert Counter(re.sub(r"\s+", "", narrow)) == Counter(re.sub(r"\s+", "", wide))
    assert {name: told(lines) for name, lines in blocks(narrow).items()} == {
        name: told(lines) for name, lines in blocks(wide).items()
    }


def test_off_a_terminal_an_entry_is_one_line_and_no_hint_is_given() -> None:
    lines = coverage().out.splitlines()

    heads = len(NAMES)
    assert all(ENTRY.match(line) or not line or line[0] in "!✗" or ": " in line for line in lines)
    assert sum(bool(ENTRY.match(line)) for line in lines) == sum(
        len(each["causes"]) + ("ok" in each["verdicts"]) for each in coverage("-o", "json").json()["daemonSets"]
    )
    assert sum(line.startswith(tuple(NAMES)) for line in lines) == heads
    assert "next:" not in "".join(lines)


@pytest.mark.parametrize(
    ("arguments", "options", "coloured"),
    [
        ([], {}, False),
        ([], {"tty": True}, True),
        ([], {"tty": True, "environ": {"NO_COLOR": "1"}}, False),
        ([], {"tty": True, "environ": {"TERM": "dumb"}}, False),
        (["--color=never"], {"tty": True}, False),
        (["--color=always"], {}, True),
        (["--color=always"], {"environ": {"NO_COLOR": "1"}}, True),
    ],
    ids=["piped", "terminal", "NO_COLOR", "dumb", "never", "always", "always before NO_COLOR"],
)
def test_colour_comes_by_flag_then_no_color_then_terminal(
    arguments: list[str], options: dict[str, Any], coloured: bool
) -> None:
    assert bool(ANSI.search(coverage(*arguments, **options).out)) is coloured


@pytest.mark.parametrize("width", [60, 110, 160])
def test_colour_changes_no_word(width: int) -> None:
    coloured = coverage("--color=always", tty=True, width=width).out

    assert ANSI.sub("", coloured) == coverage("--color=never", tty=True, width=width).out


def test_a_stream_that_carries_only_ascii_gets_only_ascii() -> None:
    plain = coverage("--color=never", tty=True, width=100, encoding="ascii").out

    assert plain.isascii()
    assert plain.replace("~", "…").count("…") == coverage("--color=never", tty=True, width=100).out.count("…")
    assert "\nx  2 blocked" in plain


def test_the_capture_is_small_packed_the_same_each_time_and_holds_nothing_secret() -> None:
    packed = DEMO.read_bytes()
    text = gzip.decompress(packed).decode()

    assert len(packed) < record_demo.LARGEST
    assert packed[4:8] == bytes(4), "no time in the header (RFC 1952)"
    items = [line.rstrip(",") for line in text.splitlines()[1:-1]]
    assert {re.search(r'"kind":"(\w+)"', item)[1] for item in items} <= set(kinds.BY_KIND)  # type: ignore[index]
    assert set(re.findall(r'"value":"(<[^"]*>|[^"]*)"}', "".join(re.findall(r'"env":\[.*?\]', text)))) == {
        "<redacted 1>"
    }
    assert "127.0.0.1" not in text


def judged(lines: list[str]) -> CoverageReport:
    """The report on a capture of these lines."""
    return record_demo.judge(gzip.compress("\n".join(lines).encode()))


def test_the_capture_that_ships_is_the_one_that_the_story_tells() -> None:
    report = record_demo.judge(DEMO.read_bytes())

    assert record_demo.faults(report, report) == []


def test_a_recording_that_is_not_as_told_is_refused() -> None:
    lines = gzip.decompress(DEMO.read_bytes()).decode().splitlines()
    whole = judged(lines)
    spoilt = judged([line.replace('"key":"maintenance"', '"key":"node.kubernetes.io/unschedulable"') for line in lines])
    nobody_knows = judged([re.sub(r'"denied":\[.*\],"items"', '"denied":[],"items"', lines[0]), *lines[1:]])

    assert "fluentd on worker-5 is outdated, not misscheduled" in record_demo.faults(spoilt, spoilt)
    assert (
        "fluentd on worker-5 became outdated when the clock was stretched; it was misscheduled"
        in record_demo.faults(whole, spoilt)
    )
    assert "no cell is unknown" in record_demo.faults(nobody_knows, nobody_knows)
