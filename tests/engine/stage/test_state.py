"""What is written into the annotation, read again, and refused when it is not ours."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kubectl_ds.engine.stage.plan import Wave
from kubectl_ds.engine.stage.state import OnFailure, Phase, StageState, Terms, digest, stage_state
from kubectl_ds.engine.stage.steps import limit
from kubectl_ds.errors import DsError
from kubectl_ds.model.daemonset import DaemonSet
from tests.controlplane.objects import daemon_set
from tests.engine.pods import stored
from tests.engine.values import daemon_set_value

STRATEGY = b'{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"10%","maxSurge":0}}'
STATE = StageState(
    strategy=msgspec.Raw(STRATEGY),
    template="sha256:x",
    previous="d-old",
    waves=(Wave(name="1", nodes=("n1",)), Wave(name="100%", nodes=("n2", "n3"))),
    by="joe",
    at=datetime(2026, 11, 23, tzinfo=timezone.utc),
)


def annotated(text: str) -> DaemonSet:
    return daemon_set_value(stored(daemon_set("d", annotations={"kubectl-ds/stage": text})))


def changed(**fields: Any) -> str:
    return json.dumps(json.loads(STATE.text) | fields)


def test_what_was_written_is_read_again_with_the_strategy_to_the_byte() -> None:
    state = replace(STATE, wave=1, phase=Phase.UNDOING, terms=Terms(max_unavailable="5%", on_failure=OnFailure.UNDO))
    found = stage_state(annotated(state.text))
    assert found == state
    assert bytes(found.strategy) == STRATEGY


def test_a_daemon_set_without_it_is_in_no_staged_rollout() -> None:
    assert stage_state(daemon_set_value(stored(daemon_set("d")))) is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.text(min_size=1, max_size=63), min_size=1, max_size=40), min_size=1, max_size=9))
def test_any_plan_survives(waves: list[list[str]]) -> None:
    state = replace(STATE, waves=tuple(Wave(name=str(at), nodes=tuple(nodes)) for at, nodes in enumerate(waves)))
    found = stage_state(annotated(state.text))
    assert found is not None
    assert found.waves == state.waves


def test_a_plan_of_15000_nodes_with_long_names_fits_into_an_annotation() -> None:
    """All annotations together may have 256 KiB."""
    names = tuple(
        f"ip-10-{number * 7919 % 255}-{number // 255}-{number * 31 % 255}.eu-west-1.compute.internal"
        for number in range(15000)
    )
    assert len(replace(STATE, waves=(Wave(name="100%", nodes=names),)).text) < 160 * 1024


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ('{"version":2}', "it is of version 2, and this program knows version 1"),
        ("{}", "it is of version 0"),
        (changed(strategy=None), "Expected `object`"),
        (changed(strategy={"type": ""}), "do not agree"),
        (changed(nodes="!"), "base64|Only base64|Incorrect padding|Excess|Non-base64"),
        (changed(nodes="QUJD"), "incorrect header|Error -3"),
        (changed(waves=[{"name": "1", "size": 3}]), "its waves and its nodes do not agree"),
        (changed(wave=2), "it has no wave 2"),
        (changed(wave=-1), "it has no wave -1"),
        (changed(phase="sleeping"), "Invalid enum value"),
        (changed(terms={"maxFailures": "x"}), "Expected `int`"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_way_out(text: str, why: str) -> None:
    with pytest.raises(DsError, match=why) as refused:
        stage_state(annotated(text))
    assert "kubectl annotate daemonset d -n ns kubectl-ds/stage-" in refused.value.hint


@pytest.mark.parametrize(
    ("strategy", "asked", "expected"),
    [
        ('{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"10%"}}', None, 2),
        ('{"type":"RollingUpdate"}', None, 1),
        ('{"type":"OnDelete"}', None, 1),
        ('{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":0,"maxSurge":1}}', None, 0),
        ('{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":0,"maxSurge":1}}', 3, 3),
        ('{"type":"OnDelete"}', "50%", 8),
    ],
)
def test_the_budget_is_the_daemon_set_s_own_unless_another_is_asked_for(
    strategy: str, asked: int | str | None, expected: int
) -> None:
    state = replace(STATE, strategy=msgspec.Raw(strategy.encode()), terms=Terms(max_unavailable=asked))
    assert limit(state, 15) == expected


def test_a_template_is_known_again_whatever_the_order_of_its_fields_and_its_nulls() -> None:
    one = {"metadata": {"creationTimestamp": None, "labels": {"a": "1", "b": "2"}}, "spec": {"containers": [{"x": 1}]}}
    other = {"spec": {"containers": [{"x": 1}]}, "metadata": {"labels": {"b": "2", "a": "1"}}}
    assert digest(one) == digest(other)
    assert digest(one) != digest({**other, "spec": {"containers": [{"x": 2}]}})
