"""Single pods against the real scheduler: every filter and preemption, with all that DaemonSets never show."""
