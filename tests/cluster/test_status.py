"""The API server's refusals as errors, and as kubectl's sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubectl_ds.cluster.status import failure_of, kubectl_sentence
from kubectl_ds.errors import ApiError, Forbidden, NotFound, Unauthorized


def refusal(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> ApiError:
    status = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return failure_of(code, json.dumps(status | {"details": details}).encode())


@pytest.mark.parametrize(
    ("error", "family", "sentence"),
    [
        (
            refusal(404, "NotFound", 'daemonsets.apps "x" not found', {"name": "x", "kind": "daemonsets"}),
            NotFound,
            'Error from server (NotFound): daemonsets.apps "x" not found',
        ),
        (
            refusal(403, "Forbidden", 'nodes is forbidden: User "joe" cannot list resource "nodes"'),
            Forbidden,
            'Error from server (Forbidden): nodes is forbidden: User "joe" cannot list resource "nodes"',
        ),
        (
            refusal(401, "Unauthorized", "Unauthorized"),
            Unauthorized,
            "error: You must be logged in to the server (Unauthorized)",
        ),
        (
            refusal(409, "AlreadyExists", 'daemonsets.apps "x" already exists'),
            ApiError,
            'Error from server (AlreadyExists): daemonsets.apps "x" already exists',
        ),
        (refusal(500, "", "boom"), ApiError, "Error from server: boom"),
        (
            refusal(
                422,
                "Invalid",
                "a longer text",
                {"kind": "DaemonSet", "name": "x", "causes": [{"field": "spec.selector", "message": "Required value"}]},
            ),
            ApiError,
            'The DaemonSet "x" is invalid: spec.selector: Required value',
        ),
        (
            refusal(
                422,
                "Invalid",
                "a longer text",
                {
                    "kind": "DaemonSet",
                    "name": "x",
                    "causes": [
                        {"field": "a", "message": "b"},
                        {"field": "c", "message": "d"},
                        {"field": "a", "message": "b"},
                    ],
                },
            ),
            ApiError,
            'The DaemonSet "x" is invalid: \n* a: b\n* c: d',
        ),
        (refusal(422, "Invalid", "x", {"kind": "DaemonSet", "name": "x"}), ApiError, 'The DaemonSet "x" is invalid'),
        (
            failure_of(404, b"404 page not found\n"),
            NotFound,
            "Error from server (NotFound): the server could not find the requested resource",
        ),
        (
            failure_of(502, b"<html>Bad Gateway</html>"),
            ApiError,
            "Error from server: the answer was HTTP 502",
        ),
        (
            failure_of(429, b"slow \x1b[31mdown\n"),
            ApiError,
            'Error from server (TooManyRequests): the answer was HTTP 429: "slow [31mdown"',
        ),
    ],
)
def test_the_error_and_what_kubectl_prints(error: ApiError, family: type[ApiError], sentence: str) -> None:
    assert type(error) is family
    assert kubectl_sentence(error) == sentence


def test_causes_keep_their_fields() -> None:
    error = refusal(422, "Invalid", "x", {"kind": "DaemonSet", "name": "n", "causes": [{"field": "f", "message": "m"}]})
    assert (error.status, error.reason, error.causes, error.kind, error.name) == (
        422,
        "Invalid",
        (("f", "m"),),
        "DaemonSet",
        "n",
    )
