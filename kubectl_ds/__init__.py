"""kubectl-ds: for each node, should this DaemonSet be here, is it, and if not, exactly why, and what would cure it."""

__version__ = "0.1.0"
