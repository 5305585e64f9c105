"""Whom we believe and what we show: from ``Tls`` values to an ``ssl`` context, never weaker than it was asked for."""

from __future__ import annotations

import os
import ssl

from kubectl_ds.cluster.connection import Pem, Tls
from kubectl_ds.errors import ConfigError


def make_context(tls: Tls, plugin_certificate: tuple[Pem, Pem] | None = None) -> ssl.SSLContext:
    """A client's context, as Go would have it: TLS 1.2 and newer, names from the SAN alone, any trusted certificate
    a root of its own, so that an intermediate or the server's own certificate may stand in the kubeconfig.

    Raises:
        ConfigError: a certificate or key cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.hostname_checks_common_name = False
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.authority:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        _trust(context, tls.authority)
    else:
        context.load_default_certs()
    if tls.certificate:
        _show(context, tls.certificate, tls.key)
    elif plugin_certificate is not None:
        _show_plugins(context, *plugin_certificate)
    return context


def _trust(context: ssl.SSLContext, authority: Pem) -> None:
    try:
        if authority.data:
            context.load_verify_locations(cadata=authority.data.decode("ascii", errors="replace"))
        else:
            context.load_verify_locations(cafile=authority.path)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the certificate authority {authority.path or 'in the kubeconfig'} is not a PEM certificate",
            hint="it must begin with -----BEGIN CERTIFICATE-----",
            reference="invalid-certificate",
        ) from error


def _show(context: ssl.SSLContext, certificate: Pem, key: Pem) -> None:
    try:
        if certificate.path and key.path:
            context.load_cert_chain(certificate.path, key.path, password=_no_password)
            return
        _load_inline(context, _content(certificate), _content(key))
    except (OSError, ValueError) as error:
        # no cause chained: a traceback of it could hold the key's path only, but its text is OpenSSL's riddle
        raise ConfigError(
            f"the client certificate {certificate.path or 'in the kubeconfig'} and its key cannot be used: "
            f"{_reason(error)}",
            hint="both must be PEM, the key not encrypted, and they must belong together",
            reference="invalid-certificate",
        ) from None


def _show_plugins(context: ssl.SSLContext, certificate: Pem, key: Pem) -> None:
    try:
        _load_inline(context, certificate.data, key.data)
    except (OSError, ValueError) as error:
        message = f"getting credentials: failed parsing client key/certificate: {_reason(error)}"
        raise ConfigError(
            message,
            line=f"Unable to connect to the server: {message}",
            hint="the credential plugin must hand out both as PEM, the key not encrypted",
            reference="credential-plugin",
        ) from None


def _load_inline(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """OpenSSL reads files only: a private one, gone again at once."""
    folder = os.environ.get("XDG_RUNTIME_DIR") or os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp"
    path = os.path.join(folder, f".kubectl-ds-{os.getpid()}-{os.urandom(8).hex()}")  # noqa: PTH118
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(certificate.rstrip() + b"\n" + key)
        context.load_cert_chain(path, password=_no_password)
    finally:
        os.unlink(path)  # noqa: PTH108


def _content(pem: Pem) -> bytes:
    if pem.data:
        return pem.data
    with open(pem.path, "rb") as file:  # noqa: PTH123
        return file.read()


def _no_password() -> bytes:
    """OpenSSL would ask the terminal for one."""
    return b""


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").replace("_", " ").lower()
    return getattr(error, "strerror", None) or "not PEM"
