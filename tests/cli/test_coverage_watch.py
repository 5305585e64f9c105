"""``coverage -w``: the whole report once, then what has changed, in the form that was asked for."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import pytest

from kubectl_ds.cli.coverage_watch import watch_coverage
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.terminal import Terminal
from kubectl_ds.engine.coverage import CoverageReport, cover
from kubectl_ds.errors import ApiError, ConnectionFailed, Forbidden
from kubectl_ds.render.coverage import coverage_text
from kubectl_ds.render.structured import as_json, as_yaml, coverage_document
from tests.cli.runs import Tty, ds
from tests.controlplane.objects import daemon_set, node, taint
from tests.engine.pods import owned, ready, revision, stored
from tests.engine.values import snapshot_of
from tests.schemas import check

Object = dict[str, Any]
OWN = stored(daemon_set("d", namespace="ns"))
WELL = (node("n1"), owned("n1", ready(since=60)))
TAINTED = (node("n1", taints=[taint("gpu")]), owned("n1", ready(since=60)))


def report(*items: Object) -> CoverageReport:
    """The coverage of ``d`` among these."""
    return cover(snapshot_of([OWN, revision(OWN), *items]))


def watched(reports: Iterable[CoverageReport], output: str = "", *, tty: bool = False) -> str:
    """What is written while these reports are read one after the other."""
    stdout = (Tty if tty else io.TextIOWrapper)(io.BytesIO(), encoding="utf-8")
    session = Session(terminal=Terminal(stdout=stdout, environ={"COLUMNS": "80", "NO_COLOR": "1"}))
    left: Iterator[CoverageReport] = iter(reports)

    def rendered(each: CoverageReport) -> str:
        document = coverage_document(each)
        if output:
            return as_json(document) if output == "json" else as_yaml(document)
        return coverage_text(each, session.theme, with_namespace=False)

    with pytest.raises(StopIteration):
        watch_coverage(session, output, lambda: next(left), rendered, pause=lambda seconds: None)
    stdout.seek(0)
    return stdout.read()


def test_it_outlives_a_server_that_is_away_and_says_so_once_each_way() -> None:
    away = ConnectionFailed("connection refused")
    busy = ApiError("too many requests", status=429)
    session = Session(terminal=Terminal(stdout=text_stream(), stderr=text_stream(), environ={"COLUMNS": "80"}))
    looks: Iterator[Any] = iter([report(*WELL), away, busy, report(*TAINTED), Forbidden("no", status=403)])

    def look() -> CoverageReport:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, CoverageReport)
        return found

    with pytest.raises(Forbidden):
        watch_coverage(session, "", look, lambda each: "first\n", pause=lambda seconds: None)

    out, said = (text_of(stream) for stream in (session.terminal.stdout, session.terminal.stderr))
    assert [line.split()[0] for line in out] == ["first", "2026-11-23T12:00:00Z"]
    assert said == ["cannot look any more, and try again: connection refused", "looking again"]


def test_a_server_that_is_away_from_the_start_is_an_error() -> None:
    def look() -> CoverageReport:
        raise ConnectionFailed("connection refused")

    session = Session(terminal=Terminal(stdout=text_stream()))
    with pytest.raises(ConnectionFailed):
        watch_coverage(session, "", look, lambda each: "", pause=lambda seconds: None)


def text_of(stream: TextIO) -> list[str]:
    """The lines that were written."""
    stream.seek(0)
    return stream.read().splitlines()


def text_stream() -> io.TextIOWrapper:
    """A stream that is no terminal."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def test_off_a_terminal_the_report_comes_once_and_then_a_line_for_each_change() -> None:
    out = watched([report(*WELL), report(*WELL), report(*TAINTED), report(node("n1", taints=[taint("gpu")]))])

    lines = out.splitlines()[-2:]
    assert out.startswith("d: the only node covered")
    assert out.count("covered") == 1
    assert "ns/d n1: ok → misscheduled  TaintToleration: taint gpu:NoSchedule is not tolerated" in lines[0]
    assert "ns/d n1: misscheduled → excluded  TaintToleration" in lines[1]


def test_nodes_come_and_go() -> None:
    out = watched([report(*WELL), report(*WELL, node("n2")), report(*WELL)])

    assert "ns/d n2: none → missing" in out
    assert "ns/d n2: missing → none" in out


def test_a_terminal_shows_the_whole_anew_only_when_it_has_changed() -> None:
    out = watched([report(*WELL), report(*WELL), report(*TAINTED)], tty=True)

    assert out.count("\x1b[H\x1b[2J") == 2
    assert "misscheduled" in out.split("\x1b[H\x1b[2J")[-1]


def test_programs_get_a_document_for_each_change() -> None:
    out = watched([report(*WELL), report(*WELL), report(*TAINTED)], "json")

    decoder = json.JSONDecoder()
    first, end = decoder.raw_decode(out)
    second, _ = decoder.raw_decode(out[end:].lstrip())
    assert [check(each)["daemonSets"][0]["verdicts"] for each in (first, second)] == [{"ok": 1}, {"misscheduled": 1}]
    assert watched([report(*WELL), report(*TAINTED)], "yaml").count("\n---\n") == 1


def test_what_cannot_change_or_must_end_is_not_watched() -> None:
    for given in (("--demo",), ("-f", "x.yaml"), ("--exit-code",)):
        ran = ds("coverage", "-w", *given)

        assert ran.code == 2
        assert ran.out == ""
