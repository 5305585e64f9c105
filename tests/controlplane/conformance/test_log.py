"""``-v 6`` to ``9``: what kubectl tells of the request for DaemonSets, we tell in the same form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .case import Case, config
from .world import PROGRAM, World

ACTING = Case("acting", config({"token": "s3cret", "as": "joe", "as-groups": ["g"]}))
_ENTRY = re.compile(
    r"^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ (?P<place>\S+)\] (?P<text>.*?(?:<\n(?:\t.*\n)* >.*)?)\n", re.MULTILINE
)
_TIMES = re.compile(r" \w+Milliseconds=\d+")


@pytest.fixture(scope="module")
def opened() -> Iterator[World]:
    """The servers."""
    with ExitStack() as stack:
        yield World(stack)


def told(world: World, program: str, verbosity: int) -> list[str]:
    """The entries about the request for DaemonSets, without what is another's each time."""
    err = world.run(ACTING, program, f"-v={verbosity}", logged=True).err
    texts = [match["text"] for match in _ENTRY.finditer(err)]
    begins = next(at for at, text in enumerate(texts) if "/daemonsets" in text)
    about = [text for text in texts[begins:] if text.startswith(('"Request" ', '"Response" '))]
    return [_alike(text) for text in about]


def _alike(text: str) -> str:
    text = re.sub(r"\bmilliseconds=\d+", "milliseconds=#", _TIMES.sub("", text))
    if "curlCommand" in text:  # Go's order of headers is another each time
        headers = sorted(re.findall(r'-H "([^"]*)"', text))
        text = re.sub(r'(-H "[^"]*" ?)+', f"{headers} ", text)
    return re.sub(r"(\t|')(User-Agent|Accept-Encoding|Host): [^\n']*(\n|', )?", "", text)


@pytest.mark.parametrize("verbosity", [6, 7, 8, 9])
def test_a_request_is_told_as_kubectl_tells_it(opened: World, kubectl: str, verbosity: int) -> None:
    theirs, ours = told(opened, kubectl, verbosity), told(opened, str(PROGRAM), verbosity)
    assert theirs
    assert ours == theirs


@pytest.mark.parametrize("verbosity", range(6))
def test_below_that_nothing_is_told(opened: World, kubectl: str, verbosity: int) -> None:
    ran = opened.run(ACTING, str(PROGRAM), f"-v={verbosity}", logged=True)
    assert ran.err == "No resources found in default namespace.\n"
