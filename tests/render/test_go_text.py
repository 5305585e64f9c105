"""Values, quotes, URLs and cut text come out as Go writes them."""

from __future__ import annotations

import pytest

from kubectl_ds.render.go_text import byte_length, cut, escape_terminal, host_and_port, quoted, text_of, trim_space, url


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (1.0, "1"),
        ("a b", "a b"),
        ([], "[]"),
        (["a", "b c"], "[a b c]"),
        ({}, "map[]"),
        ({"b": "2", "a": "x y"}, "map[a:x y b:2]"),
    ],
)
def test_a_value_is_printed_as_fmt_prints_it(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é日", '"plain é日"'),
        ('say "x"\\', r'"say \"x\"\\"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("\u00a0\u200b\ufeff", r'"\u00a0\u200b\ufeff"'),
        ("\U0001f600", '"\U0001f600"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_a_text_is_quoted_as_strconv_quotes_it(text: str, expected: str) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("scheme", "host", "port", "path", "expected"),
    [
        ("http", "", "80", "", "http://:80"),
        ("https", "h.example", "http", "/a b?c=d#e%é", "https://h.example:http/a%20b%3Fc=d%23e%25%C3%A9"),
        ("http", "::1", "8080", "no-slash", "http://[::1]:8080/no-slash"),
        ("http", "fe80::1%eth0", "1", "/<x>;[y]", "http://[fe80::1%25eth0]:1/%3Cx%3E;%5By%5D"),
        ("", "", "", "a:b", "./a:b"),
        ("http", "h", "", "*", "http://h/*"),
    ],
)
def test_a_url_is_built_as_net_url_builds_it(scheme: str, host: str, port: str, path: str, expected: str) -> None:
    assert url(scheme, host_and_port(host, port) if port else host, path) == expected


def test_only_what_can_harm_a_terminal_is_escaped() -> None:
    assert escape_terminal("\x1b[31m\r\n\t\a") == "^[[31m\\r\n\t\a"


def test_text_is_cut_by_bytes_even_within_a_character() -> None:
    assert byte_length("日") == 3
    assert cut("日本", 3) == "日"
    assert cut("日本", 4).encode(errors="surrogateescape") == "日本".encode()[:4]


def test_white_space_is_what_go_takes_for_it() -> None:
    assert trim_space(" \t\n\u00a0\u3000x\u2003\x85") == "x"
    assert trim_space("\x1cx\x1f") == "\x1cx\x1f", "Python would strip these"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (3.0, "3"),
        (-2.50, "-2.5"),
        (100000.5, "100000.5"),
        (1234567.5, "1.2345675e+06"),
        (1e6, "1e+06"),
        (2e19, "2e+19"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (0.0, "0"),
    ],
)
def test_a_float_has_the_fewest_digits_that_tell_it(value: float, text: str) -> None:
    assert text_of(value) == text
