"""Every command that reads × every fault: the right answer, or a clear error, in time; never wrong, never a hang."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from kubectl_ds.cli import READS
from kubectl_ds.cluster.retry import Patience
from tests.cli.runs import Ran, ds
from tests.cluster.server import Server

from ..cluster import Cluster
from ..objects import node, taint
from .harms import FAULTS, an_endless_drip
from .relay import Relay, server

COMMANDS = {
    "get": ("get",),
    "get one in full": ("get", "well", "-o", "yaml"),
    "describe": ("describe", "well"),
    "coverage": ("coverage", "well"),
    "coverage -A": ("coverage", "-A"),
    "why": ("why", "well", "n1"),
    "tolerations": ("tolerations",),
    "pending": ("pending", "-A"),
    "preemptions": ("preemptions",),
    "storage": ("storage",),
    "lint": ("lint",),
    "rollout status": ("rollout", "status", "well", "--watch=false"),
    "rollout history": ("rollout", "history", "well"),
    "capture": ("capture", "-", "--last-words"),
}
"""Each command that reads, at its word."""
_PASSING = re.compile(r"(?:\d+[smhd])+|\d+|  +")
"""Ages and figures, which pass while the tests run, and the gaps between columns that they leave."""
SLACK = 30.0
"""Seconds that a busy machine may add to a limit."""


class Bed:
    """The cluster behind a relay, and what each command answers when nothing goes wrong."""

    def __init__(self, relay: Relay, url: str, folder: Path) -> None:
        self.relay = relay
        self._folder = folder
        self._url = url
        self.right = {name: self.run(name) for name in COMMANDS}

    def run(self, name: str, *more: str, url: str = "") -> Ran:
        """One command, over the relay."""
        config = self.relay.kubeconfig(self._folder, url or self._url)
        return ds(*COMMANDS[name], *more, environ={"KUBECONFIG": str(config), "NO_PROXY": "*"})

    def is_right(self, name: str, ran: Ran) -> bool:
        """Whether it is the answer of a day on which nothing goes wrong, figures aside."""
        expected = self.right[name]
        return (ran.code, _still(ran.out)) == (expected.code, _still(expected.out))


def _still(text: str) -> str:
    return _PASSING.sub("#", text)


def _there(command: str) -> bool:
    """Whether a command is built already."""
    return find_spec(f"kubectl_ds.cli.{command.replace(' ', '.')}") is not None


@pytest.fixture(scope="module")
def patient() -> Iterator[None]:
    """Pauses between two attempts are a fiftieth of what they are."""
    with pytest.MonkeyPatch.context() as patch:
        hurried = partial(Patience, sleep=lambda seconds: time.sleep(seconds / 50))
        patch.setattr("kubectl_ds.cluster.client.Patience", hurried)
        yield


@pytest.fixture(scope="module")
def bed(planes: object, patient: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A cluster with something to tell."""
    cluster: Cluster = planes.get()  # type: ignore[attr-defined]
    cluster.begin()
    cluster.nodes("n1", "n2", node("gpu", taints=[taint("gpu")]))
    cluster.daemon_set("well")
    cluster.daemon_set("port", host_port=9100)
    cluster.kubelet.settle()
    relay = Relay(cluster.plane.kubeconfig(namespace=cluster.namespace))
    with server(relay) as front:
        yield Bed(relay, front.url, tmp_path_factory.mktemp("faults"))


def assert_clear(ran: Ran, words: str) -> None:
    """An error that says what happened, and nothing that looks like an answer to somebody who reads the exit code."""
    assert ran.code in (1, 6), ran
    assert words in ran.err, ran.err
    assert "Traceback" not in ran.err and "itself failed" not in ran.err


def test_every_command_that_reads_is_here_and_answers() -> None:
    called = [f"{' '.join(words)} " for words in COMMANDS.values()]
    assert all(any(words.startswith(f"{read} ") for words in called) for read in READS if _there(read))


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_once_is_asked_for_again_or_told(bed: Bed, fault: str) -> None:
    for name in COMMANDS:
        bed.relay.begin(FAULTS[fault].harm, only_first=True)
        ran = bed.run(name)
        if FAULTS[fault].heals:
            assert bed.is_right(name, ran), (name, ran)
        elif not bed.is_right(name, ran):
            assert_clear(ran, FAULTS[fault].words)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_every_time_is_told(bed: Bed, fault: str) -> None:
    for name in COMMANDS:
        bed.relay.begin(FAULTS[fault].harm)
        ran = bed.run(name)
        if FAULTS[fault].harmless:
            assert bed.is_right(name, ran), (name, ran)
        else:
            assert_clear(ran, FAULTS[fault].words)


@pytest.mark.parametrize("resource", ["pods", "nodes", "events", "controllerrevisions"])
@pytest.mark.parametrize("fault", ["500", "503", "half a body", "invalid JSON", "a login page"])
def test_one_kind_that_cannot_be_read_is_never_taken_for_none(bed: Bed, fault: str, resource: str) -> None:
    for name in COMMANDS:
        bed.relay.begin(FAULTS[fault].harm, about=f"/{resource}")
        ran = bed.run(name)
        if not bed.is_right(name, ran):
            assert FAULTS[fault].words in ran.err + ran.out, (name, ran)
            assert "Traceback" not in ran.err and "itself failed" not in ran.err


@pytest.mark.parametrize("name", COMMANDS)
def test_a_drip_without_end_is_left_in_time(bed: Bed, name: str) -> None:
    bed.relay.begin(an_endless_drip)
    started = time.monotonic()
    ran = bed.run(name, "--request-timeout=300ms")
    assert time.monotonic() - started < 5 + SLACK
    assert_clear(ran, "did not answer within 0.3 s")


@pytest.mark.parametrize("shakes_hands", [True, False])
def test_a_server_that_accepts_and_never_answers_is_left_in_time(bed: Bed, shakes_hands: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, Server(_never, certificate="server") as mute:
        url = mute.url if shakes_hands else f"https://127.0.0.1:{silent.getsockname()[1]}"
        for name in COMMANDS:
            started = time.monotonic()
            ran = bed.run(name, "--request-timeout=200ms", url=url)
            assert time.monotonic() - started < 5 + SLACK
            assert_clear(ran, "did not answer within 0.2 s")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://nobody.invalid:6443", "has a name that cannot be resolved"),
        ("https://127.0.0.1:1", "The connection to the server 127.0.0.1:1 was refused"),
    ],
)
def test_a_server_to_which_there_is_no_way(bed: Bed, url: str, words: str) -> None:
    for name in COMMANDS:
        assert_clear(bed.run(name, url=url), words)


def test_a_certificate_that_has_expired(bed: Bed) -> None:
    with server(bed.relay, certificate="expired") as expired:
        for name in COMMANDS:
            assert_clear(bed.run(name, url=expired.url), "x509: certificate has expired")
        assert expired.requests == [], "nothing is said to a server that is not believed"


def _never(arrived: object) -> Iterator[bytes]:
    time.sleep(1)
    yield from ()
