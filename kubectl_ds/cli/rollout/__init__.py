"""``kubectl ds rollout``: the verbs of kubectl's ``rollout``, for DaemonSets of every strategy, and more."""

from __future__ import annotations

COMMANDS = {
    "status": "How an update stands: what eats its budget, whose fault it is, what unblocks it.",
    "history": "The revisions of a DaemonSet: when, by whom, why, and how many pods are of each.",
    "diff": "What differs between two revisions.",
    "undo": "Go back to a former revision.",
    "restart": "Replace all pods by new ones of the same template.",
    "pause": "Stop replacing pods at once; the strategy is kept for the resume.",
    "resume": "Go on where a pause stopped, with the strategy that was kept.",
    "stage": "Canaries and waves, with soaks, gates and a way back, on a plain DaemonSet.",
}
"""Each command is the function ``command`` in the module of its name, which also holds its ``EXAMPLES``."""

HELP = "Updates of DaemonSets: look at them, go back, go on, and see why one stands still."
