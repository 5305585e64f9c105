"""Proxies: from the file, from the flag, from the environment, and those that are passed by."""

from __future__ import annotations

from typing import Any

from ..case import Case, Object, config

FAR = {"server": "https://api.example:6443"}
ENV = {"HTTPS_PROXY": "http://$PROXY"}


def through(url: str, **more: Any) -> Object:
    """A kubeconfig with this proxy-url."""
    return config(cluster={**FAR, "proxy-url": url, **more})


CASES = (
    Case("proxy-url", through("http://$PROXY")),
    Case("proxy-url with a name and a password", through("http://joe:p%40w@$PROXY")),
    Case("proxy-url with a name alone", through("http://joe@$PROXY")),
    Case("proxy-url with a slash at its end", through("http://$PROXY/")),
    Case("proxy-url counts for loopback, too", config(cluster={"proxy-url": "http://$PROXY"})),
    Case("proxy-url is not passed by for NO_PROXY", through("http://$PROXY"), environ={"NO_PROXY": "*"}),
    Case("--proxy-url", config(cluster=FAR), ("--proxy-url=http://$PROXY",)),
    Case("--proxy-url beats the file's", through("http://$DEAD"), ("--proxy-url=http://$PROXY",)),
    Case(
        "a proxy for a server in clear",
        config(cluster={"server": "http://api.example", "proxy-url": "http://$HOSTPORT"}),
    ),
    Case(
        "a proxy with a password for a server in clear",
        config(cluster={"server": "http://api.example/p", "proxy-url": "http://joe:pw@$HOSTPORT"}),
    ),
    Case("a proxy of SOCKS5", through("socks5://$SOCKS")),
    Case(
        "a proxy of SOCKS5 to an address",
        through("socks5://$SOCKS", server="https://10.1.2.3:6443", **{"tls-server-name": "api.example"}),
    ),
    Case(
        "a proxy of SOCKS5 to an address of IPv6",
        through("socks5://$SOCKS", server="https://[fd00::1]:6443", **{"tls-server-name": "api.example"}),
    ),
    Case("a proxy of SOCKS5 with a password", through("socks5://joe:s3same@$LOCKEDSOCKS")),
    Case(
        "a proxy of SOCKS5 with a wrong password",
        through("socks5://joe:wrong@$LOCKEDSOCKS"),
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: ",
    ),
    Case(
        "a proxy to speak TLS with", through("https://$SECUREPROXY"), environ={"SSL_CERT_FILE": "$CERTS/authority.crt"}
    ),
    Case("a proxy of another kind", through("ftp://$PROXY"), refused=True),
    Case(
        "a proxy of another kind with a password",
        through("ftp://joe:pw@$PROXY"),
        difference="proxy-password",
        sends="neither",
        ours='"ftp://<masked>@127.0.0.1:$TUNNEL" for cluster "k": unsupported scheme',
    ),
    Case("a proxy without a scheme", through("$PROXY"), refused=True),
    Case("a proxy that is no URL", through("http://[::1"), refused=True),
    Case(
        "a proxy that is not there",
        through("http://$DEAD"),
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: the proxy 127.0.0.1:$DEADPORT refused the connection",
    ),
    Case(
        "a plugin is told of the proxy",
        config(
            {
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1beta1",
                    "command": "$FOLDER/plugin",
                    "provideClusterInfo": True,
                }
            },
            {**FAR, "proxy-url": "http://$PROXY"},
        ),
        files={
            "plugin": "#!/bin/sh\ntoken=$(printf %s \"$KUBERNETES_EXEC_INFO\" | od -An -v -tx1 | tr -d ' \\n')\n"
            'printf \'{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", '
            '"status": {"token": "%s"}}\' $token\n'
        },
    ),
    # the environment
    Case("HTTPS_PROXY", config(cluster=FAR), environ=ENV),
    Case("https_proxy", config(cluster=FAR), environ={"https_proxy": "http://$PROXY"}),
    Case("HTTPS_PROXY without a scheme", config(cluster=FAR), environ={"HTTPS_PROXY": "$PROXY"}),
    Case("HTTPS_PROXY of SOCKS5", config(cluster=FAR), environ={"HTTPS_PROXY": "socks5://$SOCKS"}),
    Case("HTTPS_PROXY beats https_proxy", config(cluster=FAR), environ={**ENV, "https_proxy": "http://$DEAD"}),
    Case("HTTP_PROXY is not for https", config(cluster={"server": "$TLS"}), environ={"HTTP_PROXY": "http://$DEAD"}),
    Case(
        "HTTP_PROXY for a server in clear",
        config(cluster={"server": "http://api.example"}),
        environ={"HTTP_PROXY": "http://$HOSTPORT"},
    ),
    Case("ALL_PROXY means nothing", config(cluster={"server": "$TLS"}), environ={"ALL_PROXY": "http://$DEAD"}),
    Case("loopback is never proxied by the environment", config(), environ={"HTTPS_PROXY": "http://$DEAD"}),
    Case(
        "localhost is never proxied by the environment",
        config(cluster={"server": "https://localhost:$TLSPORT"}),
        environ={"HTTPS_PROXY": "http://$DEAD"},
    ),
    Case("NO_PROXY for another host", config(cluster=FAR), environ={**ENV, "NO_PROXY": "other.example,10.0.0.0/8"}),
    Case("NO_PROXY for another port", config(cluster=FAR), environ={**ENV, "NO_PROXY": "api.example:443"}),
    Case("NO_PROXY for what lies below", config(cluster=FAR), environ={**ENV, "NO_PROXY": ".api.example"}),
    Case("an empty NO_PROXY", config(cluster=FAR), environ={**ENV, "NO_PROXY": ""}),
    *(
        Case(
            f"NO_PROXY={rule} leads past the proxy",
            config(cluster={"server": "https://api.invalid:6443"}),
            environ={**ENV, "NO_PROXY": rule},
            difference="network-words",
            sends="neither",
            ours="Unable to connect to the server: ",
        )
        for rule in ("*", "api.invalid", "invalid", ".invalid", "*.invalid", "other, api.invalid:6443", "API.Invalid")
    ),
    Case(
        "HTTPS_PROXY that is none",
        config(cluster=FAR),
        environ={"HTTPS_PROXY": "http://["},
        difference="network-words",
        sends="neither",
        ours="Unable to connect to the server: the proxy ",
    ),
)
