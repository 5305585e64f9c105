"""Label selectors as ``kubectl -l`` takes them, for captures, where no server reads them.

Mirrors ``labels.Parse`` (k8s.io/apimachinery/pkg/labels v0.37).
"""

from __future__ import annotations

import re

from kubectl_ds.errors import UsageError
from kubectl_ds.model.selector import LabelSelector, SelectorRequirement, is_label_key, is_label_value, parse_int64

_SYMBOLS = {"=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt"}
_WORDS = {"in": "In", "notin": "NotIn"}
_TOKEN = re.compile(r"\s*(==|!=|[=<>!(),]|[^\s=<>!(),]+)")


def parse_selector(text: str) -> LabelSelector:
    """The selector that ``text`` means; the empty text selects everything.

    Raises:
        UsageError: it is no selector; the message quotes the offending part.
    """
    tokens = _Tokens(text)
    requirements = []
    while tokens.peek() is not None:
        requirements.append(_requirement(tokens))
        if tokens.peek() is None:
            break
        tokens.expect(",")
        if tokens.peek() is None:
            raise tokens.error("it ends in a comma")
    return LabelSelector(match_expressions=tuple(requirements))


class _Tokens:
    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[str] = _TOKEN.findall(text)
        self._at = 0

    def peek(self) -> str | None:
        return self._found[self._at] if self._at < len(self._found) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise self.error("it ends too early")
        self._at += 1
        return token

    def expect(self, wanted: str) -> None:
        found = self.take()
        if found != wanted:
            raise self.error(f'"{found}" stands where "{wanted}" should be')

    def word(self) -> str:
        """A key or value; the empty value where the next token is punctuation."""
        return "" if (self.peek() or ",") in ",)" else self.take()

    def error(self, problem: str) -> UsageError:
        return UsageError(
            f'"{self._text}" is no label selector: {problem}',
            hint="write it like app=fluentd,tier!=test or 'app in (fluentd,vector)'",
        )


def _requirement(tokens: _Tokens) -> SelectorRequirement:
    negated = tokens.peek() == "!"
    if negated:
        tokens.take()
    key = tokens.take()
    if not is_label_key(key):
        raise tokens.error(f'"{key}" is no label key')
    if negated:
        return SelectorRequirement(key=key, operator="DoesNotExist")
    if tokens.peek() in (None, ","):
        return SelectorRequirement(key=key, operator="Exists")
    operator = tokens.take()
    if operator in _WORDS:
        return SelectorRequirement(key=key, operator=_WORDS[operator], values=_values(tokens))
    if operator not in _SYMBOLS:
        raise tokens.error(f'"{operator}" is no operator')
    value = tokens.word()
    if not is_label_value(value):
        raise tokens.error(f'"{value}" is no label value')
    if operator in "<>" and parse_int64(value) is None:
        raise tokens.error(f'"{value}" is no whole number')
    return SelectorRequirement(key=key, operator=_SYMBOLS[operator], values=(value,))


def _values(tokens: _Tokens) -> tuple[str, ...]:
    tokens.expect("(")
    values = [tokens.word()]
    while tokens.peek() == ",":
        tokens.take()
        values.append(tokens.word())
    tokens.expect(")")
    for value in values:
        if not is_label_value(value):
            raise tokens.error(f'"{value}" is no label value')
    return tuple(sorted(set(values)))
