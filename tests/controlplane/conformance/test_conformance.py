"""Each case of the table: the request that the real kubectl sends, and its words; or a wanted difference."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from kubectl_ds.cli.flags import CONNECTION

from .case import Case
from .cases import CASES
from .world import Outcome, Worlds, worlds


@pytest.fixture(scope="module")
def programs(kubectl: str) -> Iterator[Worlds]:
    """Kubectl and us, each among its servers."""
    with worlds(kubectl) as opened:
        yield opened


def _id(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", [case for case in CASES if not case.difference], ids=_id)
def test_the_request_and_the_words_are_kubectls(case: Case, programs: Worlds) -> None:
    theirs, ours = programs.both(case)
    assert bool(theirs.sent) is not case.refused, theirs
    assert _request(ours) == _request(theirs), ours.err
    assert (ours.out, ours.err) == (theirs.out, theirs.err)
    assert ours.proxied == theirs.proxied
    assert (ours.code == 0) is (theirs.code == 0)


@pytest.mark.parametrize("case", [case for case in CASES if case.difference], ids=_id)
def test_a_wanted_difference_is_as_it_is_told(case: Case, programs: Worlds) -> None:
    theirs, ours = programs.both(case)
    assert {"both": (True, True), "kubectl": (True, False), "we": (False, True), "neither": (False, False)}[
        case.sends
    ] == (bool(theirs.sent), bool(ours.sent)), (theirs, ours)
    assert case.ours in ours.err
    assert (theirs.sent, theirs.err, theirs.code == 0) != (ours.sent, ours.err, ours.code == 0), "no difference is left"
    assert ours.code in (0, 1, 2) and "Traceback" not in ours.err


def _request(outcome: Outcome) -> object:
    return outcome.sent[-1] if outcome.sent else None


NOT_OURS = frozenset(
    {"log-flush-frequency", "match-server-version", "profile", "profile-output", "vmodule", "warnings-as-errors"}
)
"""Options of kubectl that tell nothing of a connection."""


def test_every_option_of_kubectl_that_tells_of_a_connection_is_ours(kubectl: str) -> None:
    told = subprocess.run([kubectl, "options"], capture_output=True, text=True, check=True, timeout=60).stdout
    theirs = set(re.findall(r"^ +(?:-\w, )?--([\w-]+)=", told, re.MULTILINE))
    ours = {form.lstrip("-") for flag in CONNECTION for form in flag.forms}
    assert len(theirs) > 20
    assert theirs - ours - NOT_OURS == set()
