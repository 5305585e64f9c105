"""``kubectl ds upgrade``: the user's file with what it needs, and with everything else as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.runs import ds

OLD = """\
# our collector, since 2015
apiVersion: extensions/v1beta1   # to be changed
kind: DaemonSet
metadata:
  name: "agent"
spec:
  template:
    metadata:
      labels:
        app: agent
    spec:
      nodeSelector:
        beta.kubernetes.io/os: linux
      containers:
      # the only one
      - name: 'agent'
        image: registry.example/agent:1
        args: ["-v",   '--all']
        env:
        - {name: A, value: "0644"}
---
# not ours
apiVersion: v1
kind:   ConfigMap
metadata: {name: a}
data:
    mode:  '0644'
"""
NEW = """\
# our collector, since 2015
apiVersion: apps/v1   # to be changed
kind: DaemonSet
metadata:
  name: "agent"
  labels:
    app: agent
spec:
  selector:
    matchLabels:
      app: agent
  updateStrategy:
    type: OnDelete
  template:
    metadata:
      labels:
        app: agent
    spec:
      nodeSelector:
        kubernetes.io/os: linux
      containers:
      # the only one
      - name: 'agent'
        image: registry.example/agent:1
        args: ["-v",   '--all']
        env:
        - {name: A, value: "0644"}
---
# not ours
apiVersion: v1
kind:   ConfigMap
metadata: {name: a}
data:
    mode:  '0644'
"""


def written(folder: Path, text: str, name: str = "old.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_the_result_is_printed_and_every_change_told(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    ran = ds("upgrade", "-f", str(file))
    assert (ran.code, ran.out) == (0, NEW)
    told = [line for line in ran.err.splitlines() if line.startswith(f"{file}:")]
    assert [line.removeprefix(f"{file}:").split(": changed: ")[0] for line in told] == [
        "2:1",
        "4:1",
        "6:1",
        "6:1",
        "13:9",
    ]
    assert file.read_text() == OLD


def test_in_place_keeps_comments_order_quotes_and_what_is_not_a_daemon_set(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    file.chmod(0o640)
    ran = ds("upgrade", "-f", str(file), "--in-place")
    assert (ran.code, ran.out, file.read_text()) == (0, "", NEW)
    assert file.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["old.yaml"]
    again = ds("upgrade", "-f", str(file), "--in-place", "--exit-code")
    assert (again.code, again.err) == (0, "nothing to upgrade\n")


def test_lists_that_stand_to_the_right_of_their_key_stay_there(tmp_path: Path) -> None:
    text = OLD.partition("---")[0].replace("      # the only one\n      - name: 'agent'\n", "        - name: 'agent'\n")
    text = text.replace("        image", "          image").replace("        args", "          args")
    text = text.replace("        env:\n        - {", "          env:\n            - {")
    ran = ds("upgrade", "-f", str(written(tmp_path, text)))
    assert "      containers:\n        - name: 'agent'\n          image: " in ran.out
    assert "          env:\n            - {name: A" in ran.out


def test_no_line_changes_but_those_that_the_upgrade_is_about(tmp_path: Path) -> None:
    """However the file is indented, quoted and commented; a text that YAML takes for a boolean stays a text."""
    text = """\
apiVersion: "apps/v1beta2"  # old
kind: 'DaemonSet'
metadata:
    name:   agent
spec:
    # how
    updateStrategy: { type: OnDelete }
    templateGeneration: 3
    template:
        metadata:
            annotations:
                scheduler.alpha.kubernetes.io/tolerations: >-
                    [{"key": "a", "operator": "Exists"}]
                # to stay
                keep: 'me'
            labels: &labels
                on-call: "on"

        spec:
            nodeSelector: {"beta.kubernetes.io/os": linux}   # os
            containers:
              - name: agent
                image: a:1
                command: [
                  "a",   # first
                ]
"""
    ran = ds("upgrade", "-f", str(written(tmp_path, text)), "--diff")
    changed = [line for line in ran.out.splitlines()[2:] if line[0] in "+-"]
    assert changed == [
        '-apiVersion: "apps/v1beta2"  # old',
        '+apiVersion: "apps/v1"  # old',
        "-    templateGeneration: 3",
        "+    selector:",
        "+        matchLabels:",
        '+            on-call: "on"',
        "-                scheduler.alpha.kubernetes.io/tolerations: >-",
        '-                    [{"key": "a", "operator": "Exists"}]',
        '-            nodeSelector: {"beta.kubernetes.io/os": linux}   # os',
        '+            nodeSelector: {"kubernetes.io/os": linux}   # os',
        "+            tolerations:",
        "+              - key: a",
        "+                operator: Exists",
    ]


@pytest.mark.parametrize(("encoding", "end"), [("utf-8-sig", "\n"), ("utf-8", "\r\n"), ("utf-16", "\n")])
def test_encoding_and_line_ends_stay(tmp_path: Path, encoding: str, end: str) -> None:
    file = tmp_path / "old.yaml"
    file.write_bytes(OLD.partition("---")[0].replace("\n", end).encode(encoding))
    assert ds("upgrade", "-f", str(file), "--in-place").code == 0
    assert file.read_bytes() == NEW.partition("---")[0].replace("\n", end).encode(encoding)


def test_the_difference_alone(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    ran = ds("upgrade", "-f", str(file), "--diff", "--exit-code")
    assert ran.code == 3
    lines = ran.out.splitlines()
    assert lines[:2] == [f"--- {file}", f"+++ {file} (upgraded)"]
    assert "-        beta.kubernetes.io/os: linux" in lines and "+        kubernetes.io/os: linux" in lines


def test_json_stays_json_and_lists_stay_lists(tmp_path: Path) -> None:
    spec = {"template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}}}
    item = {"apiVersion": "extensions/v1beta1", "kind": "DaemonSet", "metadata": {"name": "a"}, "spec": spec}
    listed = {"apiVersion": "v1", "kind": "List", "items": [item, {**item, "metadata": {"name": "b"}}]}
    ran = ds("upgrade", "-f", str(written(tmp_path, json.dumps(listed), "old.json")))
    assert ran.code == 0, ran.err
    assert [each["apiVersion"] for each in json.loads(ran.out)["items"]] == ["apps/v1", "apps/v1"]


def test_items_of_a_list_in_yaml_are_upgraded_where_they_stand(tmp_path: Path) -> None:
    body = OLD.partition("---")[0].replace("# our collector, since 2015\n", "")
    first, *rest = body.splitlines()
    item = "\n".join([f"- {first}", *(f"  {line}" for line in rest)])
    ran = ds("upgrade", "-f", str(written(tmp_path, f"apiVersion: v1\nkind: List\nitems:\n{item}\n")))
    assert ran.code == 0, ran.err
    assert "- apiVersion: apps/v1" in ran.out and "    updateStrategy:\n      type: OnDelete\n" in ran.out


def test_a_file_that_cannot_be_rewritten_without_changing_more_is_left_alone(tmp_path: Path) -> None:
    text = (
        "apiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: &m {name: agent, labels: {app: agent}}\n"
        "spec: {template: {metadata: *m, spec: {containers: [{name: a, image: b}]}}}\n"
    )
    file = written(tmp_path, text)
    ran = ds("upgrade", "-f", str(file), "--in-place")
    assert (ran.code, file.read_text()) == (1, text)
    assert "cannot be rewritten without changing more than the upgrade does" in ran.err


def test_a_file_that_cannot_be_read_is_refused_with_every_place(tmp_path: Path) -> None:
    ran = ds("upgrade", "-f", str(written(tmp_path, OLD + "---\na: [\n---\nb: {\n")))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count(": error: ") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "must specify -f"),
        (("-f", "-", "--in-place"), "--in-place cannot write to STDIN"),
        (("-f", "-", "--in-place", "--diff"), "--in-place and --diff exclude one another"),
    ],
)
def test_a_command_line_that_cannot_be_meant_is_a_usage_error(arguments: tuple[str, ...], message: str) -> None:
    ran = ds("upgrade", *arguments, stdin=OLD.encode())
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize(("flags", "line"), [((), 18), (("--in-place",), 25)])
def test_what_is_wrong_all_the_same_is_told_where_it_stands_now(
    tmp_path: Path, flags: tuple[str, ...], line: int
) -> None:
    file = written(tmp_path, OLD.replace("args: [", "args: [1, "))
    ran = ds("upgrade", "-f", str(file), *flags)
    assert ran.code == 1
    assert "error: the API server would still refuse it\n" in ran.err
    assert f"{file}:{line}:" in ran.err.partition("still refuse it")[2]
    assert "args: [1, " in file.read_text().splitlines()[line - 1]
