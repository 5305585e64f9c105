"""What somebody has accepted: which lines a comment covers, and what it must say."""

from __future__ import annotations

import pytest

from kubectl_ds.lint.catalogue import RULES
from kubectl_ds.lint.ignores import parse
from kubectl_ds.lint.review import LintReport, from_manifests, review
from kubectl_ds.manifest.documents import read
from tests.lint.cases import SOUND, around

UNTAGGED = SOUND.replace("agent:1.0", "agent")
IMAGE = "          image: registry.example/agent\n"


def looked_at(text: str) -> LintReport:
    manifests = from_manifests(read("a.yaml", text.encode()), around(), "default")
    return review(manifests.subjects, RULES, manifests.snapshot, manifests.unreadable)


def codes(text: str) -> list[str]:
    return [each.code for each in looked_at(text).findings]


def test_without_a_comment_it_is_found() -> None:
    assert codes(UNTAGGED) == ["DS501"]


@pytest.mark.parametrize(
    "text",
    [
        UNTAGGED.replace(IMAGE, IMAGE.rstrip() + "  # kubectl-ds: ignore DS501 pinned by the mirror\n"),
        UNTAGGED.replace(IMAGE, "          # kubectl-ds: ignore DS501 pinned by the mirror\n" + IMAGE),
        UNTAGGED.replace(IMAGE, "          # kubectl-ds: ignore DS501 pinned by the mirror\n          # why\n" + IMAGE),
        "# kubectl-ds: ignore DS501 pinned by the mirror\n" + UNTAGGED,
        "# a licence\n\n# kubectl-ds: ignore DS2, DS5 pinned by the mirror\n\n" + UNTAGGED,
    ],
    ids=["on the line", "above it", "further above it", "at the head", "by the beginning of the code"],
)
def test_a_comment_covers_its_line_the_next_one_or_the_document(text: str) -> None:
    report = looked_at(text)

    assert report.findings == ()
    assert [(each.finding.code, each.reason) for each in report.accepted] == [("DS501", "pinned by the mirror")]


@pytest.mark.parametrize(
    "text",
    [
        UNTAGGED.replace(IMAGE, IMAGE + "          # kubectl-ds: ignore DS501 too late\n"),
        UNTAGGED.replace(IMAGE, "          # kubectl-ds: ignore DS502 another rule\n" + IMAGE),
        f"# kubectl-ds: ignore DS501 another document\nkind: Namespace\napiVersion: v1\n---\n{UNTAGGED}",
    ],
    ids=["below", "another rule", "another document"],
)
def test_a_comment_covers_nothing_else(text: str) -> None:
    assert codes(text) == ["DS501"]


def test_a_comment_that_names_no_rule_is_itself_told() -> None:
    report = looked_at(UNTAGGED.replace(IMAGE, IMAGE.rstrip() + "  # kubectl-ds: ignore\n"))

    assert [each.code for each in report.findings] == ["DS000", "DS501"]
    assert report.findings[1].place.line == report.findings[0].place.line


def test_the_annotation_travels_with_the_object() -> None:
    annotated = UNTAGGED.replace(
        "  namespace: agents\n", "  namespace: agents\n  annotations: {kubectl-ds/ignore: DS501}\n"
    )

    assert codes(annotated) == []


def test_codes_end_where_the_reason_begins() -> None:
    assert parse(" DS101, DS2 because of X") == (("DS101", "DS2"), "because of X")
    assert parse(": DS501: why not") == ((), ": DS501: why not")
    assert parse("DS501: why not") == (("DS501",), "why not")
