"""``kubectl ds lint``: screens, documents, SARIF, annotations, choice of rules and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.lint.catalogue import RULES
from tests.cli.runs import Ran, ds, list_file
from tests.controlplane.objects import daemon_set, node
from tests.lint.cases import SOUND
from tests.schemas import check

UNTAGGED = SOUND.replace("agent:1.0", "agent")
SURGING = SOUND.replace("{maxUnavailable: 10%}", "{maxUnavailable: 0, maxSurge: 1}").replace(
    "          resources:", "          ports: [{containerPort: 80, hostPort: 80}]\n          resources:"
)
SCREEN = """\
agents/agent: 1 error, 1 warning

agents/agent  agent.yaml
✗ DS306  host port 80 with maxSurge: the new pod never fits beside the old one
         line 23: ports: [{containerPort: 80, hostPort: 80}]
         cure: set maxSurge: 0 and maxUnavailable: 10%
! DS501  image registry.example/agent has no tag: nodes run whatever they pulled
         last
         line 22: image: registry.example/agent
         cure: name a version, or a digest

not checked without namespaces, nodes, poddisruptionbudgets, priorityclasses,
  serviceaccounts (--live asks the cluster, --from a capture): """


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(folder: Path, text: str, *arguments: str, **options: Any) -> Ran:
    (folder / "agent.yaml").write_text(text)
    return ds("lint", "-f", "agent.yaml", *arguments, **options)


def test_the_screen_has_the_verdict_first_then_each_finding_with_line_and_cure(folder: Path) -> None:
    ran = lint(folder, SURGING.replace("agent:1.0", "agent"), tty=True, environ={"NO_COLOR": "1"})

    assert ran.out.startswith(SCREEN)
    assert ran.out.endswith("\nnext: kubectl ds lint --explain DS306\n")
    assert ran.code == 3


def test_off_a_terminal_a_finding_is_a_line_as_compilers_write_it(folder: Path) -> None:
    lines = lint(folder, UNTAGGED).out.splitlines()

    assert lines[0] == "agents/agent: 1 warning"
    assert lines[1].startswith("agent.yaml:22:11: warning: DS501 image registry.example/agent has no tag")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("more", [("--demo",), ("--list",), ("-f", "agent.yaml")])
def test_nothing_is_wider_than_the_terminal(folder: Path, width: int, more: tuple[str, ...]) -> None:
    (folder / "agent.yaml").write_text(SURGING)

    lines = ds("lint", *more, tty=True, width=width, environ={"NO_COLOR": "1"}).out.splitlines()

    assert len(lines) > 3
    assert [line for line in lines if len(line) > width and not line.startswith("next: ")] == []


def test_a_sound_manifest_is_told_so_and_needs_no_cluster(folder: Path) -> None:
    ran = lint(folder, SOUND)

    assert ran.out.startswith("1 DaemonSet checked, nothing found\nnot checked without ")
    assert (ran.code, ran.err) == (0, "")


def test_notes_alone_fail_no_run(folder: Path) -> None:
    ran = lint(folder, SOUND.replace("      priorityClassName: agents\n", ""))

    assert ran.out.startswith("agents/agent: 1 note\n")
    assert ran.code == 0


def test_what_cannot_be_read_is_a_finding_and_hides_nothing_else(folder: Path) -> None:
    ran = lint(folder, f"{UNTAGGED}---\nkind: Deamonset\napiVersion: apps/v1\n---\nkind: [\n", "-o", "json")

    found = [(each["code"], each["line"]) for each in check(ran.json())["findings"]]
    assert ("DS501", 22) in found
    assert [code for code, _ in found].count("DS000") == 2
    assert ran.code == 3


def test_what_a_server_would_refuse_is_told_beside_the_rules_and_cannot_be_accepted(folder: Path) -> None:
    text = f"# kubectl-ds: ignore DS000 no\n{UNTAGGED}".replace("      tolerations:", "      tolerationz:")
    found = check(lint(folder, text, "-o", "json").json())["findings"]

    assert [(each["code"], each["rule"], each["line"], each["name"]) for each in found] == [
        ("DS000", "refused", 19, "agent"),
        ("DS501", "image-tag", 23, "agent"),
    ]
    assert found[0]["suggestion"] == "did you mean tolerations?"


def test_an_old_version_is_one_finding_and_not_two(folder: Path) -> None:
    found = lint(folder, SOUND.replace("apps/v1", "extensions/v1beta1"), "-o", "json").json()["findings"]

    assert [each["code"] for each in found] == ["DS602"]


def test_slips_in_a_manifest_of_an_old_version_are_told_with_it(folder: Path) -> None:
    text = SOUND.replace("apps/v1", "extensions/v1beta1").replace("      tolerations:", "      tolerationz:")
    found = lint(folder, text, "-o", "json").json()["findings"]

    assert [(each["code"], each["field"]) for each in found if each["severity"] == "error"] == [
        ("DS602", "apiVersion"),
        ("DS000", "spec.template.spec.tolerationz"),
    ]


def test_files_without_a_daemon_set_are_fine(folder: Path) -> None:
    ran = lint(folder, "kind: Namespace\napiVersion: v1\nmetadata: {name: a}\n")

    assert (ran.code, ran.out, ran.err) == (0, "", "No DaemonSets found in these files\n")


def test_the_document_keeps_its_promise_for_files_and_for_a_capture(folder: Path) -> None:
    accepted = f"# kubectl-ds: ignore DS501 mirrored\n{UNTAGGED}"
    document = check(lint(folder, accepted, "-o", "json").json())

    assert document["source"]["type"] == "manifest"
    assert document["counts"] == {"error": 0, "warning": 0, "info": 0}
    assert [(each["code"], each["line"], each["reason"]) for each in document["ignored"]] == [("DS501", 23, "mirrored")]
    assert {"code": "DS106", "rule": "matches-no-node", "missing": ["nodes"]} in document["notChecked"]
    demo = check(ds("lint", "--demo", "-o", "json").json())
    assert len(demo["daemonSets"]) == 4
    assert sum(each["findings"] for each in demo["daemonSets"]) == len(demo["findings"]) > 5
    assert all(each["file"] is None and each["field"] for each in demo["findings"])


def test_a_manifest_is_held_against_the_nodes_of_a_capture(folder: Path) -> None:
    items = [node("n1"), node("n2"), daemon_set("other")]
    cluster = list_file(folder, items)

    ran = lint(folder, SOUND.replace("kubernetes.io/os: linux", "pool: gpu"), "--from", cluster, "-o", "json")

    found = check(ran.json())["findings"]
    assert [(each["code"], each["line"]) for each in found] == [("DS106", 17)]
    assert "none of the 2 nodes is meant; 2 for nodeSelector: pool in (gpu)" in found[0]["message"]


def test_sarif_has_what_the_standard_asks_for(folder: Path) -> None:
    text = SURGING.replace("image: registry.example/agent:1.0", "image: agent  # kubectl-ds: ignore DS501 mirrored")
    log = lint(folder, text, "-o", "sarif").json()

    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["DS000", *(rule.code for rule in RULES)]
    assert all(rule["shortDescription"]["text"] for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "agent.yaml"
        assert physical["region"]["endColumn"] > physical["region"]["startColumn"] >= 1
    by_code = {result["ruleId"]: result for result in run["results"]}
    assert by_code["DS306"]["locations"][0]["physicalLocation"]["region"]["startLine"] == 23
    assert by_code["DS501"]["suppressions"] == [{"kind": "inSource", "justification": "mirrored"}]
    demo = ds("lint", "--demo", "-o", "sarif").json()["runs"][0]["results"]
    assert all("logicalLocations" in result["locations"][0] for result in demo)


def test_github_gets_an_annotation_for_each_finding_with_its_escapes(folder: Path) -> None:
    lines = lint(folder, SURGING, "-o", "github").out.splitlines()

    assert len(lines) == 1
    assert lines[0].startswith("::error file=agent.yaml,title=DS306 surge-host-port,line=23,col=39::agents/agent: ")
    assert lines[0].endswith("%0Aset maxSurge: 0 and maxUnavailable: 10%25")


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        ((), ["DS306", "DS501"]),
        (("--select", "DS3"), ["DS306"]),
        (("--select", "ds306,image-tag"), ["DS306", "DS501"]),
        (("--ignore", "DS5"), ["DS306"]),
        (("--select", "DS3", "--select", "DS5", "--ignore", "surge-host-port"), ["DS501"]),
    ],
)
def test_rules_are_chosen_by_code_beginning_or_name(folder: Path, arguments: tuple[str, ...], codes: list[str]) -> None:
    ran = lint(folder, SURGING.replace("agent:1.0", "agent"), "-o", "json", *arguments)

    assert [each["code"] for each in ran.json()["findings"]] == codes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--select", "DS999"), "no rule is called 'DS999'"),
        (("--explain", "surge-hostport"), "Did you mean surge-host-port?"),
        (("-o", "wide"), "-o wide is not one of json, yaml, sarif, github"),
        (("--live",), "--live goes with -f"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(arguments: tuple[str, ...], words: str) -> None:
    ran = ds("lint", *arguments)

    assert ran.code == 2
    assert words in ran.err


def test_the_table_and_the_stories_hold_every_rule() -> None:
    table = ds("lint", "--list").out

    for rule in RULES:
        assert f"{rule.code}  {rule.level.value:<7}  {rule.name} " in table
        story = ds("lint", "--explain", rule.code.lower()).out
        assert rule.title in story
        assert "bad:" in story


def test_a_list_without_nodes_leaves_rules_unasked_and_says_so(folder: Path) -> None:
    ran = ds("lint", "--from", list_file(folder, [daemon_set("quiet")]), "-o", "json", "--select", "DS106")

    assert [each["missing"] for each in check(ran.json())["notChecked"]] == [["nodes"]]
    assert ran.code == 0


OLD = """\
      nodeSelector:
        # Linux only
        beta.kubernetes.io/os: "linux" # of course
"""


def test_fix_puts_right_what_needs_no_decision_and_keeps_comments_and_quotes(folder: Path) -> None:
    text = SOUND.replace("      nodeSelector: {kubernetes.io/os: linux}\n", OLD)
    before = lint(folder, text, "-o", "json").json()["findings"]

    ran = lint(folder, text, "--fix")

    assert [(each["code"], each["fixable"]) for each in before] == [("DS109", True)]
    assert (ran.code, ran.out.splitlines()[0]) == (0, "1 DaemonSet checked, nothing found")
    assert ran.err.startswith("fixed agent.yaml:19:9: DS109 the label beta.kubernetes.io/os is deprecated")
    written = (folder / "agent.yaml").read_text()
    assert [line.split() for line in written.splitlines()] == [
        line.split() for line in text.replace("beta.kubernetes.io/os", "kubernetes.io/os").splitlines()
    ]


def test_fix_leaves_alone_what_is_accepted_what_is_broken_and_what_is_no_file(folder: Path) -> None:
    old = SOUND.replace("kubernetes.io/os: linux", "beta.kubernetes.io/os: linux")
    accepted = f"# kubectl-ds: ignore DS109 an old provider\n{old}"
    broken = f"{old}---\nkind: [\n"

    for text in (accepted, broken):
        assert "fixed" not in lint(folder, text, "--fix").err
        assert (folder / "agent.yaml").read_text() == text
    ran = ds("lint", "-f", "-", "--fix", stdin=old.encode())
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: --fix cannot write to STDIN")
    assert ds("lint", "--demo", "--fix").code == 2
