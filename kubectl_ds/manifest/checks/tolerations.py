"""Tolerations (``ValidateTolerations``)."""

from __future__ import annotations

import re

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, invalid, not_supported
from kubectl_ds.manifest.checks.node import Node

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]*)\Z")


def tolerations(pod: Node) -> Faults:
    """What taints the pod bears."""
    for toleration in pod.items("tolerations"):
        key, operator = toleration.text("key"), toleration.text("operator")
        value, effect = toleration.text("value"), toleration.text("effect")
        if key:
            yield from each_invalid(toleration.child("key"), key, formats.label_key(key))
        elif operator != "Exists" and toleration.sound("operator") and toleration.sound("key"):
            detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield invalid(toleration.child("operator"), operator, detail)
        if toleration.number("tolerationSeconds") is not None and effect != "NoExecute" and toleration.sound("effect"):
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield invalid(toleration.child("effect"), effect, detail)
        if operator in ("", "Equal"):
            yield from each_invalid(toleration.child("value"), value, formats.label_value(value))
        elif operator == "Exists":
            if value:
                yield invalid(toleration.child("value"), value, "value must be empty when `operator` is 'Exists'")
        elif operator in ("Lt", "Gt"):
            if not _INTEGER.match(value) or not -(2**63) <= int(value) < 2**63:
                yield invalid(toleration.child("value"), value, "must be a valid decimal integer in canonical form")
        else:
            yield not_supported(toleration.child("operator"), operator, ("Equal", "Exists"))
        if effect and effect not in _EFFECTS:
            yield not_supported(toleration.child("effect"), effect, _EFFECTS)
