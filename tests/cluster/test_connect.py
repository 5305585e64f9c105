"""From kubeconfig files and flags to one connection: kubectl's rules, case by case."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ds.cluster.connect import connect, context_names
from kubectl_ds.cluster.connection import Connection, ConnectionOptions
from kubectl_ds.cluster.timeouts import duration_text, parse_timeout
from kubectl_ds.errors import ConfigError

from .server import AUTHORITY, CERTIFICATES

Write = Callable[..., Path]
B64 = base64.b64encode(b"PEM").decode()
PLUGIN = {"apiVersion": "client.authentication.k8s.io/v1", "command": "x", "interactiveMode": "Never"}


def config(
    cluster: dict[str, Any] | None = None,
    user: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
    name: str = "c",
) -> dict[str, Any]:
    """A kubeconfig with one entry of each; its context, cluster and user are c, k and u."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": "k", "user": "u", **(context or {})}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://api.example:6443", **(cluster or {})}}],
        "users": [{"name": "u", "user": {"token": "s3cret"} if user is None else user}],
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a kubeconfig and returns its path."""

    def written(data: Any, name: str = "config") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
        return path

    return written


def connected(path: Path, **flags: Any) -> Connection:
    return connect(ConnectionOptions(kubeconfig=str(path), **flags), {}, account="/nonexistent")


def refused(path: Path, **flags: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        connected(path, **flags)
    assert "s3cret" not in f"{caught.value!r} {caught.value.hint} {caught.value.__cause__}"
    assert caught.value.message.count("\n") == 0
    return caught.value


# which files


def test_the_plain_case(write: Write) -> None:
    found = connected(write(config(context={"namespace": "logging"})))
    assert (found.server, found.context, found.namespace) == ("https://api.example:6443", "c", "logging")
    assert found.identity.token == "s3cret"
    assert "s3cret" not in repr(found)


def test_whole_entries_of_the_first_file_win(write: Write, tmp_path: Path) -> None:
    first = config(cluster={"server": "https://first"}, user={"token": "first"})
    second = config(cluster={"server": "https://second", "tls-server-name": "x"}, name="other")
    second["users"].append({"name": "more", "user": {"token": "more"}})
    listed = f"{tmp_path}/absent:{write(first, 'a')}::{write(second, 'b')}:{write(first, 'a')}"
    found = connect(ConnectionOptions(), {"KUBECONFIG": listed})
    assert (found.server, found.tls.server_name, found.context) == ("https://first", "", "c")
    other = connect(ConnectionOptions(context="other", user="more"), {"KUBECONFIG": listed})
    assert (other.server, other.identity.token) == ("https://first", "more")
    assert context_names("", {"KUBECONFIG": listed}) == ["c", "other"]


def test_the_file_in_the_home_folder_is_the_last_resort(write: Write) -> None:
    path = write(config(), ".kube/config")
    assert connect(ConnectionOptions(), {"HOME": str(path.parent.parent)}).context == "c"


def test_paths_are_relative_to_their_own_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("sub/ca.crt", "sub/me.crt", "sub/me.key"):
        (tmp_path / name).touch()
    (tmp_path / "token").write_text("x")
    user = {"client-certificate": "me.crt", "client-key": "./me.key", "tokenFile": "../token"}
    found = connected(write(config({"certificate-authority": "ca.crt"}, user), "sub/config"))
    assert found.tls.authority.path == str(tmp_path / "sub/ca.crt")
    assert found.tls.certificate.path == str(tmp_path / "sub/me.crt")
    assert found.identity.token_file == str(tmp_path / "token")


@pytest.mark.parametrize(("command", "relative"), [("./helper", True), ("helper", False), ("/bin/helper", False)])
def test_a_plugins_path_is_relative_to_the_file_only_when_it_is_a_path(
    write: Write, tmp_path: Path, command: str, relative: bool
) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": command}
    found = connected(write(config(user={"exec": plugin}))).identity.plugin
    assert found is not None
    assert found.command == (f"{tmp_path}/helper" if relative else command)


def test_json_and_a_byte_order_mark_are_fine(write: Write) -> None:
    assert connected(write("\ufeff" + json.dumps(config()))).context == "c"


def test_nulls_count_as_absent(write: Write) -> None:
    data = config(cluster={"certificate-authority": None}, user={"token": "x", "exec": None})
    data["users"].append(None)
    assert connected(write({**data, "preferences": {}, "extensions": None})).identity.token == "x"


# nothing to go by


def test_no_kubeconfig_at_all_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        connect(ConnectionOptions(), {"HOME": str(tmp_path)})
    assert caught.value.message == f"no kubeconfig found: looked at {tmp_path}/.kube/config"
    assert caught.value.hint == "give --kubeconfig or set KUBECONFIG"


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent").message == f"stat {tmp_path}/absent: no such file or directory"
    assert "is a directory" in refused(tmp_path).message


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"context": "zzz"}, "context was not found for specified context: zzz"),
        ({"context": "zzz", "namespace": "n"}, 'context "zzz" does not exist'),
        ({"cluster": "zzz"}, 'no server found for cluster "zzz"'),
        ({"cluster": "zzz", "namespace": "n"}, 'cluster "zzz" does not exist'),
        ({"user": "zzz"}, 'auth info "zzz" does not exist'),
        ({"user": "zzz", "token": "x", "namespace": "n"}, 'auth info "zzz" does not exist'),
    ],
)
def test_entries_that_are_not_there(write: Write, flags: dict[str, str], message: str) -> None:
    error = refused(write(config()), **flags)
    assert error.message == message
    assert error.line.endswith(f": {message}")


def test_a_current_context_that_is_not_there(write: Write) -> None:
    error = refused(write({**config(), "current-context": "zzz"}))
    assert error.line == "Error in configuration: context was not found for specified context: zzz"


def test_no_context_chosen(write: Write) -> None:
    error = refused(write({**config(), "current-context": ""}))
    assert "no context is chosen" in error.message
    assert "there are these contexts: c; choose one with --context" in error.hint


def test_a_context_whose_cluster_or_user_is_missing(write: Write) -> None:
    assert 'cluster "gone"' in refused(write(config(context={"cluster": "gone"}))).message
    assert 'user "gone"' in refused(write(config(context={"user": "gone"}))).message
    assert connected(write(config(context={"user": "gone"})), token="given").identity.token == "given"


def test_no_credentials_over_https_is_an_error_and_over_http_is_not(write: Write) -> None:
    assert 'no credentials for user "u"' in refused(write(config(user={}))).message
    assert connected(write(config({"server": "http://localhost:8001"}, {}))).server == "http://localhost:8001"


# broken files


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("apiVersion: v1\nclusters:\n- name: [\n", "line 4"),
        ("a: b: c", "line 1, column 5"),
        ("users: 5", "$.users"),
        ("users: [{name: u, user: {token: 5}}]", "$.users[0].user.token"),
        ("clusters: [{name: k}, {name: k}]", 'two cluster entries have the name "k"'),
        ("just text", "Expected `object`, got `str`"),
    ],
)
def test_an_invalid_kubeconfig_says_where(write: Write, text: str, where: str) -> None:
    error = refused(write(text))
    assert where in error.message
    assert error.line.startswith('error: error loading config file "')


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"\xff\xfe\x00s3cret")
    assert "not UTF-8" in refused(path).message


# contradictions, in kubectl's words


@pytest.mark.parametrize(
    ("cluster", "user", "message"),
    [
        (
            {"certificate-authority-data": B64, "certificate-authority": str(AUTHORITY)},
            None,
            "certificate-authority-data and certificate-authority are both specified for k. "
            "certificate-authority-data will override.",
        ),
        (
            {"certificate-authority": "/absent"},
            None,
            "unable to read certificate-authority /absent for k due to open /absent: no such file",
        ),
        (
            {"certificate-authority-data": B64, "insecure-skip-tls-verify": True},
            None,
            "specifying a root certificates file with the insecure flag is not allowed",
        ),
        ({"server": ""}, None, 'no server found for cluster "k"'),
        (
            {},
            {"client-certificate-data": B64, "client-certificate": str(AUTHORITY), "client-key-data": B64},
            "client-cert-data and client-cert are both specified for u. client-cert-data will override.",
        ),
        (
            {},
            {"client-certificate-data": B64, "client-key-data": B64, "client-key": str(AUTHORITY)},
            "client-key-data and client-key are both specified for u; client-key-data will override",
        ),
        (
            {},
            {"client-certificate-data": B64},
            "client-key-data or client-key must be specified for u to use the clientCert authentication method.",
        ),
        (
            {},
            {"token": "s3cret", "username": "joe", "password": "s3cret"},
            "more than one authentication method found for u; found [token basicAuth], only one is allowed",
        ),
        ({}, {"token": "x", "as-uid": "5"}, "requesting uid, groups or user-extra for u without impersonating a user"),
        (
            {},
            {"exec": PLUGIN | {"command": ""}},
            "command must be specified for u to use exec",
        ),
        (
            {},
            {"exec": PLUGIN | {"apiVersion": ""}},
            "apiVersion must be specified for u to use exec authentication plugin",
        ),
        ({}, {"exec": PLUGIN | {"apiVersion": "v9"}}, 'exec plugin: invalid apiVersion "v9"'),
        (
            {},
            {"exec": PLUGIN | {"interactiveMode": ""}},
            "interactiveMode must be specified for u to use exec authentication plugin",
        ),
        (
            {},
            {"exec": PLUGIN | {"interactiveMode": "Maybe"}},
            'invalid interactiveMode for u: "Maybe"',
        ),
        ({}, {"auth-provider": {"name": "mine"}}, 'no Auth Provider found for name "mine"'),
        ({}, {"auth-provider": {"name": "oidc"}}, "Must provide idp-issuer-url"),
        ({"certificate-authority-data": "%%"}, None, 'certificate-authority-data of cluster "k" is not base64'),
        ({"proxy-url": "ftp://x"}, None, 'unsupported scheme "ftp", must be http, https, or socks5'),
        ({"server": "ftp://x"}, None, 'the server "ftp://x" of cluster "k" is no URL'),
        ({"server": "https://"}, None, 'host must be a URL or a host:port pair: "https://"'),
        ({"server": "https://x:99999"}, None, "host must be a URL or a host:port pair"),
    ],
)
def test_contradictions_are_refused(
    write: Write, cluster: dict[str, Any], user: dict[str, Any] | None, message: str
) -> None:
    assert message in refused(write(config(cluster, user))).message


# flags


def test_a_flag_replaces_the_field_of_the_entry(write: Write) -> None:
    path = write(config({"tls-server-name": "old", "certificate-authority-data": B64}, context={"namespace": "a"}))
    found = connected(path, namespace="b", token="new", server="https://other/prefix/", request_timeout="1m30s")
    assert (found.namespace, found.identity.token, found.server) == ("b", "new", "https://other/prefix")
    assert found.tls.server_name == "", "--server clears the entry's tls-server-name"
    assert found.tls.authority.data == b"PEM"
    assert found.timeout == 90.0


def test_certificate_flags_replace_inline_data(write: Write) -> None:
    user = {"client-certificate-data": B64, "client-key-data": B64}
    flags = {"client_certificate": str(CERTIFICATES / "client.crt"), "client_key": str(CERTIFICATES / "client.key")}
    found = connected(write(config(user=user)), certificate_authority=str(AUTHORITY), **flags)
    assert (found.tls.certificate.data, found.tls.certificate.path) == (b"", flags["client_certificate"])
    assert (found.tls.authority.data, found.tls.authority.path) == (b"", str(AUTHORITY))


def test_insecure_clears_the_authority_and_only_true_overrides(write: Write) -> None:
    found = connected(write(config({"certificate-authority-data": B64})), insecure_skip_tls_verify=True)
    assert found.tls.insecure and not found.tls.authority
    assert connected(write(config({"insecure-skip-tls-verify": True}))).tls.insecure


def test_a_token_does_not_override_basic_authentication(write: Write) -> None:
    path = write(config(user={"username": "joe", "password": "s3cret"}))
    assert "found [token basicAuth]" in refused(path, token="x").message


def test_as_keeps_the_groups_of_the_kubeconfig(write: Write) -> None:
    user = {"token": "x", "as": "sam", "as-groups": ["g"], "as-user-extra": {"why": ["because"]}}
    found = connected(write(config(user=user)), as_user="joe", as_user_extra=("scopes/a%b=1", "scopes/a%b=2"))
    assert found.impersonation == (
        ("Impersonate-User", "joe"),
        ("Impersonate-Group", "g"),
        ("Impersonate-Extra-scopes%2Fa%25b", "1"),
        ("Impersonate-Extra-scopes%2Fa%25b", "2"),
        ("Impersonate-Extra-why", "because"),
    )


def test_a_group_with_a_comma_is_one_group(write: Write) -> None:
    found = connected(write(config()), as_user="joe", as_group=("a,b", "c"), as_uid="7")
    assert found.impersonation[1:] == (
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a,b"),
        ("Impersonate-Group", "c"),
    )


def test_a_malformed_extra_is_refused(write: Write) -> None:
    assert refused(write(config()), as_user="joe", as_user_extra=("abc",)).message == '"abc" is no KEY=VALUE'


def test_a_plugin_counts_only_when_nothing_else_says_who_we_are(write: Write) -> None:
    plugin = {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "helper"}}
    assert connected(write(config(user=plugin))).identity.plugin is not None
    for more in ({"token": "x"}, {"username": "x"}, {"client-certificate-data": B64, "client-key-data": B64}):
        assert connected(write(config(user=plugin | more))).identity.plugin is None


def test_a_plugin_may_be_told_about_the_cluster(write: Write) -> None:
    plugin = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "helper",
            "interactiveMode": "Never",
            "provideClusterInfo": True,
        }
    }
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
    found = connected(write(config({"certificate-authority": str(AUTHORITY), "extensions": [extension]}, plugin)))
    assert found.identity.plugin is not None
    assert json.loads(found.identity.plugin.cluster_info) == {
        "server": "https://api.example:6443",
        "certificate-authority-data": base64.b64encode(AUTHORITY.read_bytes()).decode(),
        "config": {"audience": "x"},
    }


def test_a_missing_token_file_beside_a_token_is_worth_a_warning(write: Write) -> None:
    found = connected(write(config(user={"token": "x", "tokenFile": "absent"})))
    assert len(found.warnings) == 1 and "absent is not there" in found.warnings[0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("0", None), ("0s", None), ("5", 5.0), ("1m30s", 90.0), ("250ms", 0.25), ("1.5h", 5400)],
)
def test_timeouts(text: str, seconds: float | None) -> None:
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (5, "5s"), (90, "1m30s"), (5400, "1h30m0s"), (0.25, "250ms"), (0.0001, "100µs"), (1.5, "1.5s")],
)
def test_how_go_writes_a_timeout(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize("text", ["5x", "-1s", "s", "1m 30s", "five"])
def test_what_is_no_timeout(text: str) -> None:
    with pytest.raises(ConfigError, match="Invalid timeout value"):
        parse_timeout(text)


# in a pod


@pytest.fixture
def account(tmp_path: Path) -> str:
    folder = tmp_path / "account"
    folder.mkdir()
    (folder / "token").write_text("pod-token")
    (folder / "namespace").write_text("own\n")
    (folder / "ca.crt").write_bytes(AUTHORITY.read_bytes())
    return str(folder)


POD = {"HOME": "/nonexistent", "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}


def test_without_a_kubeconfig_a_pod_uses_its_service_account(account: str) -> None:
    found = connect(ConnectionOptions(as_user="joe"), POD, account)
    assert (found.server, found.namespace) == ("https://[fd00::1]:443", "own")
    assert found.identity.token_file == f"{account}/token"
    assert found.tls.authority.path == f"{account}/ca.crt"
    assert found.impersonation == (("Impersonate-User", "joe"),)


def test_flags_and_a_kubeconfig_win_over_the_service_account(account: str, write: Write) -> None:
    found = connect(ConnectionOptions(token="x", namespace="n"), POD | {"POD_NAMESPACE": "p"}, account)
    assert (found.identity.token, found.identity.token_file, found.namespace) == ("x", "", "n")
    path = write(config())
    assert connect(ConnectionOptions(), POD | {"KUBECONFIG": str(path)}, account).context == "c"
