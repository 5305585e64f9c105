"""A manifest from the internet: no credentials go out, TLS is verified, and nothing leads from https back to http."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from kubectl_ds import __version__
from kubectl_ds.cluster.inputs import InputError

_ATTEMPTS = 3
"""As kubectl: after a broken conversation, and after 5xx."""
_PAUSE = 1.0
_TIMEOUT = 30.0
"""Seconds without a byte."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects are followed as kubectl follows them, but for the way from https to http."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise InputError(
                f'the URL "{req.full_url}" redirects to {newurl}, which is not encrypted',
                hint="download it yourself if you trust it, and give the file",
                reference="unsafe-redirect",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(url: str, limit: int, sleep: Callable[[float], None] = time.sleep) -> bytes:
    """The first ``limit`` bytes of what the URL holds.

    Mirrors ``readHttpWithRetries`` (k8s.io/cli-runtime v0.37.2).

    Raises:
        InputError: it cannot be had; says what the server or the network answered.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _once(url, limit)
        except urllib.error.HTTPError as error:
            with error:
                if error.code < 500 or attempt == _ATTEMPTS:
                    raise InputError(
                        f'unable to read URL "{url}", server reported {error.code} {error.reason}, '
                        f"status code={error.code}",
                        hint="open it in a browser: is the address right, and is it the raw file?",
                        reference="url-unreadable",
                    ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if attempt == _ATTEMPTS or isinstance(error, ValueError):
                raise InputError(
                    f'unable to read URL "{url}": {_reason(error)}',
                    hint="is the address right, and does the way out need HTTPS_PROXY?",
                    reference="url-unreadable",
                ) from error
        sleep(_PAUSE)
    raise AssertionError("the last attempt returns or raises")


def _once(url: str, limit: int) -> bytes:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(url, headers={"User-Agent": f"kubectl-ds/{__version__}"})
    with opener.open(request, timeout=_TIMEOUT) as response:
        content: bytes = response.read(limit)
        return content


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", error)
    return str(getattr(cause, "strerror", None) or cause) or type(error).__name__
