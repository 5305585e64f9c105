"""Immutable values: what the API server says, and nothing about where it came from or what it means."""
