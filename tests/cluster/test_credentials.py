"""Credential plugins, token files and OIDC tokens: what they yield, and that a failure is never anonymous."""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.cluster.connection import Connection, ExecPlugin, Identity, Pem, Tls
from kubectl_ds.cluster.credentials import Credentials, oidc_token, run_plugin
from kubectl_ds.cluster.exchange import Request
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.errors import ConfigError

from .server import AUTHORITY, CERTIFICATES, Arrived, Server, reply

V1 = "client.authentication.k8s.io/v1"
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def credential(api_version: str = V1, **status: Any) -> bytes:
    return json.dumps({"kind": "ExecCredential", "apiVersion": api_version, "status": status}).encode()


class Runs:
    """A plugin that answers in turn."""

    def __init__(self, *outputs: bytes) -> None:
        self.outputs = list(outputs)
        self.times = 0

    def __call__(self, plugin: ExecPlugin) -> bytes:
        self.times += 1
        return self.outputs[min(self.times, len(self.outputs)) - 1]


def credentials(runs: Runs, api_version: str = V1, now: datetime = NOW) -> Credentials:
    return Credentials(Identity(plugin=ExecPlugin(api_version, "helper"), user="joe"), run=runs, now=lambda: now)


@pytest.mark.parametrize("api_version", [V1, "client.authentication.k8s.io/v1beta1"])
def test_a_plugins_token_is_kept_while_it_lasts(api_version: str) -> None:
    later = (NOW + timedelta(hours=1)).isoformat()
    runs = Runs(credential(api_version, token="abc", expirationTimestamp=later))
    asked = credentials(runs, api_version)
    assert [asked.authorization(), asked.authorization()] == ["Bearer abc"] * 2
    assert asked.certificate() is None
    assert runs.times == 1


def test_an_expired_token_is_fetched_anew() -> None:
    before = (NOW - timedelta(seconds=1)).isoformat()
    runs = Runs(credential(token="old", expirationTimestamp=before), credential(token="new"))
    asked = credentials(runs)
    assert [asked.authorization(), asked.authorization()] == ["Bearer old", "Bearer new"]


def test_a_plugin_may_hand_out_a_certificate_alone() -> None:
    asked = credentials(Runs(credential(clientCertificateData="PEM", clientKeyData="s3cret")))
    assert asked.authorization() == ""
    certificate = asked.certificate()
    assert certificate is not None and certificate[0].data == b"PEM" and certificate[1].data == b"s3cret"
    assert "s3cret" not in repr(certificate) + repr(asked)


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (b"", "did not print an ExecCredential"),
        (b"s3cret", "did not print an ExecCredential"),
        (b'{"status": {"token": 5}}', "did not print an ExecCredential"),
        (credential("client.authentication.k8s.io/v1beta1", token="s3cret"), "answered in"),
        (credential(), "neither a token nor a certificate"),
        (json.dumps({"apiVersion": V1, "status": None}).encode(), "neither a token nor a certificate"),
        (credential(clientCertificateData="PEM"), "without a key"),
        (credential(clientKeyData="s3cret"), "without a certificate"),
    ],
)
def test_what_a_plugin_should_not_answer_is_an_error_without_its_secrets(output: bytes, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        credentials(Runs(output)).authorization()
    assert "nothing was sent" in caught.value.message
    assert "s3cret" not in f"{caught.value!r} {caught.value.hint} {caught.value.__cause__}"


@pytest.fixture
def plugin(tmp_path: Path) -> ExecPlugin:
    """A real program: prints a credential with what it was told as its token."""
    program = tmp_path / "helper"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "if 'fail' in sys.argv: sys.exit(3)\n"
        "told = [info['kind'], info['spec']['interactive'], info['spec'].get('cluster', {}).get('server'), "
        "os.environ['COLOUR'], sys.argv[1:]]\n"
        "token = json.dumps(told).encode().hex()\n"
        "print(json.dumps({'apiVersion': info['apiVersion'], 'status': {'token': token}}))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return ExecPlugin(
        V1,
        str(program),
        ("--for", "me"),
        (("COLOUR", "red"),),
        cluster_info='{"server": "https://x"}',
        interactive_mode="Never",
    )


def test_a_plugin_is_run_with_its_arguments_environment_and_the_cluster(plugin: ExecPlugin) -> None:
    token = json.loads(run_plugin(plugin))["status"]["token"]
    assert json.loads(bytes.fromhex(token)) == ["ExecCredential", False, "https://x", "red", ["--for", "me"]]


def test_a_failing_plugin_is_an_error_and_nothing_is_sent(plugin: ExecPlugin, tmp_path: Path) -> None:
    cases = (
        (ExecPlugin(V1, plugin.command, ("fail",), (("COLOUR", "red"),)), "failed with exit code 3"),
        (ExecPlugin(V1, str(tmp_path / "absent"), install_hint="brew install \x1b[31mit"), "is not there"),
        (ExecPlugin(V1, str(tmp_path)), "cannot be run"),
    )
    for each, problem in cases:
        with Server(certificate="server") as server:
            transport = HttpTransport(
                Connection(server.url, tls=Tls(authority=Pem(path=str(AUTHORITY))), identity=Identity(plugin=each))
            )
            with pytest.raises(ConfigError, match=problem) as caught:
                transport.send(Request("GET", "/version"))
            transport.close()
            assert server.requests == []
        assert caught.value.reference == "credential-plugin"
        assert "\x1b" not in caught.value.hint


def test_a_plugin_that_wants_a_terminal_is_not_run_without_one(
    plugin: ExecPlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ConfigError, match="needs a terminal"):
        run_plugin(ExecPlugin(V1, plugin.command, interactive_mode="Always"))


def test_after_a_401_the_plugin_is_asked_again_and_its_new_certificate_shown() -> None:
    pair = {
        "clientCertificateData": (CERTIFICATES / "client.crt").read_text(),
        "clientKeyData": (CERTIFICATES / "client.key").read_text(),
    }
    runs = Runs(credential(token="stale", **pair), credential(token="fresh", **pair))

    def answer(arrived: Arrived) -> bytes:
        return reply(200 if arrived.header("Authorization") == "Bearer fresh" else 401)

    with Server(answer, certificate="server", ask_certificate=True) as server:
        connection = Connection(server.url, tls=Tls(authority=Pem(path=str(AUTHORITY))))
        transport = HttpTransport(connection, credentials(runs))
        with transport.send(Request("POST", "/api/v1/namespaces", body=b"{}")) as response:
            assert response.status == 200
        transport.close()
    assert [(each.connection, each.certificate, each.body) for each in server.requests] == [
        (1, "client", b"{}"),
        (2, "client", b"{}"),
    ]
    assert runs.times == 2


# token files


def test_a_token_file_is_trimmed_beats_the_token_and_is_read_again_after_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")
    clock = [0.0]
    asked = Credentials(Identity(token="inline", token_file=str(path)), clock=lambda: clock[0])
    assert asked.authorization() == "Bearer one"
    path.write_text("two")
    assert asked.authorization() == "Bearer one"
    clock[0] = 61.0
    assert asked.authorization() == "Bearer two"


def test_a_missing_token_file_falls_back_to_the_token_or_is_an_error(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    assert Credentials(Identity(token="inline", token_file=absent)).authorization() == "Bearer inline"
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        Credentials(Identity(token_file=absent)).authorization()


def test_an_empty_token_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        Credentials(Identity(token_file=str(path))).authorization()


def test_a_token_with_a_byte_order_mark_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="no header may hold") as caught:
        Credentials(Identity(token="\ufeffs3cret", user="joe")).authorization()
    assert "s3cret" not in str(caught.value)


def test_basic_authentication() -> None:
    asked = Credentials(Identity(username="joe", password="s3cret"))
    assert asked.authorization() == "Basic " + base64.b64encode(b"joe:s3cret").decode()
    assert not asked.renew()
    assert "s3cret" not in repr(Identity(username="joe", password="s3cret", token="s3cret"))


# OIDC


def id_token(**claims: object) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "sig"])


def test_an_id_token_is_used_while_it_lasts() -> None:
    token = id_token(exp=1000)
    assert oidc_token({"id-token": token}, "joe", now=lambda: 900.0) == token
    with pytest.raises(ConfigError, match='the oidc token of user "joe" has expired'):
        oidc_token({"id-token": token}, "joe", now=lambda: 995.0)


@pytest.mark.parametrize("config", [{}, {"id-token": "abc"}, {"id-token": "a.%%%.c"}, {"id-token": "a.YWJj.c"}])
def test_an_id_token_that_is_none_is_refused(config: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="the oidc token"):
        oidc_token(config, "joe")


def test_the_environment_of_the_program_is_left_alone(plugin: ExecPlugin) -> None:
    run_plugin(plugin)
    assert "KUBERNETES_EXEC_INFO" not in os.environ
