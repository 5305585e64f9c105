"""Single values as Go prints them: ``%v``, ``%#v``, ``%q``, JSON, a URL; and what kubectl makes of unsafe characters.

Text cut in the middle of a character is kept as Python's surrogate escapes, so that it can be written as the very
bytes that kubectl writes: encode with ``errors="surrogateescape"``.
"""

from __future__ import annotations

from urllib.parse import quote

_HTML = str.maketrans({each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"})
_TERMINAL = str.maketrans({"\x1b": "^[", "\r": "\\r"})
_QUOTED = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_TO_BLANK = str.maketrans(dict.fromkeys(_SPACES, " "))
_PATH = "$&+,/:;=@"
_HOST = "!\"$&'()*+,:;<=>[]"
"""What stays as it is in these parts of a URL, beside letters, digits and ``-._~`` (``net/url/encoding_table.go``)."""


class Byte(int):
    """One byte of a text, Go's ``uint8``."""


def escape_terminal(text: str) -> str:
    """Escape and carriage return made visible. Mirrors ``printers.EscapeTerminal`` (k8s.io/cli-runtime v0.37)."""
    return text.translate(_TERMINAL)


def text_of(value: object) -> str:
    """A decoded JSON value as ``fmt`` prints it by ``%v``: ``true``, ``[a b]``, ``map[a:1 b:2]``."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{' '.join(text_of(each) for each in value)}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{text_of(value[key])}' for key in sorted(value))}]"
    if isinstance(value, float):
        return _float_text(value)
    return str(value)


def syntax_of(value: object) -> str:
    """A decoded JSON value as ``fmt`` prints it by ``%#v``: ``map[string]interface {}{"a":1}``."""
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(syntax_of, value))}}}"
    if isinstance(value, dict):
        members = ", ".join(f"{quoted(key)}:{syntax_of(value[key])}" for key in sorted(value))
        return f"map[string]interface {{}}{{{members}}}"
    return quoted(value) if isinstance(value, str) else text_of(value)


def type_of(value: object) -> str:
    """The Go type of a decoded JSON value, as ``reflect`` names it."""
    return next(name for known, name in _TYPES if isinstance(value, known))


def json_text(value: object, indent: int | None = None) -> str:
    """Go's ``encoding/json``: keys sorted, and what may mean something to a browser escaped."""
    import json

    separators = None if indent else (",", ":")
    text = json.dumps(value, indent=indent, sort_keys=True, ensure_ascii=False, separators=separators)
    return escape_html(text)


def escape_html(text: str) -> str:
    """JSON with what Go escapes for the sake of browsers: it stands only inside strings, so all can be translated."""
    return text.translate(_HTML)


def quoted(text: str) -> str:
    """``%q``. Mirrors ``strconv.Quote`` (Go 1.26), with Python's idea of what is printable."""
    return f'"{"".join(map(_quoted_character, text))}"'


def cut(text: str, length: int) -> str:
    """The first ``length`` bytes, in the middle of a character too, as Go slices a string."""
    return text.encode(errors="surrogateescape")[:length].decode(errors="surrogateescape")


def trim_space(text: str) -> str:
    """Without white space around it. Mirrors ``strings.TrimSpace`` (Go 1.26), which spares U+001C to U+001F."""
    return text.strip(_SPACES)


def fields(text: str) -> list[str]:
    """The words between white space. Mirrors ``strings.Fields`` (Go 1.26)."""
    return [word for word in text.translate(_TO_BLANK).split(" ") if word]


def is_space(character: str) -> bool:
    """``unicode.IsSpace``."""
    return character in _SPACES


def byte_length(text: str) -> int:
    """``len`` of a Go string."""
    return len(text.encode(errors="surrogateescape"))


def url(scheme: str, host: str, path: str) -> str:
    """A URL from unescaped parts; ``host`` may have a port. Mirrors ``url.URL.String`` (Go 1.26)."""
    escaped_path = "*" if path == "*" else quote(path, safe=_PATH)
    if host and escaped_path and not escaped_path.startswith("/"):
        escaped_path = f"/{escaped_path}"
    start = f"{scheme}:" if scheme else ""
    slashes = "//" if host or (scheme and path) else ""
    if not start and not slashes and ":" in escaped_path.split("/", 1)[0]:
        start = "./"
    return f"{start}{slashes}{quote(host, safe=_HOST)}{escaped_path}"


def host_and_port(host: str, port: str) -> str:
    """``host:port``, with brackets around an IPv6 address. Mirrors ``net.JoinHostPort`` (Go 1.26)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _quoted_character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    if character in _QUOTED:
        return _QUOTED[character]
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _float_text(value: float) -> str:
    """``%v`` of a float64: the fewest digits that tell it, with an exponent below 1e-4 and from 1e6 on."""
    from decimal import Decimal

    if value == 0:
        return "0"
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():e}".partition("e")
    if -4 <= int(exponent) < 6:
        return f"{Decimal(repr(value)).normalize():f}"
    return f"{mantissa}e{exponent[0] if exponent[0] in '+-' else '+'}{exponent.lstrip('+-'):0>2}"


_TYPES: tuple[tuple[type, str], ...] = (
    (type(None), "<nil>"),
    (bool, "bool"),
    (Byte, "uint8"),
    (int, "int64"),
    (float, "float64"),
    (str, "string"),
    (list, "[]interface {}"),
    (dict, "map[string]interface {}"),
)
