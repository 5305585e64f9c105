"""The scheduler's filters for a pod pinned to its node: one module per filter, under upstream's names."""
