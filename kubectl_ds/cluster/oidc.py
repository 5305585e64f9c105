"""The auth-provider ``oidc``: the id-token of the kubeconfig while it lasts, then a new one from its issuer.

Mirrors ``oidcAuthProvider`` (k8s.io/client-go/plugin/pkg/client/auth/oidc v0.37), but keeps the new token in memory: a
kubeconfig is never written. The issuer's certificate is always checked.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from kubectl_ds.cluster.connection import Connection, Pem, Tls
from kubectl_ds.cluster.exchange import JSON, Pairs, Request, Response
from kubectl_ds.cluster.server_url import without_password
from kubectl_ds.errors import ConfigError, ConnectionFailed, DsError

_EARLY = 10.0
"""Seconds before its end at which a token counts as expired (upstream ``expiryDelta``)."""
_PATIENCE = 30.0
"""Seconds for one answer of the issuer."""
_NO_ID_TOKEN = (
    'token response did not contain an id_token, either the scope "openid" wasn\'t requested upon login, or the '
    "provider doesn't support id_tokens as part of the refresh response"
)


def check_provider(config: Mapping[str, str]) -> None:
    """What upstream ``newOIDCAuthProvider`` refuses before anything is sent.

    Raises:
        ConfigError: a field is missing or is not what it should be.
    """
    for field in ("idp-issuer-url", "client-id"):
        if not config.get(field):
            raise _wrong(f"Must provide {field}")
    _authority(config)


def oidc_token(config: Mapping[str, str], now: Callable[[], float] = time.time) -> tuple[str, bool]:
    """The id-token, and whether it is a new one.

    Raises:
        ConfigError: there is none, and none can be had.
    """
    token = config.get("id-token", "")
    if token and _lasts(token, now()):
        return token, False
    if not config.get("refresh-token"):
        raise failed("No valid id-token, and cannot refresh without refresh-token")
    return _refreshed(config), True


def failed(problem: str) -> ConfigError:
    """No token can be had."""
    return ConfigError(
        problem,
        line=f"Unable to connect to the server: {problem}",
        hint="log in again with the program that wrote the user into the kubeconfig, or use the exec plugin kubelogin",
        reference="expired-credentials",
    )


def _lasts(token: str, now: float) -> bool:
    parts = token.split(".")
    if len(parts) != 3:
        raise failed("ID Token is not a valid JWT")
    try:
        claims = msgspec.json.decode(base64.b64decode(f"{parts[1]}{'=' * (-len(parts[1]) % 4)}", b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise failed("ID Token is not a valid JWT: its second part is not base64 of JSON") from None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    return isinstance(expiry, (int, float)) and now + _EARLY < expiry


def _refreshed(config: Mapping[str, str]) -> str:
    endpoint = _token_endpoint(config)
    form = {"grant_type": "refresh_token", "refresh_token": config["refresh-token"]}
    identity, secret = config["client-id"], config.get("client-secret", "")
    basic = base64.b64encode(f"{quote_plus(identity)}:{quote_plus(secret)}".encode()).decode()
    in_form = form | {"client_id": identity} | ({"client_secret": secret} if secret else {})
    answer: tuple[int, Any] = (0, None)
    for fields, headers in ((form, (("Authorization", f"Basic {basic}"),)), (in_form, ())):  # oauth2's AutoDetect
        answer = _ask(config, "POST", endpoint, headers, urlencode(fields).encode())
        if answer[0] < 300:
            break
    status, body = answer
    fields_of = body if isinstance(body, dict) else {}
    if status >= 300 or fields_of.get("error"):
        raise failed(f"failed to refresh token: oauth2: {_quoted(fields_of.get('error') or f'HTTP {status}')}")
    token = fields_of.get("id_token")
    if not isinstance(token, str):
        raise failed(_NO_ID_TOKEN)
    return token


def _token_endpoint(config: Mapping[str, str]) -> str:
    page = f"{config['idp-issuer-url'].removesuffix('/')}/.well-known/openid-configuration"
    status, body = _ask(config, "GET", page)
    if status != 200:
        raise failed(f"oidc: failed to query metadata endpoint {status}")
    if not isinstance(body, dict):
        raise failed("oidc: failed to decode provider discovery object: it is no JSON object")
    endpoint = body.get("token_endpoint")
    if not isinstance(endpoint, str) or not endpoint:
        raise failed("oidc: discovery object doesn't contain a token_endpoint")
    if page.startswith("https://") and not endpoint.startswith("https://"):
        raise failed("oidc: the issuer names a token endpoint without TLS, to which no token is sent")
    return endpoint


def _ask(
    config: Mapping[str, str], method: str, url: str, headers: Pairs = (), body: bytes | None = None
) -> tuple[int, Any]:
    """Status and decoded JSON; None where there is none."""
    from kubectl_ds.cluster.transport import HttpTransport

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise failed(f'oidc: "{without_password(url)}" is no URL')
    connection = Connection(
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", tls=Tls(authority=_authority(config))
    )
    typed = (("Content-Type", "application/x-www-form-urlencoded"),) if body is not None else ()
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    transport = HttpTransport(connection)
    try:
        request = Request(method, path, (), (("Accept", JSON), *typed, *headers), body, limit=_PATIENCE)
        with transport.send(request) as response:
            return response.status, _decoded(response)
    except ConnectionFailed as error:
        raise failed(f"the issuer of tokens cannot be asked: {error.message}") from error
    finally:
        transport.close()


def _decoded(response: Response) -> Any:
    try:
        return msgspec.json.decode(response.read())
    except msgspec.DecodeError:
        return None


def _authority(config: Mapping[str, str]) -> Pem:
    try:
        data = base64.b64decode(config.get("idp-certificate-authority-data", ""), validate=True)
    except (binascii.Error, ValueError):
        raise _wrong("idp-certificate-authority-data is not base64") from None
    return Pem(data, config.get("idp-certificate-authority", ""))


def _quoted(text: object) -> str:
    shown = "".join(character for character in str(text)[:80] if character.isprintable())
    return f'"{shown}"'


def _wrong(message: str) -> DsError:
    return ConfigError(
        message,
        line=f"error: {message}",
        hint="look at auth-provider.config of the user in the kubeconfig",
        reference="invalid-configuration",
    )
