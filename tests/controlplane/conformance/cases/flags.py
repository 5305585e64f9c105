"""Flags against the file: which wins, and what is refused."""

from __future__ import annotations

from ..case import TRUST, Case, config
from .plugins import TOLD, plugin

MANY = config(
    clusters=[
        {"name": "k", "cluster": TRUST},
        {"name": "plain", "cluster": {"server": "$PLAIN"}},
        {"name": "prefixed", "cluster": TRUST | {"server": "$TLS/k8s/clusters/c-1"}},
    ],
    users=[{"name": "u", "user": {"token": "one"}}, {"name": "two", "user": {"token": "two", "as": "sam"}}],
    contexts=[
        {"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "own"}},
        {"name": "d", "context": {"cluster": "prefixed", "user": "two"}},
    ],
)
ACTING = config(
    {
        "token": "x",
        "as": "sam",
        "as-uid": "7",
        "as-groups": ["g", "h"],
        "as-user-extra": {"why": ["because", "therefore"], "Who/é": ["me"]},
    }
)

CASES = (
    Case("--context", MANY, ("--context=d",)),
    Case("--context as two words", MANY, ("--context", "d")),
    Case("--context that does not exist", MANY, ("--context=zzz",), refused=True),
    Case("--cluster", MANY, ("--cluster=prefixed",)),
    Case("--cluster that does not exist", MANY, ("--cluster=zzz",), refused=True),
    Case("--user", MANY, ("--user=two",)),
    Case("--user that does not exist", MANY, ("--user=zzz",), refused=True),
    Case("--user that does not exist, with a token", MANY, ("--user=zzz", "--token=x"), refused=True),
    Case("--context, --cluster and --user at once", MANY, ("--context=d", "--cluster=k", "--user=u")),
    Case(
        "flags that are empty mean nothing",
        MANY,
        ("--context=", "--cluster=", "--user=", "--server=", "--token=", "--as=", "--namespace=", "--kubeconfig="),
    ),
    Case("a flag given twice: the last counts", MANY, ("--context=zzz", "--context=d")),
    *(
        Case(f"{flag}=zzz with a namespace", MANY, (f"{flag}=zzz", "-n", "x"), refused=True)
        for flag in ("--context", "--cluster", "--user", "--client-certificate", "--certificate-authority")
    ),
    Case(
        "a fault beside a context that does not exist",
        MANY,
        ("--context=zzz", "--certificate-authority=absent"),
        refused=True,
    ),
    Case(
        "a fault in the flags where no cluster is named",
        MANY | {"current-context": ""},
        ("--certificate-authority=absent",),
        refused=True,
    ),
    # the namespace
    Case("the namespace of the context", MANY),
    Case("-n beats it", MANY, ("-n", "given")),
    Case("--namespace", MANY, ("--namespace=given",)),
    Case("no namespace anywhere is default", MANY, ("--context=d",)),
    Case("-A", MANY, ("-A",)),
    Case("-A beats -n", MANY, ("-A", "-n", "given")),
    Case("the namespace of the context stays with another cluster", MANY, ("--cluster=prefixed",)),
    Case("a namespace that needs encoding", MANY, ("-n", "a bé")),
    Case("a namespace with a slash", MANY, ("-n", "a/b"), difference="namespace-names", sends="we"),
    Case("a namespace with a percent sign", MANY, ("-n", "a%b"), difference="namespace-names", sends="we"),
    Case("POD_NAMESPACE counts in a pod only", MANY, ("--context=d",), {"POD_NAMESPACE": "p"}),
    # tokens
    Case("--token beats the token of the file", config(), ("--token=given",)),
    Case(
        "--token does not beat basic authentication",
        config({"username": "joe", "password": "pw"}),
        ("--token=given",),
        refused=True,
    ),
    Case(
        "--token beside a client certificate: both are shown",
        config({"client-certificate": "$CERTS/client.crt", "client-key": "$CERTS/client.key"}),
        ("--token=given",),
    ),
    Case("--username and --password", config({}), ("--username=joe", "--password=pw")),
    Case("--username alone", config({}), ("--username=joe",)),
    Case(
        "--password alone",
        config({}),
        ("--password=pw",),
        difference="no-credentials",
        sends="neither",
        ours='no credentials for user "u"',
    ),
    Case(
        "a password without a name beside a client certificate",
        config({"client-certificate": "$CERTS/client.crt", "client-key": "$CERTS/client.key"}),
        ("--password=pw",),
    ),
    Case(
        "a password without a name beside a token file",
        config({"tokenFile": "token"}),
        ("--password=pw",),
        files={"token": "x"},
    ),
    Case(
        "a password without a name beside a plugin",
        config(plugin()),
        ("--password=pw",),
        files=TOLD,
    ),
    Case("--username beside a token", config(), ("--username=joe", "--password=pw"), refused=True),
    Case("a password with a colon", config({"username": "joe", "password": "a:b é"})),
    # impersonation
    Case("--as", config(), ("--as=joe",)),
    Case(
        "--as with groups, uid and extra",
        config(),
        ("--as=joe", "--as-group=a", "--as-group=b", "--as-uid=5", "--as-user-extra=k=1", "--as-user-extra=k=2"),
    ),
    Case("--as keeps the rest of the file's impersonation", ACTING, ("--as=joe",)),
    Case("impersonation from the file", ACTING),
    Case("--as-group replaces the file's groups", ACTING, ("--as-group=x",)),
    Case("--as-user-extra replaces the file's by key", ACTING, ("--as-user-extra=why=x", "--as-user-extra=more=y")),
    Case("--as-uid replaces the file's", ACTING, ("--as-uid=9",)),
    Case("groups with a comma are one group", config(), ("--as=joe", "--as-group=a,b")),
    Case("an extra with an equals sign", config(), ("--as=joe", "--as-user-extra=k=a=b")),
    Case("an extra with odd letters in its key", config(), ("--as=joe", "--as-user-extra=Scopes/a%b c=x")),
    Case("an extra with an empty value", config(), ("--as=joe", "--as-user-extra=k=")),
    Case(
        "a malformed extra",
        config(),
        ("--as=joe", "--as-user-extra=abc"),
        difference="malformed-extra",
        sends="kubectl",
        ours='"abc" is no KEY=VALUE',
    ),
    Case("a user of other letters", config(), ("--as=jörg",)),
    Case("a service account", config(), ("--as=system:serviceaccount:a:b",)),
    Case("--as-uid without --as", config(), ("--as-uid=5",), refused=True),
    Case("--as-group without --as", config(), ("--as-group=g",), refused=True),
    Case("--as-user-extra without --as", config(), ("--as-user-extra=k=v",), refused=True),
    Case("groups of the file without a user", config({"token": "x", "as-groups": ["g"]}), refused=True),
    Case(
        "a line break in a user",
        config(),
        ("--as=jo\ne",),
        difference="header-words",
        sends="neither",
        ours="line break",
    ),
    # what else a flag may be
    Case("--disable-compression", config(), ("--disable-compression",)),
    Case(
        "--disable-compression=false", config(cluster={"disable-compression": True}), ("--disable-compression=false",)
    ),
    Case("compression switched off by the file", config(cluster={"disable-compression": True})),
    Case("--cache-dir", config(), ("--cache-dir=$FOLDER/cache",)),
    Case(
        "a flag that does not exist",
        config(),
        ("--colour=red",),
        difference="usage-words",
        sends="neither",
        ours="--colour",
    ),
    Case(
        "a flag without its value",
        config(),
        ("--context",),
        difference="usage-words",
        sends="neither",
        ours="--context",
    ),
    Case(
        "a switch with a value that is none",
        config(),
        ("--insecure-skip-tls-verify=maybe",),
        difference="usage-words",
        sends="neither",
        ours='invalid argument "maybe"',
    ),
    # --request-timeout
    *(
        Case(f"--request-timeout={text}", config(), (f"--request-timeout={text}",))
        for text in (
            "0",
            "0s",
            "50",
            "30s",
            "1m30s",
            "1.5h",
            "25000ms",
            "30000000us",
            "30000000µs",
            "+50s",
            "0h0m50s",
            "1m0s",
        )
    ),
    *(
        Case(f"--request-timeout={text} is none", config(), (f"--request-timeout={text}",), refused=True)
        for text in ("5x", "five", "1m 30s", " 5", "-5", "5s5", "s", "1d")
    ),
    Case("an empty --request-timeout", config(), ("--request-timeout=",)),
    Case(
        "a negative --request-timeout",
        config(),
        ("--request-timeout=-1s",),
        difference="negative-timeout",
        sends="kubectl",
        ours="Invalid timeout value",
    ),
)
