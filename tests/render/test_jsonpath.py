"""JSONPath: what a template finds, how it is printed, and the sentences of what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.render.jsonpath import JsonPath
from kubectl_ds.render.jsonpath_parser import JsonPathError

STORE: dict[str, Any] = {
    "name": "agents",
    "labels": {"b": "2", "a": "1", "c.d/e": "dotted"},
    "sets": [
        {"name": "one", "nodes": 3, "ready": True, "ports": [1, 2]},
        {"name": "two", "nodes": 5, "ready": False, "ports": []},
        {"name": "three", "nodes": 5, "share": 0.5, "none": None},
    ],
}


def printed(template: str, *, data: Any = None, as_json: bool = False, missing: bool = True) -> str:
    return JsonPath(template, allow_missing_keys=missing).print(STORE if data is None else data, as_json=as_json)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain text", "plain text"),
        ("", ""),
        ("{.name}", "agents"),
        ("{$.name}", "agents"),
        ("{@.name}", "agents"),
        ("{ .name }", "agents"),
        ("-{.name}-{.sets[0].name}-", "-agents-one-"),
        ("{.name}{.name}", "agentsagents"),
        ("{.sets[0].nodes}", "3"),
        ("{.sets[0].ready}", "true"),
        ("{.sets[2].share}", "0.5"),
        ("{.sets[2].none}", "null"),
        ("{.labels}", '{"a":"1","b":"2","c.d/e":"dotted"}'),
        ("{.sets[0].ports}", "[1,2]"),
        (r"{.labels.c\.d/e}", "dotted"),
        (r"{.labels['c\.d/e']}", "dotted"),
        ("{.labels['a']}", "1"),
        ("{.sets[*].name}", "one two three"),
        ("{.sets[:].name}", "one two three"),
        ("{.sets[-1].name}", "three"),
        ("{.sets[-2:].name}", "two three"),
        ("{.sets[0:2].name}", "one two"),
        ("{.sets[::2].name}", "one three"),
        ("{.sets[1:1].name}", ""),
        ("{.sets[0,2].name}", "one three"),
        ("{.sets[*]['name','nodes']}", "one two three 3 5 5"),
        ("{.labels.*}", "1 2 dotted"),
        ("{..nodes}", "3 5 5"),
        ("{.sets[0]..ports}", "[1,2]"),
        ("{.sets[?(@.nodes==5)].name}", "two three"),
        ("{.sets[?(@.nodes != 5)].name}", "one"),
        ("{.sets[?(@.nodes>3)].name}", "two three"),
        ("{.sets[?(@.nodes<=3)].name}", "one"),
        ('{.sets[?(@.name=="two")].nodes}', "5"),
        ("{.sets[?(@.name=='two')].nodes}", "5"),
        ("{.sets[?(@.ready==true)].name}", "one"),
        ("{.sets[?(@.share)].name}", "three"),
        ("{.sets[?(@.absent)].name}", ""),
        ('{.sets[?(@.name>"p")].name}', "two three"),
        ('{range .sets[*]}[{.name}]{"\\n"}{end}', "[one]\n[two]\n[three]\n"),
        ("{range .sets[*]}{.name}: {range .ports[*]}{@},{end};{end}!", "one: 1,2,;two: ;three: ;!"),
        ("{range .absent[*]}{.name}{end}after", "after"),
        ("{.absent}", ""),
        ("{.name.absent}", ""),
        ("{1}{-2}{2.50}{true}", "1-22.5true"),
        ("{'single'}{\"double\\t\"}", "singledouble\t"),
        ('{"\\u00e9\\x41"}', "éA"),
        ("{.}", ""),
        ("é{.name}", "éagents"),
    ],
)
def test_a_template_prints_what_it_finds(template: str, text: str) -> None:
    assert printed(template) == text


def test_every_action_of_a_template_becomes_an_array_of_json() -> None:
    assert printed("{.sets[*].name}{.name}", as_json=True) == (
        '[\n    "one",\n    "two",\n    "three"\n]\n[\n    "agents"\n]\n'
    )
    assert printed("{.absent}", as_json=True) == "[]\n"


def test_text_is_made_of_bytes_to_a_wildcard() -> None:
    assert printed("{.name.*}", data={"name": "é"}) == "195 169"


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{.name", "unclosed action"),
        ("{#}", "unrecognized character in action: U+0023 '#'"),
        ("{.a[0}", "unterminated array"),
        ("{.a[x]}", "invalid array index x"),
        ("{.a[-]}", "array index - is not a number"),
        ("{....a}", "invalid multiple recursive descent"),
        ('{"open}', "unterminated quoted string"),
        ('{"\\q"}', 'unquote string "\\q" error invalid syntax'),
        ("{.a[?(@.b]}", "unterminated filter"),
        ("{.a[?(@.b)}", "unclosed array expect ]"),
        ("{1.2.3}", "cannot parse number 1.2.3"),
        ("{+}", "cannot parse number +"),
    ],
)
def test_what_is_no_template_is_said_in_kubectls_words(template: str, sentence: str) -> None:
    with pytest.raises(JsonPathError) as caught:
        JsonPath(template)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{word}", "unrecognized identifier word"),
        ("{end}", "not in range, nothing to end"),
        ("{.sets[3]}", "array index out of bounds: index 3, length 3"),
        ("{.sets[0:4]}", "array index out of bounds: index 3, length 3"),
        ("{.sets[-4]}", "array index out of bounds: index -1, length 3"),
        ("{.sets[2:1]}", "starting index 2 is greater than ending index 1"),
        ("{.sets[::0]}", "step must be > 0"),
        ("{.labels[0]}", "map[string]interface {} is not array or slice"),
        ("{.name[0]}", "string is not array or slice"),
        ("{.sets[0].nodes[0]}", "int64 is not array or slice"),
        ("{.labels[?(@.a)]}", "map[a:1 b:2 c.d/e:dotted] is not array or slice and cannot be filtered"),
        ('{.sets[?(@.nodes=="5")]}', "incompatible types for comparison"),
        ("{.sets[?(@.ports==1)]}", "invalid type for comparison"),
        ("{.sets[?(@.ready<true)]}", "invalid type for comparison"),
        ("{.sets[?(@.nodes=!5)]}", "unrecognized filter operator =!"),
        ("{.sets[?(@.ports[*]==1)]}", "can only compare one element at a time"),
    ],
)
def test_what_does_not_fit_the_object_is_said_in_kubectls_words(template: str, sentence: str) -> None:
    with pytest.raises(JsonPathError) as caught:
        printed(template)
    assert str(caught.value) == sentence


def test_what_is_missing_is_an_error_only_where_it_is_not_allowed() -> None:
    with pytest.raises(JsonPathError, match="absent is not found"):
        printed("{.absent}", missing=False)
    assert printed("{.sets[?(@.share)].name}", missing=False) == "three", "a filter may look for it"


def test_after_a_range_a_template_goes_on_where_that_range_ended_even_for_the_next_object() -> None:
    """As upstream, whose parser keeps its place: the second line of a watch lacks what stands before the range."""
    path = JsonPath("{.name}:{range .sets[*]}{.name} {end}")
    assert path.print(STORE) == "agents:one two three "
    with pytest.raises(JsonPathError, match="nothing to end"):
        path.print(STORE)
