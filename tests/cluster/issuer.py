"""An OpenID Connect issuer on loopback, and the tokens that it hands out."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .server import Arrived, reply


def id_token(expires: float, **claims: Any) -> str:
    """An unsigned JSON web token."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, {"exp": expires, **claims}))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "signature"])


FRESH = id_token(4102444800)
"""Lasts until 2100."""
STALE = id_token(1)


def issue(arrived: Arrived, scheme: str = "http") -> bytes:
    """Answer as an issuer; words in the path make it a broken one. ``scheme`` is that of its token endpoint."""
    path = urlsplit(arrived.target).path
    base = path.partition("/.well-known")[0].partition("/token")[0]
    if path.endswith("/.well-known/openid-configuration"):
        if "nowhere" in base:
            return reply(200, b"{}")
        if "absent" in base:
            return reply(404, b"no such page")
        return reply(200, json.dumps({"token_endpoint": f"{scheme}://{arrived.header('Host')}{base}/token"}).encode())
    form = {key: values[0] for key, values in parse_qs(arrived.body.decode()).items()}
    secret = "params" in base and not form.get("client_secret")
    if form.get("refresh_token") != "again" or form.get("grant_type") != "refresh_token" or secret:
        return reply(400, b'{"error": "invalid_grant"}')
    if "silent" in base:
        return reply(200, b'{"access_token": "x", "token_type": "Bearer"}')
    answer = {"access_token": "x", "token_type": "Bearer", "id_token": FRESH, "refresh_token": "rotated"}
    return reply(200, json.dumps(answer).encode())
