"""Label selectors and node selectors, parsed and matched as Kubernetes does.

Mirrors ``labels.NewRequirement`` / ``Requirement.Matches`` and ``metav1.LabelSelectorAsSelector`` (apimachinery v0.37)
and ``nodeaffinity.NewLazyErrorNodeSelector`` (component-helpers v0.37): a node selector term that does not parse
matches nothing, and so does an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from kubectl_ds.model.value import Value

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_INTEGER = re.compile(r"[+-]?[0-9]+")


class SelectorRequirement(Value, frozen=True):
    """One requirement on a label or a field: key, operator, values."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil it; an unknown operator fulfils nothing."""
        actual = labels.get(self.key)
        if self.operator == "In":
            return actual is not None and actual in self.values
        if self.operator == "NotIn":
            return actual is None or actual not in self.values
        if self.operator == "Exists":
            return actual is not None
        if self.operator == "DoesNotExist":
            return actual is None
        if self.operator in ("Gt", "Lt") and actual is not None and len(self.values) == 1:
            own, bound = parse_int64(actual), parse_int64(self.values[0])
            if own is None or bound is None:
                return False
            return own > bound if self.operator == "Gt" else own < bound
        return False

    def __str__(self) -> str:
        """As a person would say it: ``zone in (a, b)``, ``gpu exists``, ``cores > 4``."""
        if self.operator == "Exists":
            return f"{self.key} exists"
        if self.operator == "DoesNotExist":
            return f"{self.key} does not exist"
        if self.operator in ("Gt", "Lt"):
            return f"{self.key} {'>' if self.operator == 'Gt' else '<'} {', '.join(self.values)}"
        words = {"In": "in", "NotIn": "not in"}.get(self.operator, self.operator or "(no operator)")
        return f"{self.key} {words} ({', '.join(self.values)})"


class LabelSelector(Value, frozen=True):
    """A selector over labels; every part must match, and no parts at all match everything."""

    match_labels: dict[str, str] = {}
    match_expressions: tuple[SelectorRequirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil the whole selector."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            requirement.matches(labels) for requirement in self.match_expressions
        )

    @property
    def empty(self) -> bool:
        """Whether it restricts nothing."""
        return not self.match_labels and not self.match_expressions

    def __str__(self) -> str:
        """As ``kubectl -l`` takes it."""
        parts = [f"{key}={value}" for key, value in sorted(self.match_labels.items())]
        for each in self.match_expressions:
            if each.operator == "Exists":
                parts.append(each.key)
            elif each.operator == "DoesNotExist":
                parts.append(f"!{each.key}")
            else:
                parts.append(f"{each.key} {each.operator.lower()} ({','.join(sorted(each.values))})")
        return ",".join(parts)


class NodeSelectorTerm(Value, frozen=True):
    """Requirements on labels and fields of a node, ANDed."""

    match_expressions: tuple[SelectorRequirement, ...] = ()
    match_fields: tuple[SelectorRequirement, ...] = ()

    @property
    def parses(self) -> bool:
        """Whether upstream can parse it; a term that does not parse, or is empty, matches no node."""
        if not self.match_expressions and not self.match_fields:
            return False
        return all(_label_requirement_parses(each) for each in self.match_expressions) and all(
            each.operator in ("In", "NotIn") and len(each.values) == 1 for each in self.match_fields
        )

    def matches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether the node of this name and labels fulfils the term."""
        return self.parses and self.unmet(name, labels) is None

    def unmet(self, name: str, labels: Mapping[str, str]) -> SelectorRequirement | None:
        """The first requirement that the node does not fulfil."""
        for requirement in self.match_expressions:
            if not requirement.matches(labels):
                return requirement
        for requirement in self.match_fields:
            # fields.Selector treats an absent field as the empty string
            actual = name if requirement.key == "metadata.name" else ""
            if (actual in requirement.values) != (requirement.operator == "In"):
                return requirement
        return None


class NodeSelector(Value, frozen=True):
    """Terms, ORed; none at all match no node."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()

    def matches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether any term matches the node of this name and labels."""
        return any(term.matches(name, labels) for term in self.node_selector_terms)


def parse_int64(text: str) -> int | None:
    """``strconv.ParseInt(text, 10, 64)``: None where Go reports an error."""
    if not text.isascii() or _INTEGER.fullmatch(text) is None:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


@lru_cache(maxsize=4096)
def is_label_key(key: str) -> bool:
    """Whether ``key`` is a qualified name: ``[prefix/]name``."""
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or _SUBDOMAIN.fullmatch(prefix) is None):
        return False
    return _NAME.fullmatch(name) is not None


def is_label_value(value: str) -> bool:
    """Whether ``value`` is empty, or at most 63 letters, digits, ``-``, ``_`` and ``.`` between letters or digits."""
    return value == "" or _NAME.fullmatch(value) is not None


def _label_requirement_parses(requirement: SelectorRequirement) -> bool:
    """``labels.NewRequirement``."""
    if not is_label_key(requirement.key) or not all(is_label_value(value) for value in requirement.values):
        return False
    if requirement.operator in ("In", "NotIn"):
        return len(requirement.values) > 0
    if requirement.operator in ("Exists", "DoesNotExist"):
        return len(requirement.values) == 0
    if requirement.operator in ("Gt", "Lt"):
        return len(requirement.values) == 1 and parse_int64(requirement.values[0]) is not None
    return False
