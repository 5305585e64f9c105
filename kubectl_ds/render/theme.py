"""How a screen may look: its width, whether it has colour, whether it can show more than ASCII."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ASCII = str.maketrans({"✗": "x", "…": "~", "–": "-", "→": ">", "×": "x", "✓": "+"})


class Theme(msgspec.Struct, frozen=True):
    """What the reader's terminal can show."""

    width: int | None = None
    """Columns; None when nobody folds, as in a pipe."""
    colour: bool = False
    unicode: bool = True

    def red(self, text: str) -> str:
        """Broken."""
        return self._paint("31", text)

    def yellow(self, text: str) -> str:
        """Passing, or worth knowing."""
        return self._paint("33", text)

    def green(self, text: str) -> str:
        """Explicitly healthy."""
        return self._paint("32", text)

    def bold(self, text: str) -> str:
        """The object in question."""
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        """Evidence behind the verdict."""
        return self._paint("2", text)

    def finish(self, text: str) -> str:
        """The text as this terminal can show it."""
        return text if self.unicode else text.translate(_ASCII).encode("ascii", "backslashreplace").decode()

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def clean(text: str) -> str:
    """Text from the cluster without anything that would steer a terminal: such characters are shown as escapes."""
    if text.isprintable():  # most is, and to ask is ten times faster than to search
        return text
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def clean_all(texts: Sequence[str]) -> Sequence[str]:
    """The same of many texts; they are looked at one by one only where any of them needs it."""
    return texts if "".join(texts).isprintable() else [clean(text) for text in texts]
