"""Tiny builders of how a staged rollout stands: nodes by a word each, and the view that the next step is decided by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from kubectl_ds.engine.stage.cells import Cell, Standing
from kubectl_ds.engine.stage.plan import Wave
from kubectl_ds.engine.stage.state import StageState, Terms, digest_of
from kubectl_ds.engine.stage.steps import View, tally
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.pod import Pod, PodMeta
from tests.controlplane.objects import daemon_set
from tests.engine.pods import stored
from tests.engine.values import NOW, daemon_set_value

OBJECT = stored(daemon_set("d", strategy="OnDelete"))
STAGED = daemon_set_value(OBJECT)


def ago(seconds: float) -> datetime:
    """A time before ``NOW``."""
    return NOW - timedelta(seconds=seconds)


def cell(name: str, word: str, since: float = 100, **fields: Any) -> Cell:
    """A node that is ``old``, ``old-down``, ``gone``, ``coming``, ``ready``, ``failing``, ``aside``, ``aside-down``
    (of those that count), or ``absent``.
    """
    standing = Standing(word.removesuffix("-down"))
    absent = word in ("aside", "absent")
    pod = None if word in ("gone", "absent") else Pod(metadata=PodMeta(name=f"d-{name}", uid=f"uid-{name}"))
    made = Cell(
        node=name,
        standing=standing,
        counts=not absent,
        available=word in ("old", "ready"),
        pod=pod,
        since=ago(since) if word in ("gone", "coming", "ready", "failing") else None,
    )
    return replace(made, **fields)


def state(*waves: str, max_unavailable: int | str = 1, wave: int = 0, **fields: Any) -> StageState:
    """Waves of nodes, each written as names with spaces between them."""
    terms = {key: fields.pop(key) for key in list(fields) if key in Terms.__struct_fields__}
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": max_unavailable}}
    made = StageState(
        strategy=msgspec.Raw(msgspec.json.encode(strategy)),
        template=digest_of(STAGED),
        previous="d-old",
        waves=tuple(Wave(name=str(at), nodes=tuple(names.split())) for at, names in enumerate(waves, 1)),
        wave=wave,
        terms=Terms(**terms),
    )
    return replace(made, **fields)


def view(found: StageState, nodes: Mapping[str, str | Cell], **fields: Any) -> View:
    """The view on nodes, each by its word."""
    cells = {name: each if isinstance(each, Cell) else cell(name, each) for name, each in nodes.items()}
    given: dict[str, Any] = {
        "now": NOW,
        "state": found,
        "daemon_set": STAGED,
        "intact": True,
        "known": True,
        "cells": cells,
        "tally": tally(cells.values()),
        "quiet_since": NOW,
    }
    return View(**{**given, **fields})


def other(**changes: Any) -> DaemonSet:
    """The DaemonSet with something else in its spec."""
    return daemon_set_value({**OBJECT, "spec": {**OBJECT["spec"], **changes}})
