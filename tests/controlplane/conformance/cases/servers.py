"""Where a request goes: URLs in all their forms, and what answers that is no API server."""

from __future__ import annotations

from ..case import Case, config

CASES = (
    *(
        Case(f"-s {text}", None, ("-s", text))
        for text in (
            "$PLAIN",
            "$HOSTPORT",
            "$PLAIN/",
            "localhost:$PORT",
            "HTTP://localhost:$PORT",
            ":$PORT",
            "$PLAIN/a/prefix",
            "$PLAIN/a/prefix/",
            "$PLAIN//a//prefix",
            "$PLAIN/a%20b",
            "$PLAIN/é",
            "$PLAIN/a/../b",
            "$PLAIN/prefix?query=1",
            "$PLAIN/prefix#fragment",
        )
    ),
    Case("-s with a query and no path", None, ("-s", "$PLAIN?query=1")),
    Case("a prefix without a scheme", None, ("-s", "$HOSTPORT/prefix"), refused=True),
    Case(
        "-s beats the server of the file, and clears its tls-server-name",
        config(cluster={"server": "https://$DEAD", "tls-server-name": "elsewhere.example"}),
        ("-s", "$TLS"),
    ),
    Case(
        "-s with --tls-server-name",
        config(cluster={"tls-server-name": "wrong.example"}),
        ("-s", "$TLS", "--tls-server-name=api.example"),
    ),
    Case("a server with a path prefix", config(cluster={"server": "$TLS/k8s/clusters/c-1"})),
    Case("a server with a slash at its end", config(cluster={"server": "$TLS/"})),
    Case("a server of capital letters", config(cluster={"server": "HTTPS://LOCALHOST:$TLSPORT"})),
    Case("a server by its name", config(cluster={"server": "https://localhost:$TLSPORT"})),
    Case("a server of IPv6", config(cluster={"server": "$V6"})),
    Case("a server without a scheme is spoken to in clear", config(cluster={"server": "$HOSTPORT"})),
    Case("in clear nothing but impersonation is sent", config({"token": "x", "as": "joe"}, {"server": "$PLAIN"})),
    Case(
        "in clear no plugin is run",
        config(
            {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "$FOLDER/absent"}},
            {"server": "$PLAIN"},
        ),
    ),
    Case("in clear no certificate is looked at", config({}, {"server": "$PLAIN"})),
    Case(
        "a name and a password in the URL",
        config(cluster={"server": "http://joe:pw@$HOSTPORT"}),
        difference="url-credentials",
        sends="both",
    ),
    Case(
        "a scheme that is not spoken",
        config(cluster={"server": "ftp://$HOSTPORT"}),
        difference="server-words",
        sends="neither",
        ours='the server "ftp://',
    ),
    Case("a port that is none", config(cluster={"server": "https://127.0.0.1:port"}), refused=True),
    Case(
        "a port beyond all ports",
        config(cluster={"server": "https://127.0.0.1:99999"}),
        difference="server-words",
        sends="neither",
        ours='host must be a URL or a host:port pair: "https://127.0.0.1:99999"',
    ),
    Case("a URL without a host", config(cluster={"server": "https://"}), refused=True),
    Case("nobody listens", config(cluster={"server": "https://$DEAD"}), refused=True),
    Case("nobody listens in clear", None, ("-s", "http://$DEAD"), refused=True),
    Case(
        "a name that nobody knows",
        config(cluster={"server": "https://nobody.invalid"}),
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: ",
    ),
    Case(
        "TLS to a server that speaks in clear",
        config(cluster={"server": "https://$HOSTPORT"}),
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: ",
    ),
    Case(
        "401",
        config({"token": "stale"}),
        refused=False,
        difference="discovery",
        sends="we",
        ours="error: You must be logged in to the server (Unauthorized)",
    ),
    Case("403", config(cluster={"server": "$TLS/forbidden/"})),
    Case("a redirect on the same server", config(cluster={"server": "$TLS/moved/x"})),
    Case(
        "a redirect in clear to another port",
        config(cluster={"server": "$TLS/away/x"}),
        difference="redirects",
        sends="we",
        ours="which is not followed",
    ),
)
