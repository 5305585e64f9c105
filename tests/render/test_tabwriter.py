"""Columns are padded as Go pads them."""

from __future__ import annotations

from kubectl_ds.render.tabwriter import TabWriter


def aligned(*pieces: str, min_width: int = 0, padding: int = 2, remember_widths: bool = False) -> str:
    writer = TabWriter(min_width, padding, remember_widths)
    for piece in pieces:
        writer.write(piece)
    return writer.text()


def test_the_cells_of_adjacent_lines_make_a_column() -> None:
    assert aligned("a\tb\nlong\tb\n") == "a     b\nlong  b\n"


def test_the_last_cell_of_a_line_belongs_to_no_column() -> None:
    assert aligned("a\tvery long\tc\na\tb\n") == "a  very long  c\na  b\n"
    assert aligned("aaaa\tbbb\td\naa\tb\tdd\na\t\naa\tcccc\teee\n") == (
        "aaaa  bbb  d\naa    b    dd\na     \naa    cccc  eee\n"
    ), "the example in Go's documentation"


def test_a_line_of_one_cell_ends_all_columns() -> None:
    assert aligned("a\tb\nlonger\ncc\td\n") == "a  b\nlonger\ncc  d\n"


def test_a_form_feed_ends_all_columns_and_is_a_line_break() -> None:
    assert aligned("a\tb\flong\tc\n") == "a  b\nlong  c\n"


def test_a_vertical_tab_ends_a_cell_too() -> None:
    assert aligned("a\vb\nlong\tb\n") == "a     b\nlong  b\n"


def test_an_empty_cell_is_as_wide_as_its_column() -> None:
    assert aligned("k:\tone\n\ttwo\n") == "k:  one\n    two\n"


def test_a_column_is_at_least_as_wide_as_asked() -> None:
    assert aligned("a\tb\n", min_width=6, padding=3) == "a     b\n"
    assert aligned("abcdef\tb\n", min_width=6, padding=3) == "abcdef   b\n"


def test_widths_are_counted_in_characters() -> None:
    assert aligned("日本\té\na\tb\n") == "日本  é\na   b\n"


def test_text_may_come_in_pieces_and_end_without_a_line_break() -> None:
    assert aligned("a", "b\t", "c", "\nlonger\td") == "ab      c\nlonger  d"


def test_widths_are_remembered_across_flushes_only_when_asked() -> None:
    for remember, expected in ((True, "longer  b\na       b\n"), (False, "longer  b\na  b\n")):
        writer = TabWriter(0, 2, remember)
        writer.write("longer\tb\n")
        writer.flush()
        writer.write("a\tb\n")
        assert writer.text() == expected
