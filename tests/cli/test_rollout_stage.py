"""``kubectl ds rollout stage``: what cannot be meant is refused before any server is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.runs import Ran, ds


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A kubeconfig of a server that nobody can reach."""
    path = tmp_path / "config"
    path.write_text(
        json.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
                "contexts": [{"name": "c", "context": {"cluster": "c"}}],
                "current-context": "c",
            }
        )
    )
    return str(path)


def stage(config: str, *arguments: str) -> Ran:
    return ds("rollout", "stage", *arguments, environ={"KUBECONFIG": config})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "required resource not specified"),
        (("a", "b"), "a staged rollout is of one DaemonSet; give its name"),
        (("ds",), "a staged rollout is of one DaemonSet; give its name"),
        (("deploy/a",), "'deploy/a' is not a DaemonSet"),
        (("a", "--image", "c=x", "--patch", "{}"), "--image, -f and --patch each say what to roll out"),
        (("a", "--image", "x"), '--image="x" is not CONTAINER=IMAGE'),
        (("a", "--image", "c="), '--image="c=" is not CONTAINER=IMAGE'),
        (("a", "--image", "=x"), '--image="=x" is not CONTAINER=IMAGE'),
        (("a", "--image", "c=x,c=y"), '--image names the container "c" twice'),
        (("a", "--patch", "[]"), "--patch is no object"),
        (("a", "--patch", "{"), "--patch is neither JSON nor YAML"),
        (("a", "--waves", "1,100%", "--by", "zone"), "--waves and --by both make the waves"),
        (("a", "--waves", "0,100%"), '"0" is neither a count of nodes nor a percentage'),
        (("a", "--waves", "50%,10%"), "ends at 10% cannot follow"),
        (("a", "--order", "random"), "--order=random is not one of names, load, label=KEY"),
        (("a", "--canary-nodes", "a in"), 'is no selector|"a in"'),
        (("a", "--soak", "soon"), 'invalid argument "soon" for "--soak"'),
        (("a", "--progress-deadline", "-1s"), 'invalid argument "-1s" for "--progress-deadline"'),
        (("a", "--max-failures", "-1"), "--max-failures=-1 is no count"),
        (("a", "--max-restarts", "many"), "'many' is not a valid int"),
        (("a", "--max-unavailable", "0"), "--max-unavailable=0 is neither"),
        (("a", "--max-unavailable", "200%"), "--max-unavailable=200% is neither"),
        (("a", "--on-failure", "panic"), "--on-failure=panic is not one of undo, pause, ask"),
        (("a", "--on-failure", "ask"), "--on-failure=ask needs a terminal"),
        (("a", "--undo"), "--undo and --adopt go with --resume"),
        (("a", "--adopt"), "--undo and --adopt go with --resume"),
        (("a", "--resume", "--undo", "--adopt"), "--undo goes back, --adopt goes on"),
        (("a", "--resume", "--waves", "100%"), "--waves cannot change under way"),
        (("a", "--resume", "--image", "c=x"), "--image cannot change under way"),
        (("a", "-o", "yaml"), "-o yaml is not json"),
        (("a", "-f", "/nonexistent.yaml"), "/nonexistent.yaml"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(config: str, arguments: tuple[str, ...], told: str) -> None:
    ran = stage(config, *arguments)
    assert (ran.code in (1, 2), ran.out) == (True, "")
    assert any(each in ran.err for each in told.split("|")), ran.err
    assert "kubectl-ds itself failed" not in ran.err
    assert "127.0.0.1:9" not in ran.err, "no server is asked"


def test_a_manifest_without_that_daemon_set_is_refused(config: str, tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: other}\nspec: {selector: {matchLabels: {a: b}}, "
        "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}\n"
    )
    ran = stage(config, "a", "-f", str(file))
    assert ran.code == 1
    assert '0 of the DaemonSets in these files bear the name "a"' in ran.err
    assert "there are: other" in ran.err
