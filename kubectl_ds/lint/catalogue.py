"""Every rule, in the order of the codes, and how some of them are chosen."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.errors import UsageError
from kubectl_ds.lint.rule import Rule
from kubectl_ds.lint.rules import RULES
from kubectl_ds.manifest.suggest import closest

__all__ = ["RULES", "chosen", "rule_of"]


def chosen(select: Iterable[str], ignore: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that were asked for, without those that were not.

    Args:
        select: codes, beginnings of codes (``DS2``) or names, each perhaps several with commas; none asks for all.
        ignore: the same.

    Raises:
        UsageError: a word names no rule.
    """
    wanted, unwanted = _words(select), _words(ignore)
    for word in (*wanted, *unwanted):
        if not any(_means(word, rule) for rule in RULES):
            raise _unknown(word)
    return tuple(
        rule
        for rule in RULES
        if (not wanted or any(_means(word, rule) for word in wanted))
        and not any(_means(word, rule) for word in unwanted)
    )


def rule_of(word: str) -> Rule:
    """The one rule of this code or name.

    Raises:
        UsageError: there is none.
    """
    for rule in RULES:
        if word.lower() in (rule.code.lower(), rule.name):
            return rule
    raise _unknown(word)


def _words(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.strip() for each in given for word in each.split(",") if word.strip())


def _means(word: str, rule: Rule) -> bool:
    return rule.code.startswith(word.upper()) or rule.name == word.lower()


def _unknown(word: str) -> UsageError:
    near = closest(word, [name for rule in RULES for name in (rule.code, rule.name)])
    question = f"Did you mean {near}? " if near else ""
    return UsageError(f"no rule is called {word!r}", hint=f"{question}'kubectl ds lint --list' shows them all.")
