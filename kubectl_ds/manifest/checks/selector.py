"""Label selectors (apimachinery v0.37.2, ``ValidateLabelSelector``) and node selectors (``ValidateNodeSelector…``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid, required
from kubectl_ds.manifest.checks.metadata import labels
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.suggest import closest
from kubectl_ds.model.selector import LabelSelector, SelectorRequirement

_SETS = ("In", "NotIn", "Exists", "DoesNotExist")
_NOT_VALID = "not a valid selector operator"


def label_selector(selector: Node | None) -> Faults:
    """A selector over labels."""
    if selector is None:
        return
    yield from labels(selector, "matchLabels")
    for requirement in selector.items("matchExpressions"):
        yield from _operator(requirement, _SETS)
        yield from _key(requirement)
        yield from _values(requirement)


def selects(selector: Node, written: dict[str, str]) -> bool | None:
    """Whether labels match; None where an expression is not valid, which is another problem."""
    expressions = tuple(
        SelectorRequirement(
            key=each.text("key"), operator=each.text("operator"), values=tuple(text for _, text in each.texts("values"))
        )
        for each in selector.items("matchExpressions")
    )
    for each in expressions:
        if each.operator not in _SETS or (not each.values) != (each.operator in ("Exists", "DoesNotExist")):
            return None
    return LabelSelector(match_labels=selector.mapping("matchLabels"), match_expressions=expressions).matches(written)


def node_selector_term(term: Node, *, check_values: bool) -> Faults:
    """``ValidateNodeSelectorTerm``; the values of preferences are never checked."""
    for requirement in term.items("matchExpressions"):
        operator = requirement.text("operator")
        yield from _operator(requirement, (*_SETS, "Gt", "Lt"))
        if operator in ("Gt", "Lt") and len(requirement.texts("values")) != 1 and requirement.sound("values"):
            detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            yield required(requirement.child("values"), detail)
        yield from _key(requirement)
        if check_values:
            yield from _values(requirement)
    for requirement in term.items("matchFields"):
        yield from _field(requirement)


def _operator(requirement: Node, known: tuple[str, ...]) -> Faults:
    operator = requirement.text("operator")
    values = requirement.child("values")
    if operator not in known:
        if requirement.sound("operator"):
            near = closest(operator, known)
            yield invalid(requirement.child("operator"), operator, _NOT_VALID, f"did you mean {near}?" if near else "")
    elif operator in ("In", "NotIn") and not requirement.texts("values") and requirement.sound("values"):
        yield required(values, "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist") and requirement.texts("values"):
        yield forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")


def _key(requirement: Node) -> Faults:
    if requirement.sound("key"):
        key = requirement.text("key")
        yield from each_invalid(requirement.child("key"), key, formats.label_key(key))


def _values(requirement: Node) -> Faults:
    for path, value in requirement.texts("values"):
        yield from each_invalid(path, value, formats.label_value(value))


def _field(requirement: Node) -> Faults:
    operator, key = requirement.text("operator"), requirement.text("key")
    if operator not in ("In", "NotIn"):
        yield invalid(requirement.child("operator"), operator, _NOT_VALID)
    elif len(requirement.texts("values")) != 1 and requirement.sound("values"):
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield required(requirement.child("values"), detail)
    if key != "metadata.name":
        yield invalid(requirement.child("key"), key, "not a valid field selector key", "the only one is metadata.name")
        return
    for path, value in requirement.texts("values"):
        yield from each_invalid(path, value, formats.dns_subdomain(value))
