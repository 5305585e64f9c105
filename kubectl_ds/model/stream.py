"""A list decoded while it arrives: whole items leave the buffer as soon as they are in it, so that memory stays flat.

Where an item ends is not scanned for but guessed and proved: a comma before the first words of an item may be a border,
and it is one exactly when all that stands before it is a valid JSON array. What no guess cuts off waits for the end and
is decoded there in one go, so that a list of any shape is understood; an odd one only costs memory. It knows nothing
of where the bytes come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import msgspec

from kubectl_ds.model.decode import ListMeta, decode_items, decode_page, is_list_head
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.value import Value

_HEAD_LIMIT = 1 << 20
"""Bytes within which the first item must begin, or the list is decoded at its end."""
_GUESSES = 4
"""Borders that are tried whenever bytes arrive; a wrong guess costs as much as decoding what stands before it."""
_FIRST_ITEM = re.compile(rb'"items"\s*:\s*\[\s*(\{\s*"(?:[^"\\]|\\.)*"\s*:)')
DecodeItems = Callable[[bytes], tuple[Value, ...]]
_BLANK = b" \t\r\n"
_COMMA = ord(",")


class ListDecoder:
    """Takes the bytes of one list, piece by piece; gives its items."""

    def __init__(self, kind: Kind, decode: DecodeItems | None = None) -> None:
        """``decode`` makes values of a JSON array of items, where it is not to be done as ever."""
        self._kind = kind
        self._decode = decode or partial(decode_items, kind)
        self._held = bytearray()
        """What has not been decoded yet: from the beginning of an item on, once the first one has begun."""
        self._envelope = b""
        """What stands before the first item, up to and with the bracket."""
        self._opening = b""
        """The first words of the first item, with which all others are taken to begin."""
        self._tried = 0
        """Up to where no border is left to be guessed."""

    def feed(self, piece: bytes) -> tuple[Value, ...]:
        """The items that have become complete.

        Raises:
            CaptureError: an item cannot be understood; names it and the field.
        """
        self._held += piece
        if not self._opening and not self._begin():
            return ()
        return self._cut()

    def finish(self) -> tuple[tuple[Value, ...], ListMeta]:
        """The items that are left, and where the list stands.

        Raises:
            CaptureError: it was no JSON, or broke off; or an item cannot be understood.
        """
        body = self._envelope + self._held
        self._held = bytearray()
        return decode_page(self._kind, body)

    def _begin(self) -> bool:
        """Find the first item; False while it has not come, and for good when it does not come early."""
        if len(self._held) > 2 * _HEAD_LIMIT:
            return False
        for found in _FIRST_ITEM.finditer(bytes(self._held[:_HEAD_LIMIT])):
            envelope = bytes(self._held[: found.start(1)])
            if is_list_head(envelope):
                self._envelope, self._opening = envelope, found[1]
                del self._held[: found.start(1)]
                return True
        return False

    def _cut(self) -> tuple[Value, ...]:
        """Decode up to the last border in the buffer, and keep what stands behind it."""
        values: tuple[Value, ...] = ()
        held, begin = self._held, len(self._held)
        for _ in range(_GUESSES):
            begin = held.rfind(self._opening, self._tried, begin)
            if begin < 0:
                break
            comma = self._comma_before(begin)
            if comma and (found := self._decoded(comma)) is not None:
                values = found
                del held[:begin]
                break
        self._tried = max(1, len(held) - len(self._opening) + 1)
        return values

    def _comma_before(self, begin: int) -> int:
        """Where the comma is that only blanks separate from ``begin``; 0 when something else stands there."""
        at = begin - 1
        while at > 0 and self._held[at] in _BLANK:
            at -= 1
        return at if self._held[at] == _COMMA else 0

    def _decoded(self, end: int) -> tuple[Value, ...] | None:
        """The values of what stands before ``end``; None when these are no whole items."""
        try:
            return self._decode(b"".join((b"[", memoryview(self._held)[:end], b"]")))
        except msgspec.DecodeError:
            return None
