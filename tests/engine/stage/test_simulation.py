"""Staged rollouts in a cluster where anything may happen between any two steps: what must hold, holds.

The cluster is a few words a node; the steps are the real ones. Forgetting what is in memory is one of the events, so
every example also is a rollout that is killed and taken up.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kubectl_ds.engine.stage.cells import Cell, Standing
from kubectl_ds.engine.stage.state import Phase
from kubectl_ds.engine.stage.steps import AskGates, Enter, Failed, Finish, Replace, limit_of, next_step
from tests.engine.stage.views import cell, state, view

NODES = tuple("abcdefgh")
EVENTS = ("up", "up", "up", "evicted", "down", "back", "leaves", "joins", "dies", "fails")
Event = tuple[str, int]


class Cluster:
    """Nodes by the word of their pod; a node that is down keeps its word."""

    def __init__(self, borders: Sequence[int], most: int, gates: int) -> None:
        waves = [" ".join(NODES[start:end]) for start, end in zip([0, *borders], [*borders, len(NODES)], strict=True)]
        self.state = state(*(wave for wave in waves if wave), max_unavailable=most, gates=gates, max_failures=1)
        self.words: dict[str, str] = dict.fromkeys(NODES, "old")
        self.down: set[str] = set()
        self.gated = False
        self.replaced: list[tuple[str, str]] = []
        """(node, phase) of every pod that was deleted."""
        self.ended: str = ""

    def cells(self) -> dict[str, Cell]:
        return {
            name: cell(name, ("aside" if self.words[name] in ("old", "ready") else "aside-down"))
            if name in self.down
            else cell(name, word)
            for name, word in self.words.items()
        }

    def happens(self, event: Event) -> None:
        """Something that nobody here has done."""
        what, where = event
        name = sorted(self.words)[where % len(self.words)] if self.words else ""
        word = self.words.get(name, "")
        if what == "dies":
            self.gated = False
        elif what == "joins":
            self.words[f"new{len(self.words)}"] = "gone"
        elif what == "leaves":
            self.words.pop(name, None)
            self.down.discard(name)
        elif what == "down" and name:
            self.down.add(name)
        elif what == "back":
            self.down.discard(name)
        elif name in self.down:
            return
        elif what == "evicted" and word:
            self.words[name] = "gone"
        elif what == "up" and word in ("gone", "coming", "failing"):
            self.words[name] = {"gone": "coming", "coming": "ready", "failing": "ready"}[word]
        elif what == "fails" and word == "coming":
            self.words[name] = "failing"

    def acts(self) -> None:
        """One step of the rollout, with all that must hold of it."""
        found = view(self.state, self.cells(), gated=self.gated)
        step = next_step(found)
        rolling = self.state.phase is Phase.ROLLING
        if isinstance(step, Replace):
            reached = {node for wave in self.state.waves[: self.state.wave + 1] for node in wave.nodes}
            taken = [each for each in step.cells if each.available]
            assert all(each.standing is Standing.OLD for each in step.cells)
            assert not rolling or {each.node for each in step.cells} <= reached
            assert not taken or len(found.tally.down) + len(taken) <= limit_of(found)
            for each in step.cells:
                self.words[each.node] = "gone"
                self.replaced.append((each.node, self.state.phase.value))
        elif isinstance(step, AskGates):
            self.gated = True
        elif isinstance(step, Enter):
            assert step.wave == self.state.wave + 1
            self.state, self.gated = replace(self.state, wave=step.wave), False
        elif isinstance(step, Failed):
            assert rolling
            self.goes_back()
        elif isinstance(step, Finish):
            self.ended = "complete" if rolling else "undone"

    def goes_back(self) -> None:
        """The template is the old one again: what was new is old, and the other way round."""
        self.state = replace(self.state, phase=Phase.UNDOING)
        turned = {"old": "ready", "ready": "old", "failing": "old-down", "coming": "old-down"}
        self.words = {name: turned.get(word, word) for name, word in self.words.items()}


@settings(max_examples=120, deadline=None)
@given(
    borders=st.lists(st.integers(1, len(NODES) - 1), max_size=3, unique=True).map(sorted),
    most=st.integers(1, 4),
    gates=st.integers(0, 1),
    events=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 20)), max_size=60),
)
def test_whatever_happens_between_two_steps_the_plan_and_the_budget_hold_and_it_ends(
    borders: list[int], most: int, gates: int, events: list[Event]
) -> None:
    cluster = Cluster(borders, most, gates)
    for event in events:
        cluster.acts()
        if cluster.ended:
            break
        cluster.happens(event)
    for _ in range(400):
        if cluster.ended:
            break
        cluster.down.clear()
        for at in range(len(cluster.words)):
            cluster.happens(("up", at))
        cluster.acts()
    assert cluster.ended in ("complete", "undone")
    left = {name: word for name, word in cluster.words.items() if name in NODES and name not in cluster.down}
    assert "old" not in left.values()
    assert [node for node, _ in cluster.replaced if node not in NODES and cluster.state.phase is Phase.ROLLING] == []


@settings(max_examples=40, deadline=None)
@given(deaths=st.sets(st.integers(0, 60), max_size=8), most=st.integers(1, 4))
def test_where_nothing_else_happens_every_old_pod_is_deleted_once_however_often_a_run_dies(
    deaths: set[int], most: int
) -> None:
    cluster = Cluster([1, 4], most, gates=1)
    for moment in range(200):
        if cluster.ended:
            break
        if moment in deaths:
            cluster.happens(("dies", 0))
        cluster.acts()
        for at in range(len(NODES)):
            cluster.happens(("up", at))
    assert cluster.ended == "complete"
    assert sorted(cluster.replaced) == [(node, "rolling") for node in NODES]
