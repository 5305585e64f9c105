"""``kubectl ds create`` as far as no cluster is needed: flags, files, and what is wrong with both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.runs import ds

GOOD = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (),
            "error: must specify one of -f and -k\nkubectl ds create -f FILE, or",
        ),
        (("agent",), 'error: required flag(s) "image" not set'),
        (("--image=x",), "error: exactly one NAME is required, got 0"),
        (("a", "b", "--image=x"), "error: exactly one NAME is required, got 2"),
        (("-f", "-", "--image=x"), "error: --image describes a DaemonSet that has no file"),
        (("-f", "-", "--fix-images"), "error: --fix-images goes with --upgrade"),
        (("-f", "-", "--wait", "--timeout=soon"), 'error: invalid argument "soon" for "--timeout"'),
        (("-f", "-", "-k", "."), "error: only one of -f or -k can be specified"),
        (("a", "--image=x", "--port=http"), 'error: --port: "http" is not a port between 1 and 65535'),
        (("a", "--image=x", "--toleration=a:Never"), "is not KEY[=VALUE][:EFFECT]"),
        (("-f", "a.yaml", "b.yaml"), "error: Unexpected args: [b.yaml]\ngive every file its own -f"),
        (("-f", "-", "-o", "wide"), 'unable to match a printer suitable for the output format "wide"'),
        (("-f", "-", "--dry-run=maybe"), 'Invalid dry-run value (maybe). Must be "none", "server", or "client".'),
        (("-f", "-", "--validate=maybe"), 'invalid - validate option "maybe"; must be one of: strict (or true)'),
        (("-f", "-", "-f", "-"), "standard input cannot be used for multiple arguments"),
    ],
)
def test_a_command_line_that_cannot_be_meant_is_a_usage_error(arguments: tuple[str, ...], message: str) -> None:
    ran = ds("create", *arguments, stdin=GOOD)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "error: no objects passed to create\n"),
        (b"---\n# nothing\n", "error: no objects passed to create\n"),
        (b"kind: [\n", "STDIN:1:7: error: a bracket is opened here and never closed\n   1 | kind: [\n     |       ^\n"),
        (b"\x1f\x8b\x08", "STDIN: error: STDIN is gzip, not a manifest\n"),
    ],
)
def test_a_manifest_that_cannot_be_read_needs_no_cluster_to_be_refused(content: bytes, message: str) -> None:
    ran = ds("create", "-f", "-", stdin=content)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(message)


def test_all_files_are_read_before_any_cluster_is_asked(tmp_path: Path) -> None:
    for name, content in (("a.yaml", b"a: ["), ("b.yaml", GOOD), ("c.yaml", b"- x")):
        (tmp_path / name).write_bytes(content)
    ran = ds("create", "-f", f"{tmp_path}/a.yaml,{tmp_path}/b.yaml", "-f", str(tmp_path / "c.yaml"))
    assert ran.code == 1
    first, *rest = ran.err.splitlines()
    assert first == f"error: 2 problems in {tmp_path}/a.yaml, {tmp_path}/c.yaml"
    assert [line.split(": ")[0] for line in rest if line.startswith(str(tmp_path))] == [
        f"{tmp_path}/a.yaml:1:4",
        f"{tmp_path}/c.yaml:1:1",
    ]


def test_broken_files_are_told_even_if_there_is_no_cluster_to_keep_going_with() -> None:
    ran = ds("create", "-f", "-", "--keep-going", stdin=b"a: [")
    assert (ran.code, ran.err.splitlines()[0]) == (1, "STDIN:1:4: error: a bracket is opened here and never closed")


def test_a_closed_standard_input_is_an_empty_one() -> None:
    program = Path(sys.executable).with_name("kubectl-ds")
    done = subprocess.run(f"{program} create -f - <&-", shell=True, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "error: no objects passed to create\n")


def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "fluentd-daemonset.yaml").touch()
    ran = ds("create", "-f", str(tmp_path / "fluented-daemonset.yaml"))
    assert (ran.code, ran.err) == (
        1,
        f'error: the path "{tmp_path}/fluented-daemonset.yaml" does not exist\n'
        f"did you mean {tmp_path}/fluentd-daemonset.yaml?\n",
    )


@pytest.mark.parametrize(
    ("flag", "warning"),
    [
        ("--dry-run", "--dry-run is deprecated and can be replaced with --dry-run=client."),
        ("--dry-run=true", "--dry-run=true is deprecated (boolean value) and can be replaced with --dry-run=client."),
        ("--dry-run=false", "--dry-run=false is deprecated (boolean value) and can be replaced with --dry-run=none."),
    ],
)
def test_old_forms_of_dry_run_are_understood_with_kubectl_s_warning(flag: str, warning: str) -> None:
    ran = ds("create", "-f", "-", flag, stdin=b"")
    assert ran.err.splitlines() == [f"Warning: {warning}", "error: no objects passed to create"]


def test_a_misspelt_command_has_a_neighbour() -> None:
    ran = ds("craete", "-f", "fluentd.yaml")
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        'error: unknown command "craete" for "kubectl ds". Did you mean \'create\'?',
    )


def test_a_name_and_an_image_make_a_manifest_without_any_cluster() -> None:
    ran = ds("create", "agent", "--image=x/agent:1", "--dry-run=client", "-o", "json", "--", "/agent", "-v")
    made = ran.json()
    assert (ran.code, ran.err) == (0, "")
    assert made["metadata"] == {"name": "agent", "labels": {"app": "agent"}}
    assert made["spec"]["template"]["spec"]["containers"] == [
        {"name": "agent", "image": "x/agent:1", "command": ["/agent", "-v"]}
    ]


def test_kubectl_create_daemonset_is_the_same_program() -> None:
    program = Path(sys.executable).with_name("kubectl-create-daemonset")
    command = [str(program), "x", "--image=y", "--dry-run=client"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "daemonset.apps/x created (dry run)\n", "")


def test_missing_requests_are_a_hint_on_a_terminal_and_are_never_invented() -> None:
    ran = ds("create", "agent", "--image=x", "--dry-run=client", tty=True)
    assert ran.err.startswith("hint: without requests the pods are the first to be evicted")
    with_some = ds("create", "agent", "--image=x", "--dry-run=client", "--requests=cpu=1m", tty=True)
    assert with_some.err == ""


def test_an_object_that_the_server_would_refuse_is_refused_in_one_line() -> None:
    ran = ds("create", "A_b", "--image=x", "--dry-run=client")
    assert ran.code == 1
    assert ran.err.startswith('error: failed to create daemonset: metadata.name: Invalid value: "A_b": a lowercase RFC')


def test_a_folder_of_kustomize_needs_kubectl(tmp_path: Path) -> None:
    ran = ds("create", "-k", str(tmp_path), environ={"PATH": str(tmp_path)})
    assert (ran.code, ran.err.splitlines()[0]) == (1, "error: -k needs kubectl, and it cannot be run here")


def test_without_a_server_a_dry_run_says_what_was_checked_and_what_was_not(tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    file.write_bytes(GOOD + b"---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n")
    ran = ds("create", "-f", str(file), "--dry-run=client")
    assert (ran.code, ran.err.splitlines()[:2]) == (
        1,
        ["no problem was found without the server", "not known here, and not checked at all: Widget of example.com/v1"],
    )


def test_every_problem_of_an_old_manifest_is_told_without_a_cluster_and_the_way_out_too(tmp_path: Path) -> None:
    file = tmp_path / "old.yaml"
    file.write_text(OLD)
    ran = ds("create", "-f", str(file))
    places = [
        line.removeprefix(f"{file}:").split(":")[0] for line in ran.err.splitlines() if line.startswith(str(file))
    ]
    assert (ran.code, places) == (1, ["1", "4", "11"]), ran.err
    *_, unasked, hint = ran.err.splitlines()
    assert unasked.startswith("not checked by the server: ")
    assert hint == f"hint: kubectl ds create --upgrade -f {file} creates it as apps/v1"


OLD = """\
apiVersion: extensions/v1beat1
kind: DaemonSet
metadata: {name: agent}
spec:
  template:
    metadata:
      labels: {app: agent}
    spec:
      containers:
      - name: agent
        imgae: registry.example/agent:1
"""
