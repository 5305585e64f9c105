"""The bytes behind -f, in kubectl's order, and kubectl's words for what is not there."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kubectl_ds.cluster.inputs import InputError, load
from kubectl_ds.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with manifests and other things in it."""
    for name in ("b.yaml", "a.json", "c.yml", "notes.txt", "deep/d.yaml", "deep/er/e.yaml", "empty/readme"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*given: str, recursive: bool = False) -> list[str]:
    return [name for name, _ in load(given, io.BytesIO(b"stdin"), limit=100, recursive=recursive)]


def test_a_folder_is_read_in_the_order_of_names_and_by_extension(folder: Path) -> None:
    assert names(".") == ["a.json", "b.yaml", "c.yml"]
    assert names("./", recursive=True) == ["a.json", "b.yaml", "c.yml", "deep/d.yaml", "deep/er/e.yaml"]


def test_a_file_that_is_named_is_read_whatever_it_is_called(folder: Path) -> None:
    assert load(["notes.txt"], io.BytesIO(), limit=100) == (("notes.txt", b"notes.txt"),)


def test_a_pattern_is_expanded_where_no_such_file_exists(folder: Path) -> None:
    assert names("*.y*ml") == ["b.yaml", "c.yml"]
    (folder / "[x].yaml").write_text("")
    assert names("[x].yaml") == ["[x].yaml"]


def test_a_dash_is_standard_input_once(folder: Path) -> None:
    assert load(["-", "b.yaml"], io.BytesIO(b"in"), limit=100) == (("STDIN", b"in"), ("b.yaml", b"b.yaml"))
    with pytest.raises(UsageError, match="standard input cannot be used for multiple arguments"):
        names("-", "-")


def test_a_file_named_twice_is_read_twice(folder: Path) -> None:
    assert names("b.yaml", "a.json", "b.yaml") == ["b.yaml", "a.json", "b.yaml"]


def test_no_more_than_the_limit_and_one_byte_is_read(folder: Path) -> None:
    assert load(["b.yaml", "-"], io.BytesIO(b"123456"), limit=3) == (("b.yaml", b"b.ya"), ("STDIN", b"1234"))


def test_endless_devices_end() -> None:
    assert load(["/dev/zero"], io.BytesIO(), limit=10) == (("/dev/zero", bytes(11)),)


def test_all_that_is_missing_is_named_with_its_neighbour(folder: Path) -> None:
    with pytest.raises(InputError) as raised:
        names("bb.yaml", "a.json", "nowhere/x.yaml")
    assert raised.value.message == 'the path "bb.yaml" does not exist\nthe path "nowhere/x.yaml" does not exist'
    assert raised.value.hint == "did you mean b.yaml?; there is no folder nowhere"


def test_a_folder_without_manifests_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match=r"recognized file extensions are \[\.json \.yaml \.yml\]") as raised:
        names("empty")
    assert raised.value.hint == "-R reads the folders below it too"


def test_what_cannot_be_read_says_why(folder: Path) -> None:
    (folder / "loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(InputError, match="cannot be read: too many levels of symbolic links"):
        names("loop.yaml")
    (folder / "gone.yaml").symlink_to("nothing")
    with pytest.raises(InputError, match="cannot be read: no such file or directory"):
        names(".")


def test_a_url_is_fetched_and_keeps_its_name(folder: Path) -> None:
    asked: list[tuple[str, int]] = []

    def fetch(url: str, limit: int) -> bytes:
        asked.append((url, limit))
        return b"x"

    assert load(["https://x.example/a.yaml"], io.BytesIO(), limit=5, fetch=fetch) == (
        ("https://x.example/a.yaml", b"x"),
    )
    assert asked == [("https://x.example/a.yaml", 6)]
