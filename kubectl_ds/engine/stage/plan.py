"""Which nodes make up which wave of a staged rollout: by count, percentage or label, canaries first.

Counts and percentages are where a wave ends, not how large it is: ``1,10%,50%,100%`` has a tenth of all nodes updated
after its second wave. Percentages are rounded up, as the controller rounds them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.errors import DsError, UsageError
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.node import Node
from kubectl_ds.model.selector import is_label_key
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.value import Value

CANARIES = "canaries"
"""The name of the wave of nodes that were chosen to go first."""
USUAL = "1,10%,50%,100%"
"""The waves where none are asked for."""


class Wave(Value, frozen=True):
    """Nodes that are updated before anything else goes on."""

    name: str
    """What it was asked for by: ``10%``, a label's value, ``canaries``."""
    nodes: tuple[str, ...]
    """In the order in which they are updated."""


@dataclass(frozen=True)
class Border:
    """Where a wave ends: after so many nodes, or so many percent of all."""

    amount: int
    percent: bool

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.amount}%" if self.percent else str(self.amount)

    def of(self, total: int) -> int:
        """Nodes that are updated when the wave ends."""
        return min(total, -(-self.amount * total // 100) if self.percent else self.amount)


def parse_borders(text: str) -> tuple[Border, ...]:
    """The borders of ``--waves``.

    Raises:
        UsageError: one is no count and no percentage, or comes before the one before it.
    """
    borders = tuple(_border(part.strip(), text) for part in text.split(","))
    for percent in (False, True):
        amounts = [each.amount for each in borders if each.percent is percent]
        for before, after in pairwise(amounts):
            if after <= before:
                unit = "%" if percent else ""
                raise UsageError(
                    f"--waves={text}: a wave that ends at {after}{unit} cannot follow one that ends at {before}{unit}",
                    hint=f"each says where its wave ends, of all nodes: --waves={USUAL}",
                )
    return borders


def planned_by_borders(nodes: Sequence[str], borders: Iterable[Border], canaries: Collection[str]) -> tuple[Wave, ...]:
    """Waves over ``nodes``, which are in order; a border that is reached already makes no wave.

    Raises:
        UsageError: they end before the last node.
    """
    first = tuple(node for node in nodes if node in canaries)
    ordered = (*first, *(node for node in nodes if node not in canaries))
    waves = [Wave(name=CANARIES, nodes=first)] if first else []
    at = len(first)
    for border in borders:
        end = border.of(len(ordered))
        if end > at:
            waves.append(Wave(name=border.text, nodes=ordered[at:end]))
            at = end
    if at < len(ordered):
        raise UsageError(
            f"the waves end after {at} of {len(ordered)} nodes",
            hint="let the last one be 100%: what is left would be replaced all at once when the strategy is restored",
        )
    return tuple(waves)


def planned_by_label(
    nodes: Sequence[str], key: str, labels: Mapping[str, Mapping[str, str]], canaries: Collection[str]
) -> tuple[Wave, ...]:
    """A wave for each value of the label, in natural order; nodes without it come last.

    Raises:
        DsError: no node has it.
    """
    if not any(key in labels[node] for node in nodes):
        raise DsError(
            f"none of the {len(nodes)} nodes has the label {key}", hint="See what there is: kubectl get nodes -L LABEL"
        )
    groups: dict[str | None, list[str]] = {}
    for node in nodes:
        if node not in canaries:
            groups.setdefault(labels[node].get(key), []).append(node)
    unlabelled = groups.pop(None, [])
    first = tuple(node for node in nodes if node in canaries)
    waves = [Wave(name=CANARIES, nodes=first)] if first else []
    waves += [
        Wave(name=f"{key}={value}", nodes=tuple(groups[value])) for value in sorted(groups, key=_natural) if value
    ]
    waves += [Wave(name=f"{key}=", nodes=tuple(groups[""]))] if groups.get("") else []
    waves += [Wave(name=f"!{key}", nodes=tuple(unlabelled))] if unlabelled else []
    return tuple(waves)


def parse_order(text: str) -> str:
    """The order of ``--order``: ``names``, ``load`` or ``label=KEY``.

    Raises:
        UsageError: it is none of them.
    """
    kind, _, key = text.partition("=")
    if text not in ("names", "load") and (kind != "label" or not is_label_key(key)):
        raise UsageError(f"--order={text} is not one of names, load, label=KEY")
    return text


def in_order(nodes: Iterable[Node], order: str, snapshot: Snapshot) -> tuple[str, ...]:
    """The names of ``nodes`` in this order; those that are not ready come last, so that no canary is one."""
    named = sorted(nodes, key=lambda node: natural_key(node.name))
    kind, _, key = order.partition("=")
    if kind == "label":
        named.sort(key=lambda node: (key not in node.labels, natural_key(node.labels.get(key, ""))))
    elif order == "load":
        load = _loads(snapshot)
        named.sort(key=lambda node: load.get(node.name, 0.0))
    named.sort(key=lambda node: node.not_ready_since is not None)
    return tuple(node.name for node in named)


def _loads(snapshot: Snapshot) -> Mapping[str, float]:
    """How full each node is: the largest share of any resource that its pods hold."""
    shares = {}
    for info in SharedLister(snapshot).node_infos():
        shares[info.name] = max(
            (1 - info.free.get(name, 0) / amount for name, amount in info.allocatable.items() if amount), default=0.0
        )
    return shares


def _border(part: str, whole: str) -> Border:
    digits = part.removesuffix("%")
    percent = digits != part
    if not digits.isascii() or not digits.isdecimal() or int(digits) == 0 or (percent and int(digits) > 100):
        raise UsageError(
            f'--waves={whole}: "{part}" is neither a count of nodes nor a percentage from 1% to 100%',
            hint=f"--waves={USUAL}",
        )
    return Border(int(digits), percent)


def _natural(value: str | None) -> tuple[tuple[int, int | str], ...]:
    return natural_key(value or "")
