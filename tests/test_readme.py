"""The README shows what the program really says: its pictures are made by the program and checked here.

``python -m tests.test_readme`` draws them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kubectl_ds.cli import COMMANDS
from tests.cli.runs import ds

README = Path(__file__).parent.parent / "README.md"
WIDTH = 112
_PICTURE = re.compile(r"<!-- picture: (?P<command>[^\n]*) -->\n```\n(?P<shown>.*?)```\n", re.DOTALL)


def draw(command: str) -> str:
    """What the command shows on a terminal without colour."""
    ran = ds(*command.split(), tty=True, width=WIDTH, environ={"NO_COLOR": "1"})
    assert ran.code == 0, ran.err
    return ran.out


def pictures() -> list[tuple[str, str]]:
    """(command, what the README shows for it)."""
    return [(match["command"], match["shown"]) for match in _PICTURE.finditer(README.read_text())]


def test_there_are_pictures() -> None:
    assert len(pictures()) >= 2


@pytest.mark.parametrize(("command", "shown"), pictures(), ids=[command for command, _ in pictures()])
def test_a_picture_is_what_the_program_draws(command: str, shown: str) -> None:
    assert shown == draw(command)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_row(name: str) -> None:
    table = README.read_text().partition("## Commands")[2].partition("## Verdicts")[0]

    assert f"`{name}" in table


if __name__ == "__main__":
    text = README.read_text()
    README.write_text(
        _PICTURE.sub(lambda match: f"<!-- picture: {match['command']} -->\n```\n{draw(match['command'])}```\n", text)
    )
