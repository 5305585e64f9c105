"""The nearest word, and none where none is near."""

from __future__ import annotations

import pytest

from kubectl_ds.manifest.suggest import closest, distance


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("columeMounts", ("volumeMounts", "volumeDevices"), "volumeMounts"),
        ("DeamonSet", ("DaemonSet", "StatefulSet"), "DaemonSet"),
        ("daemonset", ("DaemonSet",), "DaemonSet"),
        ("extensions/v1beat1", ("extensions/v1beta1", "apps/v1"), "extensions/v1beta1"),
        ("v1", ("v2", "apps/v1"), "v2"),
        ("Pod", ("Node",), None),
        ("Gadget", ("Widget",), None),
        ("name", ("name",), None),
        ("x", (), None),
        ("ab", ("ac", "aa"), "aa"),
    ],
)
def test_the_nearest_word_is_meant(word: str, known: tuple[str, ...], meant: str | None) -> None:
    assert closest(word, known) == meant


@pytest.mark.parametrize(
    ("left", "right", "steps"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "abd", 1), ("ca", "abc", 3)],
)
def test_steps_between_words_are_counted(left: str, right: str, steps: int) -> None:
    assert distance(left, right, 5) == distance(right, left, 5) == steps


def test_counting_stops_at_the_limit() -> None:
    assert distance("aaaaaaaa", "bbbbbbbb", 2) == 3
