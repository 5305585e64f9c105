"""What the API server refuses, checked before it is asked: one idea a file, each a port of upstream's validation.

A check takes nodes, which are values with the paths that the server would name, and yields faults. It knows neither
files nor lines, and it never refuses what the server accepts. Ported from kubernetes v1.37.2,
``pkg/apis/apps/validation`` and ``pkg/apis/core/validation``.
"""
