"""What scalars mean: the rules of go-yaml v2 through JSON. The plane's own kubectl is asked in test_create."""

from __future__ import annotations

import pytest

from kubectl_ds.manifest.scalars import ScalarError, resolve, resolve_key

PLAIN = [
    ("yes", True),
    ("y", True),
    ("On", True),
    ("yEs", "yEs"),
    ("off", False),
    ("N", False),
    ("", None),
    ("~", None),
    ("Null", None),
    ("nUll", "nUll"),
    ("0777", 511),
    ("0o17", 15),
    ("08", 8),
    ("0x1F", 31),
    ("0b11", 3),
    ("0b12", "0b12"),
    ("-0x1F", -31),
    ("1_000", 1000),
    ("_1", "_1"),
    ("+5", 5),
    ("1.0", 1),
    ("1.5", 1.5),
    ("1.", 1),
    (".5", 0.5),
    (".5_0", 0.5),
    (".5_", ".5_"),
    ("._5", "._5"),
    ("12e03", 12000),
    ("1e400", "1e400"),
    ("1e-7", 1e-7),
    ("1:30", "1:30"),
    ("2001-01-01", "2001-01-01"),
    ("9223372036854775807", 9223372036854775807),
    ("9223372036854775808", 9223372036854775808.0),
    ("123456789012345678901234567890", 1.2345678901234568e29),
    ("1.2.3", "1.2.3"),
    ("-", "-"),
    (".", "."),
    ("NaN", "NaN"),
    ("=", "="),
]


@pytest.mark.parametrize(("text", "value"), PLAIN)
def test_a_plain_scalar_is_what_kubectl_takes_it_for(text: str, value: object) -> None:
    read = resolve(text, None, plain=True)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("text", [text for text, _ in PLAIN])
def test_a_quoted_scalar_is_a_text(text: str) -> None:
    assert resolve(text, None, plain=False) == text


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "5", "5"),
        ("int", "0x10", 16),
        ("float", "5", 5),
        ("bool", "yes", True),
        ("null", "~", None),
        ("binary", "aGVs\nbG8=", "hello"),
        ("timestamp", "2001-01-01", "2001-01-01"),
    ],
)
def test_a_tag_decides(tag: str, text: str, value: object) -> None:
    assert resolve(text, f"tag:yaml.org,2002:{tag}", plain=False) == value


def test_a_foreign_tag_leaves_a_text() -> None:
    assert resolve("5", "!vault", plain=False) == "5"


@pytest.mark.parametrize(
    ("tag", "text", "message"),
    [
        ("int", "1.5", "cannot decode !!float `1.5` as a !!int"),
        ("bool", "maybe", "cannot decode !!str `maybe` as a !!bool"),
        ("binary", "?", "invalid base64"),
    ],
)
def test_a_tag_that_the_text_contradicts_is_an_error(tag: str, text: str, message: str) -> None:
    with pytest.raises(ScalarError, match=message.replace("!", r"\!")):
        resolve(text, f"tag:yaml.org,2002:{tag}", plain=False)


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan"])
def test_what_json_cannot_write_is_an_error(text: str) -> None:
    with pytest.raises(ScalarError, match="JSON"):
        resolve(text, None, plain=True)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("on", "true"),
        ("007", "7"),
        ("1.5", "1.5"),
        ("1e6", "1e+06"),
        ("1e-5", "1e-05"),
        ("0.1", "0.1"),
        ("123456.5", "123456.5"),
        ("1e39", ".inf"),
        ("91_e-57", "0"),
        (".nan", ".nan"),
        ("name", "name"),
    ],
)
def test_a_key_is_a_text_as_go_formats_it(text: str, key: str) -> None:
    assert resolve_key(text, None, plain=True) == key


def test_a_null_key_is_an_error() -> None:
    with pytest.raises(ScalarError, match="empty or null"):
        resolve_key("~", None, plain=True)
