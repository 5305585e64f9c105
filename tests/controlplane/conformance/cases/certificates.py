"""Whom to believe, and which certificate is shown."""

from __future__ import annotations

from ..case import Case, config

PAIR = {"client-certificate": "$CERTS/client.crt", "client-key": "$CERTS/client.key"}
INLINE = {"client-certificate-data": "$CLIENT64", "client-key-data": "$KEY64"}
INLINE_TRUST = {"certificate-authority": None, "certificate-authority-data": "$AUTHORITY64"}
NOBODY = {"certificate-authority": None}
STRANGER = "$CERTS/stranger.crt"
GARBAGE = "bm8gY2VydGlmaWNhdGU="

CASES = (
    Case("an authority in a file"),
    Case("an authority inline", config(cluster=INLINE_TRUST)),
    Case(
        "an authority both inline and in a file",
        config(cluster={"certificate-authority-data": "$AUTHORITY64"}),
        refused=True,
    ),
    Case(
        "--certificate-authority beats both",
        config(cluster={**INLINE_TRUST}),
        ("--certificate-authority=$CERTS/authority.crt",),
    ),
    Case(
        "--certificate-authority is relative to where we are",
        config(cluster=NOBODY),
        ("--certificate-authority=ca.crt",),
        files={"ca.crt": "stranger"},
        difference="pem-words",
        sends="neither",
        ours="the certificate authority ca.crt is not a PEM certificate",
    ),
    Case("--certificate-authority that names no file", config(), ("--certificate-authority=absent.crt",), refused=True),
    Case("an authority whose file is missing", config(cluster={"certificate-authority": "absent.crt"}), refused=True),
    Case(
        "an authority that is no certificate",
        config(cluster={**NOBODY, "certificate-authority-data": GARBAGE}),
        difference="pem-words",
        sends="neither",
        ours="the certificate authority in the kubeconfig is not a PEM",
    ),
    Case("an authority that is unknown", config(cluster={"certificate-authority": STRANGER}), refused=True),
    Case(
        "no authority: the system's are believed",
        config(cluster=NOBODY),
        environ={"SSL_CERT_FILE": "$CERTS/authority.crt"},
    ),
    Case("no authority, and the system does not know it", config(cluster=NOBODY), refused=True),
    Case("insecure-skip-tls-verify", config(cluster={**NOBODY, "insecure-skip-tls-verify": True})),
    Case(
        "insecure-skip-tls-verify with an authority", config(cluster={"insecure-skip-tls-verify": True}), refused=True
    ),
    Case(
        "insecure-skip-tls-verify with an inline authority",
        config(cluster={**INLINE_TRUST, "insecure-skip-tls-verify": True}),
        refused=True,
    ),
    Case("--insecure-skip-tls-verify drops the authority", config(), ("--insecure-skip-tls-verify",)),
    Case("--insecure-skip-tls-verify=true", config(cluster=INLINE_TRUST), ("--insecure-skip-tls-verify=true",)),
    Case(
        "--insecure-skip-tls-verify=false does not beat the file",
        config(cluster={**NOBODY, "insecure-skip-tls-verify": True}),
        ("--insecure-skip-tls-verify=false",),
    ),
    Case(
        "--insecure-skip-tls-verify with --certificate-authority",
        config(),
        ("--insecure-skip-tls-verify", "--certificate-authority=$CERTS/authority.crt"),
        refused=True,
    ),
    Case(
        "--certificate-authority ends the file's insecurity",
        config(cluster={**NOBODY, "insecure-skip-tls-verify": True}),
        (f"--certificate-authority={STRANGER}",),
        refused=True,
    ),
    Case(
        "insecurity forgives a wrong name and an end long past",
        config(cluster={**NOBODY, "server": "$EXPIRED", "insecure-skip-tls-verify": True}),
    ),
    Case(
        "an expired certificate",
        config(cluster={"server": "$EXPIRED"}),
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: tls: failed to verify certificate: x509: certificate has expired",
    ),
    Case(
        "a certificate for another name",
        config(cluster={"server": "$ELSEWHERE"}),
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: tls: failed to verify certificate: x509: certificate",
    ),
    Case("tls-server-name", config(cluster={"server": "$ELSEWHERE", "tls-server-name": "elsewhere.example"})),
    Case("--tls-server-name", config(cluster={"server": "$ELSEWHERE"}), ("--tls-server-name=elsewhere.example",)),
    Case(
        "--tls-server-name beats the file's",
        config(cluster={"tls-server-name": "wrong.example"}),
        ("--tls-server-name=api.example",),
    ),
    Case(
        "a tls-server-name that is not the server's",
        config(cluster={"tls-server-name": "wrong.example"}),
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: tls: failed to verify",
    ),
    Case(
        "tls-server-name with insecurity",
        config(cluster={**NOBODY, "insecure-skip-tls-verify": True, "tls-server-name": "any.example"}),
    ),
    # client certificates
    Case("a client certificate in files", config(PAIR)),
    Case("a client certificate inline", config(INLINE)),
    Case(
        "a certificate inline and its key in a file",
        config({"client-certificate-data": "$CLIENT64", "client-key": "$CERTS/client.key"}),
    ),
    Case(
        "a certificate in a file and its key inline",
        config({"client-certificate": "$CERTS/client.crt", "client-key-data": "$KEY64"}),
    ),
    Case("a client certificate where one is demanded", config(PAIR, {"server": "$STRICT"})),
    Case(
        "no client certificate where one is demanded",
        config(cluster={"server": "$STRICT"}),
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: ",
    ),
    Case("a client certificate beside a token", config({**PAIR, "token": "x"})),
    Case("a client certificate beside a password", config({**INLINE, "username": "joe", "password": "pw"})),
    Case("a client certificate both inline and in a file", config({**PAIR, **INLINE}), refused=True),
    Case("a key both inline and in a file", config({**PAIR, "client-key-data": "$KEY64"}), refused=True),
    Case("a client certificate without its key", config({"client-certificate": "$CERTS/client.crt"}), refused=True),
    Case("a client certificate whose file is missing", config({**PAIR, "client-certificate": "absent"}), refused=True),
    Case("a key whose file is missing", config({**PAIR, "client-key": "absent"}), refused=True),
    Case(
        "both files missing: every fault is told", config({"client-certificate": "a", "client-key": "b"}), refused=True
    ),
    Case(
        "a client certificate that is none",
        config({**INLINE, "client-certificate-data": GARBAGE}),
        difference="pem-words",
        sends="neither",
        ours="the client certificate in the kubeconfig and its key cannot",
    ),
    Case(
        "a key of somebody else",
        config({**PAIR, "client-key": "$CERTS/server.key"}),
        difference="pem-words",
        sends="neither",
        ours="client.crt and its key cannot be used: key values mismatch",
    ),
    Case(
        "--client-certificate and --client-key",
        config({}),
        ("--client-certificate=$CERTS/client.crt", "--client-key=$CERTS/client.key"),
    ),
    Case(
        "--client-certificate and --client-key beat inline ones",
        config({**INLINE, "client-key-data": GARBAGE}),
        ("--client-certificate=$CERTS/client.crt", "--client-key=$CERTS/client.key"),
    ),
    Case(
        "--client-certificate with the file's key",
        config({"client-key-data": "$KEY64"}),
        ("--client-certificate=$CERTS/client.crt",),
    ),
    Case("--client-certificate without a key", config({}), ("--client-certificate=$CERTS/client.crt",), refused=True),
    Case(
        "--client-certificate that names no file",
        config({}),
        ("--client-certificate=absent", "--client-key=$CERTS/client.key"),
        refused=True,
    ),
    Case(
        "several problems at once are all told",
        config(
            {"client-certificate": "absent", "token": "x", "username": "joe", "as-uid": "5"},
            {"certificate-authority-data": "$AUTHORITY64"},
        ),
        refused=True,
    ),
)
