"""Whom the transport believes, and what it shows of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from kubectl_ds.cluster.connection import Pem, Tls
from kubectl_ds.errors import ConfigError, ConnectionFailed

from .server import CERTIFICATES, Server
from .talk import TRUSTED, read, transport


def test_a_server_with_a_trusted_certificate() -> None:
    with Server(certificate="server") as server, transport(server, tls=TRUSTED) as opened:
        assert read(opened) == b"{}"


@pytest.mark.parametrize(
    ("certificate", "tls", "reference", "words"),
    [
        (
            "server",
            Tls(authority=Pem(path=str(CERTIFICATES / "stranger.crt"))),
            "tls-unknown-authority",
            "unknown auth",
        ),
        ("server", Tls(), "tls-unknown-authority", "unknown authority"),
        ("elsewhere", TRUSTED, "tls-hostname", "another address"),
        ("expired", TRUSTED, "tls-expired", "has expired"),
        ("server", replace(TRUSTED, server_name="wrong.example"), "tls-hostname", "another name"),
    ],
)
def test_a_certificate_that_cannot_be_trusted_says_why(certificate: str, tls: Tls, reference: str, words: str) -> None:
    with (
        Server(certificate=certificate) as server,
        transport(server, tls=tls) as opened,
        pytest.raises(ConnectionFailed) as caught,
    ):
        read(opened)
    assert caught.value.reference == reference
    assert words in caught.value.message
    assert server.requests == []


@pytest.mark.parametrize("name", ["api.example", "localhost"])
def test_tls_server_name_is_what_the_certificate_must_carry(name: str) -> None:
    with Server(certificate="server") as server, transport(server, tls=replace(TRUSTED, server_name=name)) as opened:
        assert read(opened) == b"{}"


def test_insecure_accepts_any_certificate() -> None:
    with Server(certificate="elsewhere") as server, transport(server, tls=Tls(insecure=True)) as opened:
        assert read(opened) == b"{}"


def test_the_servers_own_certificate_may_be_its_authority() -> None:
    own = Tls(authority=Pem(data=(CERTIFICATES / "server.crt").read_bytes()))
    with Server(certificate="server") as server, transport(server, tls=own) as opened:
        assert read(opened) == b"{}"


@pytest.mark.parametrize("inline", [True, False])
def test_a_client_certificate_is_shown(inline: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    files = CERTIFICATES / "client.crt", CERTIFICATES / "client.key"
    certificate, key = (Pem(data=each.read_bytes()) if inline else Pem(path=str(each)) for each in files)
    tls = replace(TRUSTED, certificate=certificate, key=key)
    with Server(certificate="server", ask_certificate=True) as server, transport(server, tls=tls) as opened:
        read(opened)
    assert server.requests[0].certificate == "client"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_wants_a_certificate_and_gets_none() -> None:
    with (
        Server(certificate="server", ask_certificate=True) as server,
        transport(server, tls=TRUSTED) as opened,
        pytest.raises(ConnectionFailed) as caught,
    ):
        read(opened)
    assert caught.value.reference == "tls-refused"


@pytest.mark.parametrize(
    "tls",
    [
        Tls(authority=Pem(data=b"junk")),
        Tls(authority=Pem(path=str(CERTIFICATES / "client.key"))),
        Tls(certificate=Pem(data=b"-----BEGIN CERTIFICATE-----"), key=Pem(data=b"topsecret")),
        Tls(
            certificate=Pem(path=str(CERTIFICATES / "client.crt")),
            key=Pem(path=str(CERTIFICATES / "server.key")),
        ),
    ],
    ids=["no PEM", "a key", "half a certificate", "a key of somebody else"],
)
def test_certificates_that_cannot_be_used_are_refused_before_anything_is_sent(tls: Tls) -> None:
    with transport("https://127.0.0.1:1", tls=tls) as opened, pytest.raises(ConfigError) as caught:
        read(opened)
    assert caught.value.reference == "invalid-certificate"
    assert "topsecret" not in repr(caught.value) + str(caught.value.__cause__)


def test_plain_text_behind_https_is_named() -> None:
    with (
        Server() as server,
        transport(server.url.replace("http:", "https:"), tls=TRUSTED) as opened,
        pytest.raises(ConnectionFailed, match="does not speak TLS with us"),
    ):
        read(opened)
