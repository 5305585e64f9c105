"""What the scheduler itself said of a waiting pod, cut down to the one node that matters.

A DaemonSet pod is pinned to its node, so of ``0/40 nodes are available: 1 Insufficient cpu, 39 node(s) didn't match …``
only the first part is news. The words change with every version; they are quoted, never the base of a verdict.
"""

from __future__ import annotations

import re

from kubectl_ds.model.pod import Pod

_COUNTED = re.compile(r"^0/(\d+) nodes are available: (.*)$", re.DOTALL)
_REASON = re.compile(r"^(\d+) (.*)$", re.DOTALL)
_OF_OTHER_NODES = (
    "didn't match Pod's node affinity/selector",
    "didn't match node selector",
    "didn't satisfy plugin(s) [",
)


def scheduler_message(pod: Pod) -> str:
    """The whole text of the PodScheduled condition; empty when the scheduler has said nothing."""
    condition = pod.condition("PodScheduled")
    return condition.message if condition is not None and condition.status == "False" else ""


def words_for_target(message: str) -> str:
    """The part of a FailedScheduling message that speaks of the pod's own node, as the scheduler put it."""
    match = _COUNTED.match(message.strip())
    if match is None:
        return message.strip()
    reasons = match[2].split(". preemption:")[0].split(" preemption:")[0].rstrip(". ")
    own = []
    for part in re.split(r", (?=\d+ )", reasons):
        counted = _REASON.match(part)
        text = counted[2] if counted else part
        if not any(phrase in text for phrase in _OF_OTHER_NODES):
            own.append(text.rstrip(", "))
    return ", ".join(own) or reasons


def preemption_words(message: str) -> str:
    """What the scheduler said of preemption; empty when it said nothing."""
    _, found, words = message.partition("preemption: ")
    return words.strip() if found else ""
