"""Label selectors compiled once and matched often, parsed as strictly as upstream parses them.

Mirrors ``metav1.LabelSelectorAsSelector``, ``labels.NewRequirement`` and ``labels.Selector`` (apimachinery v0.37).
"""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_ds.model.selector import LabelSelector, SelectorRequirement, is_label_key, is_label_value

Labels = Mapping[str, str]


class SelectorError(ValueError):
    """A label selector that upstream cannot parse."""


class Selector:
    """A parsed selector."""

    __slots__ = ("_equal", "_nothing", "_requirements")

    def __init__(self, source: LabelSelector | None, extra: Labels | None = None) -> None:
        """Parse a selector; None selects nothing, the empty one everything.

        Args:
            source: as the API holds it.
            extra: labels that must be equal as well.

        Raises:
            SelectorError: an operator, key or value that upstream refuses.
        """
        self._nothing = source is None
        matched = source.match_labels if source is not None else {}
        self._requirements = source.match_expressions if source is not None else ()
        for key, value in matched.items():
            if not is_label_key(key) or not is_label_value(value):
                raise SelectorError(f"{key}={value} is not a label")
        for requirement in self._requirements:
            _check(requirement)
        self._equal = tuple({**matched, **(extra or {})}.items())
        if extra and any(matched.get(key, value) != value for key, value in extra.items()):
            self._nothing = True

    @property
    def selects_nothing(self) -> bool:
        """Whether there was no selector at all, or one that contradicts itself."""
        return self._nothing

    @property
    def empty(self) -> bool:
        """Whether it restricts nothing, so that it selects everything."""
        return not self._nothing and not self._equal and not self._requirements

    @property
    def narrow(self) -> tuple[str, tuple[str, ...]] | None:
        """A label that all it selects have, with the values that it may have; None when there is no such label."""
        if self._equal:
            key, value = self._equal[0]
            return key, (value,)
        for requirement in self._requirements:
            if requirement.operator == "In":
                return requirement.key, tuple(dict.fromkeys(requirement.values))
        return None

    def matches(self, labels: Labels) -> bool:
        """Whether it selects an object with these labels."""
        if self._nothing:
            return False
        for key, value in self._equal:
            if labels.get(key) != value:
                return False
        return all(requirement.matches(labels) for requirement in self._requirements)


def _check(requirement: SelectorRequirement) -> None:
    count = len(requirement.values)
    if requirement.operator in ("In", "NotIn"):
        valid = count > 0
    elif requirement.operator in ("Exists", "DoesNotExist"):
        valid = count == 0
    else:
        valid = False
    if not (valid and is_label_key(requirement.key) and all(is_label_value(each) for each in requirement.values)):
        raise SelectorError(f"{requirement} cannot be parsed")
