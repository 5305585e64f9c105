"""The table, one module for each topic."""

from __future__ import annotations

from ..case import Case
from . import certificates, files, flags, oidc, plugins, proxies, servers, tokens

CASES: tuple[Case, ...] = (
    *files.CASES,
    *flags.CASES,
    *servers.CASES,
    *tokens.CASES,
    *certificates.CASES,
    *plugins.CASES,
    *oidc.CASES,
    *proxies.CASES,
)
