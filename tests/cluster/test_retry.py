"""What is asked again, how often, and when it is given up; no test waits."""

from __future__ import annotations

import pytest

from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.cluster.retry import Patience, exchange
from kubectl_ds.errors import ConnectionFailed

GET = Request("GET", "/x")


class World:
    """A clock that moves only by sleeping, and answers given in turn; the last one for ever."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = answers
        self.asked = 0
        self.slept: list[float] = []

    def send(self, request: Request) -> Response:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    def patience(self, seconds: float = 60.0) -> Patience:
        return Patience(seconds=seconds, clock=lambda: sum(self.slept), sleep=self.slept.append, jitter=lambda: 0.5)


def busy(status: int = 429, after: str = "2") -> Response:
    return Response(status, b"", (("Retry-After", after),))


def broken() -> ConnectionFailed:
    return ConnectionFailed("broke off", reference="broken")


FINE = Response(200, b"fine")


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_read_waits_as_long_as_the_server_asks(status: int) -> None:
    world = World(busy(status), busy(status, "1"), FINE)
    assert exchange(world.send, GET, world.patience()).body == b"fine"
    assert world.slept == [2.05, 1.05]


@pytest.mark.parametrize("answer", [Response(503), busy(404), busy(503, "Wed, 21 Oct 2026 07:28:00 GMT")])
def test_other_failures_are_answers(answer: Response) -> None:
    world = World(answer)
    assert exchange(world.send, GET, world.patience()).status == answer.status
    assert world.asked == 1


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    world = World(busy(after="30"))
    assert exchange(world.send, GET, world.patience(seconds=10)).status == 429
    assert (world.asked, world.slept) == (1, [])


def test_a_broken_conversation_is_begun_anew_a_few_times() -> None:
    world = World(broken(), broken(), FINE)
    assert exchange(world.send, GET, world.patience()).body == b"fine"
    assert world.slept == pytest.approx([0.15, 0.3])
    world = World(broken())
    with pytest.raises(ConnectionFailed):
        exchange(world.send, GET, world.patience())
    assert world.asked == 5


def test_a_body_that_breaks_off_is_asked_for_again() -> None:
    def body() -> object:
        yield b"half"
        raise broken()

    world = World(Response(200, body()), FINE)  # type: ignore[arg-type]
    assert exchange(world.send, GET, world.patience()).body == b"fine"


@pytest.mark.parametrize("reference", ["refused", "timeout", "dns", "tls-expired"])
def test_what_will_not_change_is_not_tried_again(reference: str) -> None:
    world = World(ConnectionFailed("no", reference=reference))
    with pytest.raises(ConnectionFailed):
        exchange(world.send, GET, world.patience())
    assert world.asked == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_a_change_is_never_repeated(method: str) -> None:
    world = World(busy())
    assert exchange(world.send, Request(method, "/x"), world.patience()).status == 429
    world.answers = (broken(),)
    with pytest.raises(ConnectionFailed):
        exchange(world.send, Request(method, "/x"), world.patience())
    assert world.asked == 2


def test_what_is_read_as_it_arrives_is_begun_once_and_repeated_before_that() -> None:
    taken: list[bytes] = []

    def take(response: Response) -> None:
        taken.append(response.read())
        raise broken()

    world = World(broken(), busy(), FINE)
    with pytest.raises(ConnectionFailed):
        exchange(world.send, GET, world.patience(), take)
    assert (taken, world.asked) == ([b"fine"], 3)
