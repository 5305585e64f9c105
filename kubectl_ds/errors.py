"""The family of errors, and the exit codes they end in.

Every failure that a user may meet is a ``DsError``: it says what went wrong, where, and what to do next.
Foreign exceptions are translated at the boundary where they occur and chained, so that ``-v 9`` can show them.

    DsError                  1   something failed
    ├── UsageError           2   the command line cannot be meant so
    ├── ConfigError          1   kubeconfig or credentials
    ├── ConnectionFailed     1   the API server could not be reached, or broke off
    ├── ApiError             1   the API server answered with a Status that is a failure
    │   ├── NotFound         1
    │   ├── Forbidden        1
    │   └── Unauthorized     1
    ├── CaptureError         1   a capture or List that cannot be read
    └── ManifestError        1   a manifest that cannot be used; carries every finding
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller. Codes 3 to 6 are used only on request (``--exit-code``)."""

    OK = 0
    ERROR = 1
    USAGE = 2
    WRONG = 3
    """Something is wrong: a gap in coverage, a failed rollout, a lint finding, a difference."""
    PROGRESSING = 4
    """Still progressing at the deadline."""
    BLOCKED = 5
    """Nothing that is in the cluster now will cure it."""
    CANNOT_TELL = 6
    """Part of the data was denied or unreadable."""
    INTERRUPTED = 130
    """Ctrl-C, as a shell reports it (128 + SIGINT)."""


class DsError(Exception):
    """Anything that ends a command with a message instead of an answer."""

    exit_code: ExitCode = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str = "", reference: str = "", line: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        """The line that kubectl prints for the same failure; empty where it has no words for it, or unsafe ones."""
        self.hint = hint
        """What to do next: one sentence, or a command that can be pasted."""
        self.reference = reference or type(self).__name__
        """A stable kebab-case name of the failure, for searching."""

    def __str__(self) -> str:
        """The sentence that is printed after ``error:``."""
        return self.message


class UsageError(DsError):
    """The command line cannot be meant as it was written."""

    exit_code = ExitCode.USAGE


class ConfigError(DsError):
    """The kubeconfig, the context or the credentials cannot be used."""


class ConnectionFailed(DsError):
    """The API server could not be reached, or the conversation broke off."""


class ApiError(DsError):
    """The API server answered, and the answer is a failure (a ``v1.Status``)."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        reason: str = "",
        hint: str = "",
        causes: tuple[tuple[str, str], ...] = (),
        kind: str = "",
        name: str = "",
    ) -> None:
        super().__init__(message, hint=hint, reference=reason)
        self.status = status
        """The HTTP status."""
        self.reason = reason
        """``status.reason``, such as ``AlreadyExists``; empty when the body was no Status."""
        self.causes = causes
        """``details.causes`` as (field, message), for errors that name a field of the object."""
        self.kind = kind
        """``details.kind``: the kind, or the resource, of the object that it is about."""
        self.name = name
        """``details.name``: its name."""

    @property
    def may_pass(self) -> bool:
        """Whether the same request may well be answered a little later."""
        return self.status in _MAY_PASS


_MAY_PASS = frozenset({429, 500, 502, 503, 504})
"""Refusals that may be over in a moment."""


class NotFound(ApiError):
    """404: the object, or the whole resource, is not there."""


class Forbidden(ApiError):
    """403: RBAC or admission denies it."""


class Unauthorized(ApiError):
    """401: the credentials are missing, wrong or expired."""


class CaptureError(DsError):
    """A capture, or a plain List, that cannot be read."""


class ManifestError(DsError):
    """A manifest that cannot be used."""
