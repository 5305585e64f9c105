"""Credential plugins, token files and OIDC tokens: what they yield, and that a failure is never anonymous."""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.cluster.connection import Connection, ExecPlugin, Identity, Pem, Tls
from kubectl_ds.cluster.credentials import Credentials
from kubectl_ds.cluster.exchange import Request
from kubectl_ds.cluster.exec_plugin import run_plugin
from kubectl_ds.cluster.oidc import check_provider, oidc_token
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.errors import ConfigError

from .issuer import FRESH, STALE, id_token, issue
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
        (b"", "decoding stdout: it is no ExecCredential"),
        (b"s3cret", "decoding stdout: it is no ExecCredential"),
        (b"{s3cret", "decoding stdout: it is neither JSON nor YAML"),
        (b'{"kind": "ExecCredential", "status": {"token": 5}}', "decoding stdout: it is neither"),
        (credential("client.authentication.k8s.io/v1beta1", token="s3cret"), "plugin returned version client.auth"),
        (credential(), "didn't return a token or cert/key pair"),
        (json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": None}).encode(), "didn't return a status"),
        (credential(clientCertificateData="PEM"), "only certificate or key, not both"),
        (credential(clientKeyData="s3cret"), "only certificate or key, not both"),
    ],
)
def test_what_a_plugin_should_not_answer_is_an_error_without_its_secrets(output: bytes, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        credentials(Runs(output)).authorization()
    assert "nothing was sent" in caught.value.hint
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
        "print(json.dumps({'apiVersion': info['apiVersion'], 'kind': 'ExecCredential', 'status': {'token': token}}))\n"
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
        (ExecPlugin(V1, str(tmp_path / "absent")), "no such file or directory"),
        (
            ExecPlugin(V1, "kubectl-ds-absent", install_hint="brew install \x1b[31mit"),
            r"not found.*brew install U\+001B",
        ),
        (ExecPlugin(V1, str(tmp_path)), "permission denied"),
    )
    for each, problem in cases:
        with Server(certificate="server") as server:
            transport = HttpTransport(
                Connection(server.url, tls=Tls(authority=Pem(path=str(AUTHORITY))), identity=Identity(plugin=each))
            )
            with pytest.raises(ConfigError, match=f"(?s){problem}") as caught:
                transport.send(Request("GET", "/version"))
            transport.close()
            assert server.requests == []
        assert caught.value.reference == "credential-plugin"
        assert "\x1b" not in f"{caught.value.hint} {caught.value.line}"


def test_a_plugin_that_wants_a_terminal_is_not_run_without_one(
    plugin: ExecPlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ConfigError, match="standard input is not a terminal"):
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
    with pytest.raises(ConfigError, match=r"open .*absent: no such file"):
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


def test_a_token_file_that_goes_away_leaves_its_last_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    clock = [0.0]
    asked = Credentials(Identity(token_file=str(path)), clock=lambda: clock[0])
    assert asked.authorization() == "Bearer one"
    path.unlink()
    clock[0] = 61.0
    assert asked.authorization() == "Bearer one"


# OIDC

ISSUER = {"idp-issuer-url": "https://issuer.example", "client-id": "us"}


def test_an_id_token_is_used_while_it_lasts() -> None:
    token = id_token(1000)
    assert oidc_token(ISSUER | {"id-token": token}, now=lambda: 900.0) == (token, False)
    with pytest.raises(ConfigError, match="No valid id-token, and cannot refresh"):
        oidc_token(ISSUER | {"id-token": token}, now=lambda: 995.0)


@pytest.mark.parametrize("token", ["", "abc", "a.%%%.c", "a.YWJj.c"])
def test_an_id_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(ConfigError, match=r"[Vv]alid (id-token|JWT)"):
        oidc_token(ISSUER | {"id-token": token})


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({}, "Must provide idp-issuer-url"),
        ({"idp-issuer-url": "x"}, "Must provide client-id"),
        (ISSUER | {"idp-certificate-authority-data": "%"}, "is not base64"),
    ],
)
def test_a_provider_without_what_it_needs_is_refused(config: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        check_provider(config)


def test_an_issuer_is_believed_only_by_its_certificate() -> None:
    trusted = {"idp-certificate-authority": str(AUTHORITY)}
    with Server(partial(issue, scheme="https"), certificate="server") as server:
        config = {"idp-issuer-url": server.url, "client-id": "us", "refresh-token": "again"}
        assert oidc_token(config | trusted) == (FRESH, True)
        with pytest.raises(ConfigError, match=r"cannot be asked: .* cannot be trusted"):
            oidc_token(config)
    assert all("timeout" not in arrived.target for arrived in server.requests)


def test_a_refresh_token_is_never_sent_in_clear_where_the_issuer_is_not() -> None:
    with Server(issue, certificate="server") as server:
        config = {"idp-issuer-url": server.url, "client-id": "us", "refresh-token": "again"}
        with pytest.raises(ConfigError, match="without TLS"):
            oidc_token(config | {"idp-certificate-authority": str(AUTHORITY)})
    assert [arrived.method for arrived in server.requests] == ["GET"]


def test_a_new_token_is_kept_in_memory_and_told() -> None:
    told: list[str] = []
    with Server(issue) as server:
        config = {"idp-issuer-url": server.url, "client-id": "us", "refresh-token": "again", "id-token": STALE}
        asked = Credentials(Identity(oidc=tuple(config.items()), user="joe"), warn=told.append)
        assert [asked.authorization(), asked.authorization()] == [f"Bearer {FRESH}"] * 2
    assert len(told) == 1 and 'user "joe"' in told[0] and FRESH not in told[0]
    assert len([each for each in server.requests if each.method == "POST"]) == 1


# which plugins may run


@pytest.mark.parametrize(
    ("preferences", "problem"),
    [
        ("credentialPluginPolicy: DenyAll", 'not allowed: policy set to "DenyAll"'),
        ("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: other}]", "is not permitted by"),
        ("credentialPluginPolicy: Allowlist", "allowlist is unspecified"),
        ("credentialPluginPolicy: [", "no valid preferences found"),
    ],
)
def test_a_plugin_that_the_user_forbids_is_not_run(
    plugin: ExecPlugin, tmp_path: Path, preferences: str, problem: str
) -> None:
    kuberc = tmp_path / "kuberc"
    kuberc.write_text(f"apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n{preferences}\n")
    with pytest.raises(ConfigError, match=problem):
        run_plugin(plugin, {**os.environ, "KUBERC": str(kuberc)})
    assert run_plugin(plugin, {**os.environ, "KUBERC": "off"})


def test_the_environment_of_the_program_is_left_alone(plugin: ExecPlugin) -> None:
    run_plugin(plugin)
    assert "KUBERNETES_EXEC_INFO" not in os.environ
