"""No secret is ever shown: every way to say who we are, in every plight, at every verbosity; nor is a file written."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.runs import ds

from .issuer import STALE
from .server import AUTHORITY, Arrived, Server, reply

SECRET = "c4n4ry-s3cret"
SHAPES = (
    SECRET,
    base64.b64encode(SECRET.encode()).decode().rstrip("="),
    base64.b64encode(f"joe:{SECRET}".encode()).decode().rstrip("="),
)
"""How it looks on its way."""
V1 = "client.authentication.k8s.io/v1"
Object = dict[str, Any]


def plugin(script: str) -> Object:
    """A user whose credentials this shell script prints."""
    arguments = ["-c", script]
    return {
        "exec": {"apiVersion": V1, "command": "sh", "args": arguments, "interactiveMode": "Never", "env": [ENV]},
    }


ENV = {"name": "PASSWORD", "value": SECRET}
CREDENTIAL = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": {"token": SECRET}})
HALF = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": {"clientKeyData": SECRET}})
PAIR = {"clientKeyData": SECRET, "clientCertificateData": SECRET}
BAD_PAIR = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": PAIR})
B64 = base64.b64encode(SECRET.encode()).decode()

USERS: dict[str, Object] = {
    "a token": {"token": SECRET},
    "a token with a line break": {"token": f"{SECRET}\nx"},
    "a token that is a list": {"token": [SECRET]},
    "a token file": {"tokenFile": "token"},
    "a password": {"username": "joe", "password": SECRET},
    "a token and a password": {"token": SECRET, "username": "joe", "password": SECRET},
    "a key that is none": {"client-certificate-data": B64, "client-key-data": B64},
    "a key that is not base64": {"client-certificate-data": B64, "client-key-data": f"%{SECRET}"},
    "a plugin": plugin(f"echo '{CREDENTIAL}'"),
    "a plugin that fails": plugin(f"echo {SECRET}; exit 1"),
    "a plugin that prints no JSON": plugin(f"echo {SECRET}"),
    "a plugin that prints broken JSON": plugin(f"echo '{{\"token\": {SECRET}'"),
    "a plugin that prints half a pair": plugin(f"echo '{HALF}'"),
    "a plugin that prints a pair that is none": plugin(f"echo '{BAD_PAIR}'"),
    "an issuer that is not there": {
        "auth-provider": {
            "name": "oidc",
            "config": {
                "idp-issuer-url": f"http://joe:{SECRET}@127.0.0.1:1",
                "client-id": "us",
                "client-secret": SECRET,
                "id-token": STALE,
                "refresh-token": SECRET,
            },
        }
    },
    "an id-token that is none": {
        "auth-provider": {"name": "oidc", "config": {"idp-issuer-url": "x", "client-id": "us", "id-token": SECRET}}
    },
}
FLAGS: dict[str, tuple[str, ...]] = {
    "--token": (f"--token={SECRET}",),
    "--token with a line break": (f"--token={SECRET}\n",),
    "--password": ("--username=joe", f"--password={SECRET}"),
    "--proxy-url": (f"--proxy-url=http://joe:{SECRET}@127.0.0.1:1",),
    "--proxy-url of another kind": (f"--proxy-url=ftp://joe:{SECRET}@127.0.0.1:1",),
    "--proxy-url that is none": (f"--proxy-url=joe:{SECRET}@[",),
    "--server": (f"--server=https://joe:{SECRET}@127.0.0.1:1",),
    "--server of another kind": (f"--server=ftp://joe:{SECRET}@127.0.0.1:1",),
    "--server with a path and no scheme": (f"--server=joe:{SECRET}@127.0.0.1:1/x",),
}


def _away(arrived: Arrived) -> bytes:
    return reply(302, b"", ("Location", f"https://elsewhere.example/{arrived.target}"))


PLIGHTS: dict[str, Callable[[Arrived], bytes | None]] = {
    "all is well": lambda _: reply(200, b'{"kind": "DaemonSetList", "metadata": {}, "items": []}'),
    "401": lambda _: reply(
        401, b'{"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized", "code": 401}'
    ),
    "500": lambda _: reply(500, b"boom"),
    "a redirect": _away,
    "no JSON": lambda _: reply(200, b"<html>"),
    "half an answer": lambda _: reply(200, b"{}")[:-1],
    "hung up on": lambda _: None,
}


@dataclass
class Plight:
    """A server, and whatever it does."""

    server: Server
    answer: Callable[[Arrived], bytes | None]


@pytest.fixture(scope="module")
def plight() -> Iterator[Plight]:
    """A server whose answers may be changed."""
    found: list[Plight] = []

    def answer(arrived: Arrived) -> bytes | None:
        return found[0].answer(arrived)

    with Server(answer, certificate="server") as server:
        found.append(Plight(server, PLIGHTS["all is well"]))
        yield found[0]


def run(folder: Path, server: Server, user: Object, flags: tuple[str, ...], verbosity: int) -> str:
    """All that is said; nothing in the folder is changed by it."""
    (folder / "token").write_text(SECRET)
    config = {
        "current-context": "c",
        "clusters": [{"name": "k", "cluster": {"server": server.url, "certificate-authority": str(AUTHORITY)}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(config))
    before = {each: each.read_bytes() for each in folder.iterdir()}
    environ = {"KUBECONFIG": str(path), "KUBERC": "off"}
    ran = ds("get", *flags, f"-v={verbosity}", "--request-timeout=2s", environ=environ)
    assert {each: each.read_bytes() for each in folder.iterdir()} == before, "a kubeconfig is never written"
    assert "itself failed" not in ran.err, ran.err
    return ran.out + ran.err


def assert_kept(said: str) -> None:
    """The secret is in none of its shapes."""
    assert said
    for shape in SHAPES:
        assert shape not in said


@pytest.mark.parametrize("name", USERS)
def test_no_secret_of_a_user_is_shown(
    tmp_path: Path, plight: Plight, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubectl_ds.cluster.retry.Patience.first_pause", 0.001)
    for plight.answer in PLIGHTS.values():
        assert_kept(run(tmp_path, plight.server, USERS[name], (), 9))


@pytest.mark.parametrize("name", FLAGS)
def test_no_secret_of_a_flag_is_shown(tmp_path: Path, plight: Plight, name: str) -> None:
    plight.answer = PLIGHTS["401"]
    assert_kept(run(tmp_path, plight.server, {}, FLAGS[name], 9))


@pytest.mark.parametrize("verbosity", range(11))
def test_no_verbosity_shows_a_secret(tmp_path: Path, plight: Plight, verbosity: int) -> None:
    plight.answer = PLIGHTS["401"]
    for user in (USERS["a token"], USERS["a password"], USERS["a plugin"]):
        said = run(tmp_path, plight.server, user, (), verbosity)
        assert_kept(said)
        assert ("<masked>" in said) is (verbosity >= 7)
