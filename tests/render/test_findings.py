"""A finding on the screen: the place first, then the line with its caret, then the cure."""

from __future__ import annotations

from kubectl_ds.manifest.finding import Finding, Severity, finding_at
from kubectl_ds.manifest.source import Source
from kubectl_ds.render.findings import findings_text, summary
from kubectl_ds.render.theme import Theme

PLAIN = Theme()


def test_a_finding_is_a_line_for_editors_then_the_source_then_a_hint() -> None:
    source = Source("f.yaml", "kind: A\n        columeMounts:\n")
    finding = finding_at(
        source, 16, 'unknown field "x.columeMounts"', length=12, suggestion="did you mean volumeMounts?"
    )
    assert findings_text([finding], PLAIN) == (
        'f.yaml:2:9: error: unknown field "x.columeMounts"\n'
        "   2 |         columeMounts:\n"
        "     |         ^^^^^^^^^^^^\n"
        "hint: did you mean volumeMounts?\n"
    )


def test_a_finding_without_a_place_is_one_line() -> None:
    finding = Finding(severity=Severity.WARNING, file="f.bin", message="is gzip")
    assert findings_text([finding, finding], PLAIN) == "f.bin: warning: is gzip\n" * 2


def test_line_numbers_of_five_digits_keep_the_bars_in_one_column() -> None:
    finding = finding_at(Source("f", "\n" * 12344 + "ab"), 12345, "m")
    assert findings_text([finding], PLAIN).splitlines()[1:] == ["12345 | ab", "      |  ^"]


def test_the_caret_stands_under_the_fault_behind_tabs_and_wide_characters() -> None:
    finding = finding_at(Source("f", "\t日本e\u0301 bad"), 6, "m", length=3)
    assert findings_text([finding], PLAIN).splitlines()[1:] == ["   1 |  日本e\u0301 bad", "     |        ^^^"]


def test_on_a_narrow_screen_everything_folds_and_the_caret_stays_under_the_fault() -> None:
    source = Source("f.yaml", "spec: {" + "a: 1, " * 30 + "imgae: x}")
    finding = finding_at(source, 187, "unknown field " * 4, length=5, suggestion="did you mean image? " * 4)
    lines = findings_text([finding], Theme(width=40)).splitlines()
    assert max(len(line) for line in lines) <= 40
    text, caret = next((line, lines[at + 1]) for at, line in enumerate(lines) if line.startswith("   1 | "))
    assert text[caret.index("^") : caret.rindex("^") + 1] == "imgae"


def test_nothing_in_a_manifest_can_steer_the_terminal() -> None:
    finding = Finding(
        file="\x1b[2Jf", line=1, column=1, message="a\x1b]0;x\x07\nb", suggestion="\x1b[1m", source_line="\x9bA\u202e"
    )
    text = findings_text([finding], PLAIN)
    assert not set(text) & set("\x1b\x07\x9b\u202e")
    assert len(text.splitlines()) == 4


def test_colour_is_an_addition() -> None:
    finding = finding_at(Source("f", "a: b"), 3, "m")
    coloured = findings_text([finding], Theme(colour=True))
    assert "\x1b[31merror\x1b[0m" in coloured
    for code in ("\x1b[31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == findings_text([finding], PLAIN)


def test_the_summary_counts_errors_and_names_their_files() -> None:
    errors = tuple(Finding(file=f"{name}.yaml", message="m") for name in "aabcde")
    warning = Finding(severity=Severity.WARNING, file="w.yaml", message="m")
    assert summary((errors[0], warning)) == "1 problem in a.yaml"
    assert summary(errors) == "6 problems in a.yaml, b.yaml, c.yaml and 2 more"
