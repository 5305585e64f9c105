"""What the API server says when it refuses: a ``v1.Status`` as an error, and as the sentence that kubectl prints."""

from __future__ import annotations

import msgspec

from kubectl_ds.cluster.exchange import Reply
from kubectl_ds.errors import ApiError, Forbidden, NotFound, Unauthorized
from kubectl_ds.model.value import Value


class _Cause(Value, frozen=True):
    field: str = ""
    message: str = ""


class _Details(Value, frozen=True):
    kind: str = ""
    name: str = ""
    causes: tuple[_Cause, ...] | None = None


class _Status(Value, frozen=True):
    kind: str = ""
    status: str = ""
    message: str = ""
    reason: str = ""
    details: _Details | None = None
    code: int = 0


_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Gone",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}
"""Upstream ``apierrors.NewGenericServerResponse`` (apimachinery v0.37), for answers that are no Status."""
_MESSAGES = {
    401: "the server has asked for the client to provide credentials",
    403: "the request is forbidden",
    404: "the server could not find the requested resource",
    503: "the server is currently unable to handle the request",
}


def failure(reply: Reply) -> ApiError:
    """The error that an answer of 400 and above means."""
    return failure_of(reply.status, reply.body)


def failure_of(code: int, body: bytes) -> ApiError:
    """The error that this HTTP status and body mean; also for the ``ERROR`` events of a watch."""
    status = _decoded(body)
    if status is None or status.kind != "Status":
        message = _MESSAGES.get(code) or _foreign(code, body)
        return _error(code, _REASONS.get(code, ""), message, _Details())
    return _error(status.code or code, status.reason, status.message, status.details or _Details())


def kubectl_sentence(error: ApiError) -> str:
    """The line that kubectl prints (upstream ``checkErr`` and ``StandardErrorMessage``, kubectl v0.37)."""
    if error.reason == "Unauthorized":
        return f"error: You must be logged in to the server ({error.message})"
    if error.reason == "Invalid" and (error.kind or error.name or error.causes):
        subject = (
            f'The {error.kind} "{error.name}" is invalid' if error.kind or error.name else "The request is invalid"
        )
        causes = list(dict.fromkeys(f"{field}: {message}" for field, message in error.causes))
        if not causes:
            return subject
        return f"{subject}: {causes[0]}" if len(causes) == 1 else "\n* ".join([f"{subject}: ", *causes])
    return (
        f"Error from server ({error.reason}): {error.message}"
        if error.reason
        else f"Error from server: {error.message}"
    )


def _error(code: int, reason: str, message: str, details: _Details) -> ApiError:
    family = {401: Unauthorized, 403: Forbidden, 404: NotFound}.get(code, ApiError)
    return family(
        message,
        status=code,
        reason=reason,
        hint=_hint(code),
        causes=tuple((cause.field, cause.message) for cause in details.causes or ()),
        kind=details.kind,
        name=details.name,
    )


def _hint(code: int) -> str:
    if code == 401:
        return "the credentials are missing, wrong or expired: log in again, or look at the user in the kubeconfig"
    if code == 403:
        return "kubectl auth can-i --list shows what you may do"
    return ""


def _decoded(body: bytes) -> _Status | None:
    try:
        return msgspec.json.decode(body, type=_Status)
    except msgspec.DecodeError:
        return None


def _foreign(code: int, body: bytes) -> str:
    """An answer by somebody else on the way: a proxy, a load balancer."""
    text = body[:2000].decode("utf-8", errors="replace")
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    said = f': "{line[:120]}"' if line and not line.startswith("<") else ""
    return f"the answer was HTTP {code}{said}"
