"""Tests of ``kubectl_ds.model``."""
