"""The address of an API server, as it is written in a kubeconfig or after ``-s``, made into a URL."""

from __future__ import annotations

from urllib.parse import SplitResult, quote, unquote, urlsplit

from kubectl_ds.errors import ConfigError

_IN_PATHS = "/$&+,:;=@"
"""What Go's ``url.URL.String`` leaves as it is in a path, beside letters, digits and ``-_.~``."""


def server_url(server: str, cluster: str) -> str:
    """``scheme://host:port/prefix`` without query and trailing slash; http where no scheme is given.

    Mirrors ``DefaultServerURL`` (k8s.io/client-go/rest v0.37). A name and a password in it are left out.

    Raises:
        ConfigError: it is no address.
    """
    parts = _split(server.replace("#", "%23"))
    shown = without_password(server)
    if parts is None or not parts.scheme or not parts.netloc:
        parts = _split(f"http://{server}")
        if parts is not None and parts.path not in ("", "/"):
            message = f'host must be a URL or a host:port pair: "{shown}"'
            raise ConfigError(
                message,
                line=f"error: {message}",
                hint="it must look like https://host:6443",
                reference="invalid-server",
            )
    if parts is None or not parts.netloc or parts.scheme not in ("http", "https"):
        raise ConfigError(
            f'the server "{shown}" of cluster "{cluster}" is no URL' if cluster else f'the server "{shown}" is no URL',
            hint="it must look like https://host:6443",
            reference="invalid-server",
        )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{_cleaned(parts.path)}"


def without_password(url: str) -> str:
    """A URL as it may be shown: what stands before an ``@`` is a name and a password."""
    before, at, after = url.rpartition("@")
    scheme, slashes, _ = before.partition("//") if "//" in before else ("", "", "")
    return f"{scheme}{slashes}<masked>@{after}" if at else url


def _split(address: str) -> SplitResult | None:
    if any(character <= " " for character in address):
        return None
    try:
        parts = urlsplit(address)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def _cleaned(path: str) -> str:
    """Go's ``path.Join`` on what the escapes mean, escaped again."""
    import posixpath

    cleaned = posixpath.normpath(f"/{unquote(path)}").lstrip("/")
    return f"/{quote(cleaned, safe=_IN_PATHS)}" if cleaned else ""
