"""How names and other texts must be written; each function returns what is wrong, nothing when all is well.

Ports of apimachinery v0.37.2, ``pkg/util/validation`` and ``pkg/api/validate/content``, without the regular expressions
in the messages, which help nobody at night. Lengths are in bytes, as in Go.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

Details = list[str]

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\Z")
_LABEL_1035 = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\Z")
_SUBDOMAIN_UNDERSCORE = re.compile(r"[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?(?:\.[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?)*\Z")
_QUALIFIED = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z")
_KEY = re.compile(r"[-._a-zA-Z0-9]+\Z")
_HEADER = re.compile(r"[-A-Za-z0-9]+\Z")
_PERCENT = re.compile(r"[0-9]+%\Z")
_LABEL_WORDS = "must consist of lower case alphanumeric characters"
_QUALIFIED_WORDS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)


def length(text: str) -> int:
    """Bytes, as Go counts."""
    return len(text.encode("utf-8", "surrogatepass"))


def _longer(text: str, limit: int) -> Details:
    return [f"must be no more than {limit} bytes"] if length(text) > limit else []


def dns_label(text: str) -> Details:
    """``IsDNS1123Label``."""
    words = f"a lowercase RFC 1123 label {_LABEL_WORDS} or '-', and must start and end with an alphanumeric character"
    return _longer(text, 63) + ([] if _LABEL.match(text) else [words])


def dns_label_1035(text: str) -> Details:
    """``IsDNS1035Label``."""
    words = (
        f"a DNS-1035 label {_LABEL_WORDS} or '-', start with an alphabetic character, and end with an alphanumeric "
        "character"
    )
    return _longer(text, 63) + ([] if _LABEL_1035.match(text) else [words])


def dns_subdomain(text: str) -> Details:
    """``IsDNS1123Subdomain``."""
    words = (
        f"a lowercase RFC 1123 subdomain {_LABEL_WORDS}, '-' or '.', and must start and end with an alphanumeric "
        "character"
    )
    return _longer(text, 253) + ([] if _SUBDOMAIN.match(text) else [words])


def dns_subdomain_with_underscore(text: str) -> Details:
    """``IsDNS1123SubdomainWithUnderscore``."""
    words = f"a lowercase RFC 1123 subdomain {_LABEL_WORDS}, '_', '-' or '.'"
    return _longer(text, 253) + ([] if _SUBDOMAIN_UNDERSCORE.match(text) else [words])


def path_segment(text: str) -> Details:
    """``IsValidPathSegmentName``: names of RBAC objects."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{each}'" for each in ("/", "%") if each in text]


def label_key(text: str) -> Details:
    """``IsLabelKey``, also called a qualified name."""
    parts = text.split("/")
    if len(parts) > 2:
        return [f"a valid label key {_QUALIFIED_WORDS} with an optional DNS subdomain prefix and '/'"]
    found: Details = []
    if len(parts) == 2:
        details = dns_subdomain(parts[0]) if parts[0] else ["must be non-empty"]
        found += [f"prefix part {each}" for each in details]
    name = parts[-1]
    if not name:
        found.append("name part must be non-empty")
    elif length(name) > 63:
        found.append("name part must be no more than 63 bytes")
    if name and not _QUALIFIED.match(name):
        found.append(f"name part {_QUALIFIED_WORDS}")
    return found


def label_value(text: str) -> Details:
    """``IsLabelValue``."""
    words = (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        "and end with an alphanumeric character"
    )
    return _longer(text, 63) + ([] if not text or _QUALIFIED.match(text) else [words])


def port_number(number: int) -> Details:
    """``IsValidPortNum``."""
    return [] if 1 <= number <= 65535 else ["must be between 1 and 65535, inclusive"]


def port_name(text: str) -> Details:
    """``IsValidPortName``."""
    return list(_port_name(text))


def _port_name(text: str) -> Iterator[str]:
    if length(text) > 15:
        yield "must be no more than 15 characters"
    if not re.match(r"[-a-z0-9]+\Z", text):
        yield "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not re.search(r"[a-z]", text):
        yield "must contain at least one letter (a-z)"
    if "--" in text:
        yield "must not contain consecutive hyphens"
    if text.startswith("-") or text.endswith("-"):
        yield "must not begin or end with a hyphen"


def env_name(text: str) -> Details:
    """``IsRelaxedEnvVarName``."""
    if all(" " <= each <= "~" and each != "=" for each in text):
        return []
    return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]


def config_key(text: str) -> Details:
    """``IsConfigMapKey``."""
    found = _longer(text, 253)
    if not _KEY.match(text):
        found.append("a valid config key must consist of alphanumeric characters, '-', '_' or '.'")
    if text in (".", ".."):
        found.append(f"must not be '{text}'")
    elif text.startswith(".."):
        found.append("must not start with '..'")
    return found


def header_name(text: str) -> Details:
    """``IsHTTPHeaderName``."""
    return [] if _HEADER.match(text) else ["a valid HTTP header must consist of alphanumeric characters or '-'"]


def percent(text: str) -> Details:
    """``IsValidPercent``."""
    if _PERCENT.match(text):
        return []
    return ["a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%')"]


def ip_address(text: str) -> Details:
    """``IsValidIPForLegacyField``, which lets leading zeros pass."""
    plain = re.sub(r"(?<![0-9a-fA-F:])0+(?=\d)", "", text) if "." in text and ":" not in text else text
    try:
        if "%" in plain:
            raise ValueError(plain)
        ipaddress.ip_address(plain)
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    return []


def user_id(number: int) -> Details:
    """``IsValidUserID`` and ``IsValidGroupID``."""
    return [] if 0 <= number <= 2**31 - 1 else ["must be between 0 and 2147483647, inclusive"]


def local_path(text: str) -> Details:
    """``validateLocalDescendingPath``: relative, and never upwards."""
    found = ["must be a relative path"] if text.startswith("/") else []
    return found + no_backsteps(text)


def reserved_path(text: str) -> Details:
    """``ValidateLocalNonReservedPath``."""
    found = local_path(text)
    if text.startswith("..") and not text.startswith("../"):
        found.append("must not start with '..'")
    return found


def no_backsteps(text: str) -> Details:
    """``validatePathNoBacksteps``."""
    return ["must not contain '..'"] if ".." in text.split("/") else []


def generated(prefix: str) -> str:
    """What stands for a generated name while it is checked (``maskTrailingDash``)."""
    return f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix
