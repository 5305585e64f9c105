"""What ``-v 6`` and more tell of the conversation, in the form of kubectl's log; credentials are masked.

Mirrors ``debuggingRoundTripper`` (k8s.io/client-go/transport v0.37) and klog's header. Bodies are never shown.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from kubectl_ds.cluster.exchange import Pairs

_NAMED = ("bearer", "basic", "negotiate")
"""Kinds of credentials whose name may be seen."""


class Log:
    """Where the conversation is told, and how much of it."""

    def __init__(self, verbosity: int, say: Callable[[str], None]) -> None:
        """``say`` writes a line."""
        self.verbosity = verbosity
        self._say = say

    def warn(self, text: str) -> None:
        """Say what the user should know at any verbosity."""
        self._say(f"Warning: {text}")

    def loaded(self, path: str) -> None:
        """A kubeconfig was read."""
        if self.verbosity >= 6:
            self._write(f"Config loaded from file:  {path}")

    def request(self, method: str, url: str, headers: Pairs) -> None:
        """A request goes out."""
        if self.verbosity >= 9:
            shown = " ".join(f'-H "{key}: {masked(key, value)}"' for key, value in headers)
            self._write(f"\"Request\" curlCommand=<\n\tcurl -v -X{method}  {shown} '{url}'\n >")
        elif self.verbosity >= 7:
            self._write(f'"Request" verb="{method}" url="{url}" headers={_block(headers)}')

    def response(self, method: str, url: str, status: str, headers: Iterable[tuple[str, str]], seconds: float) -> None:
        """The head of its answer has come; an empty ``status`` when none did."""
        if self.verbosity < 6:
            return
        subject = "" if self.verbosity in (7, 8) else f' verb="{method}" url="{url}"'
        shown = f" headers={_block(headers)}" if self.verbosity >= 8 else ""
        self._write(f'"Response"{subject} status="{status}"{shown} milliseconds={seconds * 1000:.0f}')

    def _write(self, text: str) -> None:
        now = time.time()
        clock = f"{time.strftime('%m%d %H:%M:%S', time.localtime(now))}.{int(now % 1 * 1e6):06d}"
        self._say(f"I{clock} {os.getpid():7d} transport.py:1] {text}")


def masked(key: str, value: str) -> str:
    """A header's value as a log may show it (upstream ``maskValue``); cookies and proxies' passwords, too."""
    if key.lower() not in ("authorization", "proxy-authorization", "cookie", "set-cookie"):
        return value
    scheme, _, secret = value.partition(" ")
    if scheme.lower() not in _NAMED:
        return "<masked>" if value else ""
    return f"{scheme} <masked>" if secret else scheme


def _block(headers: Iterable[tuple[str, str]]) -> str:
    """Headers as klog shows a text of several lines."""
    lines = sorted(f"\t{key}: {masked(key, value)}\n" for key, value in headers)
    return f"<\n{''.join(lines)} >"
