"""Dry runs and printed objects: kubectl's bytes, and nothing is created."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import CRD, GOOD, WIDGET, Desk, lines, opened


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """An empty cluster and an empty folder."""
    yield from opened(cluster, tmp_path)


@pytest.mark.parametrize("mode", ["client", "server"])
def test_a_dry_run_prints_what_kubectl_prints_and_creates_nothing(desk: Desk, mode: str) -> None:
    file = desk.write(GOOD)
    for form in ((), ("-o", "name")):
        theirs = desk.kubectl("-f", file, f"--dry-run={mode}", *form)
        ours = desk.ds("-f", file, f"--dry-run={mode}", *form)
        assert (ours.returncode, ours.stdout, ours.stderr) == (0, theirs.stdout, "")
    assert desk.names() == []


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("flags", [(), ("--save-config",)])
def test_a_client_dry_run_prints_the_same_object(desk: Desk, form: str, flags: tuple[str, ...]) -> None:
    second = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, resourceVersion: '5'}\ndata: {a: \"<&>\u2028é\"}\n"
    file = desk.write(f"{GOOD}---\n{second}")
    theirs = desk.kubectl("-f", file, "--dry-run=client", "-o", form, *flags)
    ours = desk.ds("-f", file, "--dry-run=client", "-o", form, *flags)
    assert (ours.returncode, ours.stdout) == (0, theirs.stdout)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_what_is_printed_after_creation_is_the_server_s_object(desk: Desk, form: str) -> None:
    file = desk.write(GOOD)
    theirs = desk.kubectl("-f", file, "--dry-run=server", "-o", form).stdout
    ours = desk.ds("-f", file, "--dry-run=server", "-o", form).stdout
    passing = ("uid", "creationTimestamp")
    assert [each for each in lines(ours) if not any(key in each for key in passing)] == [
        each for each in lines(theirs) if not any(key in each for key in passing)
    ]


def test_a_client_dry_run_of_a_broken_manifest_fails_though_kubectl_s_does_not(desk: Desk) -> None:
    file = desk.write(GOOD.replace("image:", "imgae:"))
    assert desk.kubectl("-f", file, "--dry-run=client").returncode == 0
    assert desk.ds("-f", file, "--dry-run=client").returncode == 1
    assert desk.ds("-f", file, "--dry-run=client", "--validate=ignore").returncode == 0


def test_a_server_dry_run_says_what_the_server_could_not_check(desk: Desk) -> None:
    file = desk.write(f"{CRD}---\n{WIDGET}")
    ours = desk.ds("-f", file, "--dry-run=server")
    assert ours.returncode == 0
    assert lines(ours.stdout) == [
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.com created (server dry run)",
        "widget.example.com/gear created (dry run)",
    ]
    assert ours.stderr == f"Warning: {file}:18: not checked by the server: it needs what an earlier object brings\n"


def test_validation_can_be_softened_as_in_kubectl(desk: Desk) -> None:
    file = desk.write(GOOD.replace("  selector:", "  slector: {}\n  selector:"))
    for value in ("warn", "ignore", "false"):
        theirs = desk.kubectl("-f", file, f"--validate={value}", "--dry-run=server")
        ours = desk.ds("-f", file, f"--validate={value}", "--dry-run=server")
        assert (ours.returncode, ours.stdout, ours.stderr) == (0, theirs.stdout, theirs.stderr)
    assert desk.ds("-f", file, "--validate").returncode == 1
