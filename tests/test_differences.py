"""The table of wanted differences: told to readers as it stands, and held row by row.

``python -m tests.test_differences`` writes ``DIFFERENCES.md`` anew.
"""

from __future__ import annotations

import ast
from itertools import groupby
from pathlib import Path

import pytest

from tests.controlplane.conformance.cases import CASES
from tests.differences import DIFFERENCES, Difference

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "DIFFERENCES.md"


def page() -> str:
    """The table as a page."""
    parts = [
        "# Where we differ from kubectl, on purpose\n\n"
        "For the same flags, kubeconfig and environment `kubectl ds` sends what kubectl 1.37 sends, says what it says\n"
        "and exits zero where it does. Where kubectl is unsafe or silent it does not; that is this table. Each row is\n"
        "held by a test, most of them by running both programs side by side.\n"
    ]
    for topic, rows in groupby(DIFFERENCES, key=lambda row: row.topic):
        parts.append(f"\n## {topic}\n\n| kubectl | kubectl ds | because |\n|---|---|---|\n")
        parts += [f"| {row.kubectl} | {row.ours} | {row.reason} |\n" for row in rows]
    return "".join(parts)


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text() == page()
    assert PAGE.name in (ROOT / "README.md").read_text()


def test_every_case_that_differs_has_its_row_and_every_row_a_case_or_a_test_of_its_own() -> None:
    keys = [row.key for row in DIFFERENCES]
    assert len(keys) == len(set(keys))
    in_cases = {case.difference for case in CASES} - {""}
    assert in_cases == {row.key for row in DIFFERENCES if row.test == Difference("", "", "", "", "").test}


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: row.key)
def test_the_test_of_a_row_exists(row: Difference) -> None:
    path, _, name = row.test.partition("::")
    functions = (node for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef))
    assert name in {function.name for function in functions}


def test_no_case_stands_twice_and_there_are_enough() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 150


if __name__ == "__main__":
    PAGE.write_text(page())
