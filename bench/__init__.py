"""Measurements, each a module to be run by ``python -m bench.<name>``."""
