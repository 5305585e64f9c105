"""``coverage -o wide`` on terminals of every width: nothing is cut, nothing is wider, and no row loses its owner."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.runs import ds

Object = dict[str, Any]
WIDTHS = [40, 60, 80, 100, 132, 200]


def wide(*arguments: str, width: int) -> list[str]:
    """The lines of the table on a terminal."""
    ran = ds("coverage", "-o", "wide", "--demo", *arguments, tty=True, width=width, environ={"NO_COLOR": "1"})
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("arguments", [(), ("-n", "logging"), ("fluentd", "-n", "logging")])
def test_no_line_is_wider_than_the_terminal(width: int, arguments: tuple[str, ...]) -> None:
    assert not [line for line in wide(*arguments, width=width) if len(line) > width]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_row_of_several_daemon_sets_names_its_own(width: int) -> None:
    lines = wide(width=width)

    rows = [line for line in lines if line.startswith(("kube-system ", "logging ", "monitoring ", "nvidia "))]
    assert len(rows) == 4 * 40
    names = {row.split()[1] for row in rows}
    assert names == {"kube-proxy", "fluentd", "node-exporter", "nvidia-device-plugin"}


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_is_spared_what_the_question_said(width: int) -> None:
    head = wide("fluentd", "-n", "logging", width=width)[0]

    assert head.split() == ["NODE", "VERDICT", "DETAIL"]


def test_a_wide_terminal_has_every_column() -> None:
    head = wide(width=400)[0]

    assert head.split() == [
        *("NAMESPACE", "DAEMONSET", "NODE", "VERDICT", "POD", "REVISION", "AGE", "CAUSE", "DETAIL"),
    ]


def test_off_a_terminal_a_row_is_a_line() -> None:
    lines = ds("coverage", "-o", "wide", "--demo", "-n", "logging").out.splitlines()

    assert len(lines) == 1 + 40
    assert all(len(line.split()) >= 8 for line in lines)


def test_in_a_paragraph_nothing_is_written_for_what_is_not_there() -> None:
    lines = wide(width=40)

    at = next(number for number, line in enumerate(lines) if "kube-proxy" in line)
    assert "<none>" not in " ".join(lines[at : at + 3])
