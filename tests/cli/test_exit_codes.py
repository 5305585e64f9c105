"""One enum, mapped once: a test for every exit code, and for every way in which a run can fail."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.errors import ExitCode
from tests.cli.runs import ds, list_file
from tests.controlplane.objects import daemon_set, node
from tests.engine.pods import owned, ready, revision, stored, unschedulable, waiting

Object = dict[str, Any]
OWN = stored(daemon_set("d", namespace="ns"))


def cluster(*pods: Object, ds_: Object = OWN) -> list[Object]:
    """One DaemonSet on one node."""
    return [ds_, revision(ds_), node("n1"), *pods]


@pytest.mark.parametrize(
    ("items", "code"),
    [
        (cluster(owned("n1", ready())), ExitCode.OK),
        (cluster(), ExitCode.WRONG),
        (cluster(owned("n1", waiting("CrashLoopBackOff", "", 3))), ExitCode.WRONG),
        (cluster(owned("n1", waiting("ContainerCreating"))), ExitCode.PROGRESSING),
    ],
    ids=["fine", "missing", "crashing", "starting"],
)
def test_coverage_tells_by_its_exit_code_when_asked_to(tmp_path: Path, items: list[Object], code: ExitCode) -> None:
    file = list_file(tmp_path, items)

    assert ds("coverage", "--from", file, "--exit-code").code == code
    assert ds("coverage", "--from", file).code == ExitCode.OK


def test_a_pod_that_nothing_in_the_cluster_can_help_is_blocked_for_good(tmp_path: Path) -> None:
    big = stored(daemon_set("d", namespace="ns", cpu="64"))
    pod = owned("n1", {"spec": {"containers": big["spec"]["template"]["spec"]["containers"]}}, bound=False)
    file = list_file(tmp_path, cluster(pod, ds_=big))

    assert ds("coverage", "--from", file, "--exit-code").code == ExitCode.BLOCKED


def test_what_was_denied_makes_the_answer_one_that_cannot_be_told(tmp_path: Path) -> None:
    capture = {
        "apiVersion": "kubectl-ds/v1",
        "kind": "Capture",
        "capturedAt": "2026-11-23T12:00:00Z",
        "source": {"context": "c", "server": "https://x", "version": "v1.37.2"},
        "denied": [{"resource": "nodes", "namespace": None, "error": "nodes is forbidden"}],
        "items": [OWN, revision(OWN), owned("n1", ready())],
    }
    file = tmp_path / "capture.json"
    file.write_text(json.dumps(capture))

    ran = ds("coverage", "--from", str(file), "--exit-code")

    assert ran.code == ExitCode.CANNOT_TELL
    assert "cannot read nodes: nodes is forbidden" in ran.out
    assert "ok" not in ran.out.split()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["covrage"], "Did you mean 'coverage'?"),
        (["coverage", "--nope"], "unknown flag: --nope"),
        (["coverage", "-o", "xml"], "-o xml is not one of wide, json, yaml"),
        (["coverage", "deploy/x", "--demo"], "is not a DaemonSet"),
        (["coverage", "ds/", "--demo"], "names no DaemonSet"),
        (["coverage", "--demo", "--from", "x"], "--from and --demo"),
        (["coverage", "--demo", "--color", "pink"], "--color=pink is not one of auto, always, never"),
        (["coverage", "-n"], "flag needs an argument: 'n' in -n"),
        (["get", "x", "-l", "a=b"], "name cannot be provided when a selector is specified"),
    ],
)  # fmt: skip
def test_a_command_line_that_cannot_be_meant_so_ends_in_usage(arguments: list[str], words: str) -> None:
    ran = ds(*arguments)

    assert ran.code == ExitCode.USAGE
    assert words in ran.err
    assert ran.out == ""


def test_no_command_shows_the_help() -> None:
    ran = ds()

    assert ran.code == ExitCode.USAGE
    assert "coverage" in ran.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"{", "line 1"),
        (b'{"apiVersion":"v1","kind":"List","items":[{"kind":"Pod"', "line 1"),
        (b'{"apiVersion":"v1","kind":"Secret"}', "holds a Secret, not a capture or a List"),
        (b"\x7fELF\x00\x01\x02", "x.json"),
        (gzip.compress(b'{"kind":"List"')[:-9], "x.json"),
        (b"hello", "x.json"),
    ],
    ids=["empty", "truncated", "cut off", "another kind", "binary", "truncated gzip", "words"],
)
def test_a_capture_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)

    ran = ds("coverage", "--from", str(file))

    assert ran.code == ExitCode.ERROR
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert "x.json" in ran.err
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) <= 2


def test_a_capture_that_is_not_there_says_so(tmp_path: Path) -> None:
    ran = ds("coverage", "--from", str(tmp_path / "none.json"))

    assert ran.code == ExitCode.ERROR
    assert "none.json" in ran.err


def test_without_a_kubeconfig_one_is_told_where_it_was_looked_for() -> None:
    ran = ds("coverage")

    assert ran.code == ExitCode.ERROR
    assert "kubeconfig" in ran.err
    assert "/nonexistent" in ran.err
    assert len(ran.err.splitlines()) <= 2


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    ran = ds("get", "--server", "http://127.0.0.1:1", "--request-timeout", "2s")

    assert ran.code == ExitCode.ERROR
    assert "127.0.0.1:1" in ran.err
    assert len(ran.err.splitlines()) <= 2


def test_a_name_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    file = list_file(tmp_path, cluster(owned("n1", ready())))

    ran = ds("coverage", "nope", "--from", file)

    assert ran.code == ExitCode.ERROR
    assert 'daemonsets.apps "nope" not found' in ran.err


def test_a_defect_of_ours_is_one_sentence_and_a_traceback_only_at_verbosity_nine(mocker: Any, tmp_path: Path) -> None:
    mocker.patch("kubectl_ds.cli.coverage.cover", side_effect=RuntimeError("boom"))
    file = list_file(tmp_path, cluster())

    quiet, loud = ds("coverage", "--from", file), ds("coverage", "--from", file, "-v", "9")

    assert (quiet.code, loud.code) == (ExitCode.ERROR, ExitCode.ERROR)
    assert "Traceback" not in quiet.err
    assert "kubectl-ds itself failed: RuntimeError: boom" in quiet.err
    assert "Traceback" in loud.err


def test_ctrl_c_ends_the_run_at_once_and_without_words() -> None:
    code = (
        "import signal, sys; from kubectl_ds.cli import main; sys.argv[1:] = ['coverage', '--from', '-'];"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # background jobs may ignore it
        "print('begins', flush=True); main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begins\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)

    assert process.returncode == ExitCode.INTERRUPTED
    assert (out, err) == (b"", b"")


def test_a_closed_pipe_ends_the_run_without_words(tmp_path: Path) -> None:
    nodes = [node(f"n{number}") for number in range(3000)]
    file = list_file(tmp_path, [OWN, revision(OWN), *nodes])
    arguments = ["coverage", "-o", "wide", "--from", file]
    code = f"import sys; from kubectl_ds.cli import main; sys.argv[1:] = {arguments!r}; main()"
    read, write = os.pipe()
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, env=buffered)
    os.close(write)
    os.read(read, 100)
    os.close(read)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 141
    assert err == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_answer_that_finds_no_room_on_the_disk_is_an_error_and_no_defect() -> None:
    code = "import sys; from kubectl_ds.cli import main; sys.argv[1:] = ['coverage', '--demo']; main()"
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)

    assert (ran.returncode, ran.stderr) == (1, "error: the answer cannot be written: No space left on device\n")


def test_a_waiting_pod_that_the_scheduler_has_not_looked_at_is_pending_and_wrong(tmp_path: Path) -> None:
    file = list_file(tmp_path, cluster(owned("n1", unschedulable("0/1 nodes are available: 1 x."), bound=False)))

    assert ds("coverage", "--from", file, "--exit-code").code == ExitCode.WRONG
