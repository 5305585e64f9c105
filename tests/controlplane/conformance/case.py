"""A case: files, flags and an environment, given to kubectl and to us alike.

Words that begin with ``$`` stand for what is known only at run time: ``$FOLDER`` (where the case's files are), ``$TLS``
and ``$PLAIN`` (the URLs of the API servers), and the others that ``World.words`` lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]

TOKEN: Object = {"token": "s3cret"}
TRUST: Object = {"server": "$TLS", "certificate-authority": "$CERTS/authority.crt"}


def config(
    user: Object | None = None, cluster: Object | None = None, context: Object | None = None, **top: Any
) -> Object:
    """A kubeconfig of one context ``c`` with the cluster ``k`` and the user ``u``; what is given is added."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [{"name": "k", "cluster": {**TRUST, **(cluster or {})}}],
        "users": [{"name": "u", "user": TOKEN if user is None else user}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", **(context or {})}}],
        **top,
    }


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    kubeconfig: Object | str | bytes | None = field(default_factory=config)
    """As a document, or as the very text; it is written to ``$FOLDER/config``, which ``KUBECONFIG`` names."""
    arguments: tuple[str, ...] = ()
    """After ``get ds``."""
    environ: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Object | str | bytes] = field(default_factory=dict)
    """Further files, by their path in ``$FOLDER``; what begins with ``#!`` can be run."""
    refused: bool = False
    """Whether no request arrives, neither from kubectl nor from us."""
    difference: str = ""
    """The row of ``tests/differences.py`` that says why we do not do or say the same."""
    ours: str = ""
    """With a difference: what we say, in part; empty when we say nothing."""
    sends: str = ""
    """With a difference: ``both``, ``kubectl``, ``we`` or ``neither``: whose request arrives."""
