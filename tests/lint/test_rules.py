"""Every rule by the cases in its own file, and what all rules owe their readers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kubectl_ds.lint import rules
from kubectl_ds.lint.catalogue import RULES
from kubectl_ds.lint.rule import TOPICS, Rule
from kubectl_ds.lint.subject import Part
from kubectl_ds.manifest.edit import apply, unshared
from kubectl_ds.model.daemonset import DaemonSet
from tests.lint.cases import cases_of, subject_of

Object = dict[str, Any]


def every(which: str) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule.code}: {sentence}")
        for rule in RULES
        for sentence, case in cases_of(rule, which)
    ]


@pytest.mark.parametrize(("rule", "case"), every("good"))
def test_a_rule_is_silent_on_what_its_file_calls_good(rule: Rule, case: Object) -> None:
    assert list(rule.check(subject_of(case))) == []


@pytest.mark.parametrize(("rule", "case"), every("bad"))
def test_a_rule_finds_what_its_file_calls_bad_at_the_place_it_names(rule: Rule, case: Object) -> None:
    subject = subject_of(case)
    found = list(rule.check(subject))

    assert [each.path for each in found] == [case["finds"].strip()]
    assert all(subject.knows(kind) or subject.snapshot.source.type == "live" for kind in rule.needs)


@pytest.mark.parametrize(("rule", "case"), [each for each in every("bad") if each.values[0].fixable])
def test_a_fix_does_away_with_what_was_found(rule: Rule, case: Object) -> None:
    subject = subject_of(case)
    edits = [edit for problem in rule.check(subject) for edit in problem.fix]
    data = unshared(subject.root.data)
    apply(data, edits)
    value = msgspec.convert(data, DaemonSet, strict=False)

    left = list(rule.check(replace(subject, daemon_set=value, root=Part("", data))))

    assert bool(left) == (not edits)


def test_rules_that_can_fix_say_so_and_prove_it() -> None:
    proven = {
        rule.code
        for rule in RULES
        for _, case in cases_of(rule, "bad")
        for problem in rule.check(subject_of(case))
        if problem.fix
    }

    assert proven == {rule.code for rule in RULES if rule.fixable}


def test_every_rule_is_silent_on_a_sound_manifest() -> None:
    subject = subject_of({"nodes": 3})

    assert [(rule.code, list(rule.check(subject))) for rule in RULES if list(rule.check(subject))] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_documented_and_has_cases_of_both_kinds(rule: Rule) -> None:
    assert re.fullmatch(r"DS[1-9]\d\d", rule.code)
    assert rule.code[:3] in TOPICS
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert len(rule.title) < 110
    assert len(rule.story) > 100
    assert dict(cases_of(rule, "good"))
    assert dict(cases_of(rule, "bad"))


def test_codes_and_names_are_unique_and_in_order() -> None:
    codes = [rule.code for rule in RULES]

    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert len(RULES) >= 25


def test_every_file_of_rules_is_a_rule_whose_name_begins_with_its_code() -> None:
    files = sorted(path.stem for path in Path(str(rules.__file__)).parent.glob("ds*.py"))

    assert [file[:5].upper() for file in files] == [rule.code for rule in RULES]


@pytest.mark.parametrize("junk", [None, [], {}, "x", 7, True, [None, 3, "x", {}], {"a": None}])
@pytest.mark.parametrize("field", ["affinity", "volumes", "securityContext", "dnsPolicy", "hostPID", "resources"])
def test_no_rule_breaks_on_what_no_server_would_take(field: str, junk: object) -> None:
    subject = subject_of({"nodes": 2})
    subject.pod.data[field] = junk
    for container in subject.containers:
        for key in ("env", "args", "ports", "livenessProbe", "image", "resources", "securityContext"):
            container.data[key] = junk

    assert all(problem.message for rule in RULES for problem in rule.check(subject))
