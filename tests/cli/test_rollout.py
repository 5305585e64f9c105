"""The rollout verbs without a cluster: on the capture that ships, what they tell, how they exit, what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runs import Ran, ds, list_file
from tests.controlplane.objects import daemon_set, merge, node
from tests.engine.pods import owned, ready, revision, stored, when
from tests.schemas import check

Object = dict[str, Any]
EXPORTER = ("node-exporter", "-n", "monitoring", "--demo")


def rollout(*arguments: str, **options: Any) -> Ran:
    return ds("rollout", *arguments, **options)


def documents(ran: Ran) -> list[Object]:
    """All documents of a run, each held to its schema."""
    decoder, rest, found = json.JSONDecoder(), ran.out, []
    while rest.strip():
        document, end = decoder.raw_decode(rest.lstrip())
        found.append(check(document))
        rest = rest.lstrip()[end:]
    return found


def test_a_group_alone_shows_its_help_and_exits_zero() -> None:
    ran = rollout()

    assert ran.code == 0
    assert "status" in ran.out
    assert "Usage: kubectl ds rollout" in ran.out


def test_a_misspelt_verb_is_answered_with_its_neighbour() -> None:
    ran = rollout("histroy")

    assert ran.code == 2
    assert 'unknown command "histroy" for "kubectl ds rollout". Did you mean \'history\'?' in ran.err


def test_the_status_of_everything_recorded_is_a_document_each() -> None:
    found = documents(rollout("status", "-A", "--demo", "-o", "json"))

    phases = {each["name"]: (each["phase"], each["fault"]) for each in found}
    assert phases["node-exporter"] == ("failed", "revision")
    assert phases["nvidia-device-plugin"] == (None, None)
    for each in found:
        assert len(each["nodes"]) == 40
        assert {node for group in each["laggards"] for node in group["nodes"]} <= {row["node"] for row in each["nodes"]}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("node-exporter", "-n", "monitoring"), 3),
        (("nvidia-device-plugin", "-n", "nvidia"), 6),
        (("kube-proxy", "-n", "kube-system"), 4),
        (("-A",), 3),
    ],
)
def test_the_exit_code_tells_how_an_update_stands(arguments: tuple[str, ...], code: int) -> None:
    assert rollout("status", *arguments, "--demo", "--exit-code").code == code


def test_history_is_kubectls_and_on_request_more() -> None:
    plain = rollout("history", *EXPORTER)
    (listed,) = documents(rollout("history", *EXPORTER, "--details", "-o", "json"))

    assert plain.out.startswith("daemonset.apps/node-exporter \nREVISION  CHANGE-CAUSE\n1         <none>\n")
    assert [each["number"] for each in listed["revisions"]] == [1, 2, 3, 4]
    assert [each["current"] for each in listed["revisions"]] == [False, False, False, True]
    assert listed["revisions"][3]["images"] == [
        {"container": "node-exporter", "image": "quay.io/prometheus/node-exporter:v1.10.22"}
    ]


def test_what_the_last_update_changed_is_told_in_four_ways(tmp_path: Path) -> None:
    words = "container node-exporter: image quay.io/prometheus/node-exporter: tag v1.9.1 → v1.10.22"

    assert rollout("diff", *EXPORTER, "--semantic").out == f"{words}\n"
    unified = rollout("diff", *EXPORTER).out
    assert "\n-      image: quay.io/prometheus/node-exporter:v1.9.1\n" in f"\n{unified}".replace("\n-  ", "\n-  ")
    assert any(line.startswith("+") and line.endswith("node-exporter:v1.10.22") for line in unified.splitlines())
    beside = rollout("diff", *EXPORTER, "--side-by-side", tty=True, width=120).out
    assert any("v1.9.1" in line and " | " in line and "v1.10.22" in line for line in beside.splitlines())
    (told,) = documents(rollout("diff", *EXPORTER, "-o", "json"))
    assert [each["message"] for each in told["changes"]] == [words]


def test_a_diff_exits_three_only_where_it_is_asked_to_and_anything_differs() -> None:
    assert rollout("diff", *EXPORTER).code == 0
    assert rollout("diff", *EXPORTER, "--exit-code").code == 3
    same = rollout("diff", *EXPORTER, "--from=4", "--exit-code")
    assert (same.code, same.out) == (0, "")


def test_a_program_of_ones_own_gets_two_folders() -> None:
    shown = rollout("diff", *EXPORTER, environ={"KUBECTL_EXTERNAL_DIFF": "ls -1 $(evil) -d", "PATH": "/usr/bin:/bin"})
    absent = rollout("diff", *EXPORTER, environ={"KUBECTL_EXTERNAL_DIFF": "/nonexistent/differ"})

    first, second = shown.out.splitlines()
    assert first.endswith("/revision-3")
    assert second.endswith("/revision-4")
    assert absent.code == 1
    assert "the program of KUBECTL_EXTERNAL_DIFF cannot be run: /nonexistent/differ" in absent.err


REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    (("diff", *EXPORTER, "--from=77"), 1, "unable to find specified revision 77 in history"),
    (("diff", *EXPORTER, "-r", "-9"), 1, "there are not 9 revisions before 4 to compare with"),
    (("diff", *EXPORTER, "--to", "x"), 2, 'invalid argument "x" for "--to"'),
    (("diff", *EXPORTER, "-r", "1", "--from", "2"), 2, "-r is short for --from"),
    (("diff", *EXPORTER, "--from", "1", "--from", "2"), 2, "--from takes one revision"),
    (("diff", *EXPORTER, "-o", "wide"), 2, "-o wide is not one of json, yaml"),
    (("history", *EXPORTER, "--revision=9"), 1, "unable to find the specified revision"),
    (("history", *EXPORTER, "--details", "-o", "name"), 2, "does not go with --details"),
    (("history", "--demo"), 2, "required resource not specified"),
    (("history", "x", "-l", "a=b", "--demo"), 2, "name cannot be provided when a selector is specified"),
    (("history", "x", "-A", "--demo"), 2, "cannot be retrieved by name across all namespaces"),
    (("status", "nope", "-n", "monitoring", "--demo"), 1, 'daemonsets.apps "nope" not found'),
    (("status", *EXPORTER, "--timeout=5"), 2, 'missing unit in duration "5"'),
    (("status", *EXPORTER, "--progress-deadline=5y"), 2, 'unknown unit "y" in duration "5y"'),
    (("status", *EXPORTER, "-o", "wide"), 2, "-o wide is not one of json, yaml"),
    (("restart", "x", "--timeout=5s"), 2, "--timeout and --exit-code go with --wait"),
    (("undo", "x", "--demo"), 2, "unknown flag: --demo"),
]


@pytest.mark.parametrize(("arguments", "code", "told"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_words(arguments: tuple[str, ...], code: int, told: str) -> None:
    ran = rollout(*arguments)

    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err


def recorded(tmp_path: Path, *more: Object, managed: list[Object] | None = None, **fields: Any) -> str:
    """A List with a DaemonSet of two revisions on two nodes, the second begun."""
    found = stored(daemon_set("d", namespace="ns", **fields), 2)
    found["metadata"]["managedFields"] = managed or []
    own: Object = {"metadata": {"labels": {"app": "d"}}}
    old = merge(merge(revision(found, "old", 1), own), {"data": {"spec": {"template": {"spec": {"hostPID": True}}}}})
    current = merge(merge(revision(found, "new", 2), own), {"metadata": {"creationTimestamp": when(100)}})
    well = {"status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": when(9000)}]}}
    return list_file(tmp_path, [found, old, current, node("n1") | well, node("n2") | well, *more])


def test_who_made_a_revision_is_told_only_where_it_is_sure(tmp_path: Path) -> None:
    def entry(manager: str, ago: float) -> Object:
        fields: Object = {"f:spec": {"f:template": {}}}
        return {
            "manager": manager,
            "operation": "Update",
            "time": when(ago),
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        }

    path = recorded(tmp_path, managed=[entry("kubectl-set", 100), entry("kubectl-create", 9000), entry("helm", 100)])

    (told,) = documents(rollout("history", "d", "-n", "ns", "--from", path, "--details", "-o", "json"))

    assert [[each["name"] for each in row["managers"]] for row in told["revisions"]] == [[], ["kubectl-set", "helm"]]


def test_the_pods_of_each_revision_are_counted(tmp_path: Path) -> None:
    path = recorded(tmp_path, owned("n1", ready()), owned("n2", hash_="old", age=9000))

    (told,) = documents(rollout("history", "d", "-n", "ns", "--from", path, "--details", "-o", "json"))

    assert [(row["pods"], row["ready"]) for row in told["revisions"]] == [(1, 0), (1, 1)]


def test_a_plain_list_is_followed_by_nothing_and_told_once(tmp_path: Path) -> None:
    path = recorded(tmp_path, owned("n1", ready(50), age=60), owned("n2", ready(), hash_="old", age=9000))

    ran = rollout("status", "d", "-n", "ns", "--from", path)

    assert ran.code == 0
    assert ran.out.startswith("d: progressing: 1 of 2 nodes updated, 2 available")
    assert "n2 waits for its turn" in ran.out
