"""What kubectl is told when somebody presses Tab."""

from __future__ import annotations

import pytest

from kubectl_ds.cli import COMMANDS
from kubectl_ds.cli.completion import completions, main


def test_the_first_word_becomes_a_command_with_its_help_and_never_a_file() -> None:
    assert completions(["cov"]) == (f"coverage\t{COMMANDS['coverage']}", ":4")
    assert [line.partition("\t")[0] for line in completions([""])] == [*COMMANDS, ":4"]
    assert completions(["nothing-of-the-kind"]) == (":4",)


@pytest.mark.parametrize("words", [[], ["create", "-f", "flu"], ["-"]])
def test_the_words_behind_it_are_left_to_the_shell(words: list[str]) -> None:
    assert completions(words) == (":0",)


def test_kubectl_gets_one_completion_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["kubectl_complete-ds", "ver"])
    main()
    assert capsys.readouterr().out == f"version\t{COMMANDS['version']}\n:4\n"
