"""What is read without a YAML library means to that library the same; what could mean something else is left to it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ds.cluster.plain_yaml import read_plain

KUBECONFIG = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM=
    server: https://10.0.0.1:6443
  name: kubernetes
contexts:
- context: {}
  name: arn:aws:eks:eu-west-1:111122223333:cluster/prod
- context:
    cluster: kubernetes
    namespace: "logging"
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
kind: Config
preferences: {}
users:
- name: kubernetes-admin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --region
      - eu-west-1
      - eks
      command: aws
      env:
        - name: AWS_PROFILE
          value: 'a b: c # d'
      interactiveMode: IfAvailable
      provideClusterInfo: false
"""
WORDS = st.sampled_from(
    [
        *("a", "true", "True", "no", "Yes", "null", "~", "1", "1.5", "0x1f", "1_000", "12:30", "2026-01-01", ".inf"),
        *("a b", "a: b", "a:b", "a:", ":a", "a #b", "a#b", "#a", "- a", "-a", "--a", "&a", "*a", "!a", "|", ">", "%a"),
        *("'a'", "'a''b'", '"a"', '"a\\n"', "{}", "[]", "{a: b}", "[a]", "?", "@a", "`a", "https://h:6443/x", "a=="),
        *("=", "<<", "é", "a\tb", "a ", "", "y", "off", "e1", "1e3", "a,b", "a]", "a}", "..."),
    ]
)
KEYS = st.sampled_from(["name", "server", "a-b", "tokenFile", "on", "1", "true", "False", "'k'", "k k", "k.l/m", "<<"])


@st.composite
def documents(draw: st.DrawFn, depth: int = 0, indent: int = 0) -> str:
    """Something that may be YAML: blocks of keys and dashes, with values of every sort."""
    lines: list[str] = []
    step = draw(st.sampled_from([0, 1, 2, 4]))
    pad = " " * indent
    for _ in range(draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(["value", "value", "map", "list", "dashes"] if depth < 3 else ["value"]))
        key = draw(KEYS)
        if shape == "value":
            lines.append(f"{pad}{key}: {draw(WORDS)}")
        elif shape == "map":
            lines += [f"{pad}{key}:", draw(documents(depth + 1, indent + max(1, step)))]
        elif shape == "list":
            lines += [f"{pad}{key}:", *(f"{pad}{' ' * step}- {draw(WORDS)}" for _ in range(draw(st.integers(1, 2))))]
        else:
            inner = draw(documents(depth + 1, indent + step + 2))
            lines += [f"{pad}{key}:", f"{pad}{' ' * step}- {inner.lstrip()}"]
        if draw(st.integers(0, 9)) == 0:
            lines.append(draw(st.sampled_from(["", "   ", "# note", "    # note", "---", "..."])))
    return "\n".join(lines)


def theirs(text: str) -> Any:
    """What the library makes of it; the error where it makes nothing."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        return error


@settings(deadline=None, max_examples=300)
@given(documents())
def test_what_is_read_is_what_the_library_reads(text: str) -> None:
    ours = read_plain(text)
    if ours is not None:
        assert ours == theirs(text)


def test_a_kubeconfig_as_tools_write_it_is_read() -> None:
    assert read_plain(KUBECONFIG) == yaml.safe_load(KUBECONFIG)
    assert read_plain(yaml.safe_dump(yaml.safe_load(KUBECONFIG.replace("'a b: c # d'", "plain")))) is not None


MEANING_MORE = (
    *("1", "1.0", "null", "~", "Yes", "off", "True", "NULL", "2026-01-01", "a # b", "&a b", "*a", "|", "a: b", "-1"),
    *('"a\\tb"', "'it''s'", "[a]", "{a: b}", "!!str a", "é", "- a", "? a", "12:30", "=", "a b", "-.inf"),
)
NOT_PLAIN = (
    *("", "# nothing\n", "a: b\na: c\n", "a: b\n  c: d\n", "a:\n  b: c\n d: e\n", "a: b\n---\nc: d\n", "a:\tb\n"),
    *("- a\nb: c\n", "a: b\n...\n", "a: 'b\n  c'\n", "a: b\n  c\n", "\ufeffa: b\n", "a: b\u2028c: d\n", "-\n  a: b\n"),
    *("a: b\r\n", "on: b\n", "True: b\n", "<<: b\n"),
)


@pytest.mark.parametrize("value", MEANING_MORE)
def test_what_may_mean_something_else_is_left_to_the_library(value: str) -> None:
    assert read_plain(f"name: {value}\n") is None


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_documents_that_are_not_plain_are_left_to_the_library(text: str) -> None:
    assert read_plain(text) is None
