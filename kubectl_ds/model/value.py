"""The base of every value that is decoded from, or written as, Kubernetes JSON."""

from __future__ import annotations

import msgspec

_INITIALISMS = {"ip": "IP", "ips": "IPs", "pid": "PID", "ipc": "IPC", "id": "ID", "pdb": "PDB"}


def json_name(python_name: str) -> str:
    """``host_ip`` → ``hostIP``: lowerCamelCase with Kubernetes' own spelling of initialisms after the first word."""
    first, *rest = python_name.rstrip("_").split("_")
    return first + "".join(_INITIALISMS.get(word, word.capitalize()) for word in rest)


class Value(msgspec.Struct, frozen=True, kw_only=True, rename=json_name, gc=False):
    """An immutable value whose fields are the JSON fields of the same name; unknown JSON fields are passed over.

    ``gc=False`` because values never form cycles: it keeps the collector away from hundreds of thousands of them.
    """
