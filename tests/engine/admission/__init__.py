"""Tests of what admission makes of a DaemonSet's pods."""
