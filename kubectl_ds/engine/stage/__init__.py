"""A staged rollout as values: its plan, its state, how each node stands, and what is to be done next.

Everything is decided from what the cluster holds, so that a run that was killed is resumed by running again.
"""
