"""Completion by kubectl: static words without a request, one a line, and the directive last."""

from __future__ import annotations

from kubectl_ds.cli import COMMANDS
from kubectl_ds.cli.completion import complete


def test_the_first_word_is_a_command_with_its_help() -> None:
    *candidates, directive = complete(["co"])

    assert candidates == [f"coverage\t{COMMANDS['coverage']}"]
    assert directive == ":4"


def test_an_empty_word_offers_every_command() -> None:
    assert [line.partition("\t")[0] for line in complete([""])[:-1]] == list(COMMANDS)


def test_flags_are_completed_after_a_command() -> None:
    assert complete(["coverage", "--name"]) == ["--namespace", ":4"]


def test_a_flag_that_takes_a_file_lets_the_shell_offer_files() -> None:
    assert complete(["coverage", "-f", ""]) == [":0"]


def test_nothing_at_all_is_answered_too() -> None:
    assert complete([])[-1] == ":4"
