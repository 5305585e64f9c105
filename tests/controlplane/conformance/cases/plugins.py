"""Credential plugins: when they are run, what they are told, and what is made of their answers."""

from __future__ import annotations

import json
from typing import Any

from ..case import Case, Object, config

V1 = "client.authentication.k8s.io/v1"
V1BETA1 = "client.authentication.k8s.io/v1beta1"
PAIR = '"clientCertificateData": "$CLIENTPEM", "clientKeyData": "$KEYPEM"'
NEVER_RUN = {"plugin": "#!/bin/sh\necho run >> $FOLDER/written\nexit 1\n"}
AUDIENCE = [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x", "n": [1, "<&>"], 5: True}}]


def plugin(api_version: str = V1, command: str = "$FOLDER/plugin", **fields: Any) -> Object:
    """A user with a plugin; a field of None is left out."""
    given = {"apiVersion": api_version, "command": command, "interactiveMode": "Never", **fields}
    return {"exec": {key: value for key, value in given.items() if value is not None}}


def answers(status: str, api_version: str = V1, kind: str = "ExecCredential") -> dict[str, Object | str | bytes]:
    """A plugin that prints a credential with this JSON as its status."""
    text = json.dumps({"apiVersion": api_version, "kind": kind, "status": "@"}).replace('"@"', status)
    return {"plugin": f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n"}


def says(words: str) -> dict[str, Object | str | bytes]:
    """A plugin that hands out the hexadecimal form of what these words of a shell print."""
    return {
        "plugin": f"""#!/bin/sh
token=$({words} | od -An -v -tx1 | tr -d ' \\n')
printf '{{"apiVersion": "%s", "kind": "ExecCredential", "status": {{"token": "%s"}}}}' {V1} "$token"
"""
    }


INFO = says('printf %s "$KUBERNETES_EXEC_INFO"')


def policy(*lines: str) -> dict[str, Object | str | bytes]:
    """The user's preferences, with these lines."""
    head = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n"
    return {"home/.kube/kuberc": head + "".join(f"{line}\n" for line in lines)}


TOLD = answers('{"token": "told"}')
LISTED = ("credentialPluginPolicy: Allowlist", "credentialPluginAllowlist:")

CASES = (
    Case("a plugin's token", config(plugin()), files=TOLD),
    Case("a plugin of v1beta1", config(plugin(V1BETA1)), files=answers('{"token": "told"}', V1BETA1)),
    Case(
        "v1beta1 needs no interactiveMode",
        config(plugin(V1BETA1, interactiveMode=None)),
        files=answers('{"token": "told"}', V1BETA1),
    ),
    Case("interactiveMode IfAvailable", config(plugin(interactiveMode="IfAvailable")), files=INFO),
    Case("a plugin's certificate", config(plugin()), files=answers("{" + PAIR + "}")),
    Case("a plugin's token and certificate", config(plugin()), files=answers('{"token": "told", ' + PAIR + "}")),
    Case(
        "a plugin's certificate where one is demanded",
        config(plugin(), {"server": "$STRICT"}),
        files=answers("{" + PAIR + "}"),
    ),
    Case(
        "a credential that lasts",
        config(plugin()),
        files=answers('{"token": "told", "expirationTimestamp": "2100-01-01T00:00:00Z"}'),
    ),
    Case(
        "a credential that has expired is used once",
        config(plugin()),
        files=answers('{"token": "told", "expirationTimestamp": "2020-01-01T00:00:00Z"}'),
    ),
    Case("a plugin relative to its kubeconfig", config(plugin(command="./plugin")), files=TOLD),
    Case(
        "a plugin in a folder beside its kubeconfig",
        config(plugin(command="bin/plugin")),
        files={"bin/plugin": TOLD["plugin"]},
    ),
    Case(
        "a plugin on the PATH", config(plugin(command="plugin")), environ={"PATH": "$FOLDER:/usr/bin:/bin"}, files=TOLD
    ),
    Case("a plugin's arguments", config(plugin(args=["--for", "a b", "$HOME"])), files=says('printf "<%s>" "$@"')),
    Case(
        "a plugin's variables",
        config(plugin(env=[{"name": "COLOUR", "value": "red"}, {"name": "HOME", "value": "x"}])),
        files=says('printf %s "$COLOUR $HOME"'),
    ),
    Case(
        "a plugin keeps the variables of the user",
        config(plugin()),
        environ={"MINE": "kept"},
        files=says('printf %s "$MINE"'),
    ),
    Case("a plugin runs where we are", config(plugin()), files=says("basename $(pwd) | head -c 11")),
    Case("a plugin is told what is asked of it", config(plugin()), files=INFO),
    Case(
        "a plugin is told of its cluster",
        config(
            plugin(provideClusterInfo=True),
            {"tls-server-name": "api.example", "extensions": AUDIENCE, "disable-compression": True},
        ),
        files=INFO,
    ),
    Case(
        "a plugin is told of an inline authority and a prefix",
        config(
            plugin(provideClusterInfo=True),
            {"certificate-authority": None, "certificate-authority-data": "$AUTHORITY64", "server": "$TLS/a/b/"},
        ),
        files=INFO,
    ),
    Case(
        "a plugin is told of insecurity and of the server of the flag",
        config(plugin(provideClusterInfo=True)),
        ("--insecure-skip-tls-verify", "-s", "$TLS/from/flag"),
        files=INFO,
    ),
    Case("a plugin's standard input is nothing", config(plugin()), files=says("cat; echo nothing more")),
    Case(
        "what a plugin says on stderr is the user's",
        config(plugin()),
        files={"plugin": str(TOLD["plugin"]).replace("cat", "echo please log in >&2\ncat", 1)},
    ),
    # who wins over a plugin
    Case("a token wins over a plugin", config({**plugin(), "token": "x"}), files=NEVER_RUN),
    Case("--token wins over a plugin", config(plugin()), ("--token=x",), files=NEVER_RUN),
    Case(
        "a token file wins over a plugin", config({**plugin(), "tokenFile": "token"}), files={**NEVER_RUN, "token": "x"}
    ),
    Case("a password wins over a plugin", config({**plugin(), "username": "joe", "password": "pw"}), files=NEVER_RUN),
    Case(
        "a client certificate wins over a plugin",
        config({**plugin(), "client-certificate": "$CERTS/client.crt", "client-key": "$CERTS/client.key"}),
        files=NEVER_RUN,
    ),
    # what is refused in the file
    Case("a plugin without a command", config(plugin(command="")), refused=True),
    Case("a plugin without an apiVersion", config(plugin("")), refused=True),
    Case("a plugin of an unknown apiVersion", config(plugin("client.authentication.k8s.io/v7")), refused=True),
    Case("a plugin of v1alpha1", config(plugin("client.authentication.k8s.io/v1alpha1")), refused=True),
    Case("a plugin of v1 without an interactiveMode", config(plugin(interactiveMode=None)), refused=True),
    Case("an interactiveMode that is none", config(plugin(interactiveMode="Sometimes")), refused=True),
    Case("a variable without a name", config(plugin(env=[{"value": "x"}])), refused=True),
    Case("a plugin beside an auth-provider", config({**plugin(), "auth-provider": {"name": "oidc"}}), refused=True),
    Case(
        "everything wrong with a plugin at once",
        config(plugin("", "", interactiveMode=None, env=[{"value": "x"}])),
        refused=True,
    ),
    # what goes wrong with it
    Case("a plugin that wants a terminal", config(plugin(interactiveMode="Always")), files=TOLD, refused=True),
    Case("a plugin that fails", config(plugin()), files={"plugin": "#!/bin/sh\nexit 3\n"}, refused=True),
    Case(
        "a plugin that fails and says why",
        config(plugin()),
        files={"plugin": "#!/bin/sh\necho token has expired >&2\nexit 3\n"},
        difference="plugin-once",
        sends="neither",
        ours="token has expired\nUnable to connect to the server: getting credentials: exec: executable ",
    ),
    Case("a plugin that is not there", config(plugin(command="$FOLDER/absent")), refused=True),
    Case(
        "a plugin that is not there and tells how to get it",
        config(plugin(command="absent", installHint="brew install \x1b[31mabsent\nor so")),
        refused=True,
    ),
    Case("a plugin that may not be run", config(plugin(command="./config")), refused=True),
    Case("a plugin that is a folder", config(plugin(command="./sub")), files={"sub/x": ""}, refused=True),
    Case(
        "a plugin that prints nothing",
        config(plugin()),
        files={"plugin": "#!/bin/sh\n"},
        difference="plugin-words",
        sends="neither",
        ours="Unable to connect to the server: getting credentials: decoding stdout: ",
    ),
    Case(
        "a plugin that prints a text",
        config(plugin()),
        files={"plugin": "#!/bin/sh\necho s3cret\n"},
        difference="plugin-words",
        sends="neither",
        ours="Unable to connect to the server: getting credentials: decoding stdout: ",
    ),
    Case(
        "a plugin whose token is a number",
        config(plugin()),
        files=answers('{"token": 5}'),
        difference="plugin-words",
        sends="neither",
        ours="Unable to connect to the server: getting credentials: decoding stdout: ",
    ),
    Case(
        "a plugin that prints another kind",
        config(plugin()),
        files=answers('{"token": "x"}', kind="Pod"),
        difference="plugin-words",
        sends="neither",
        ours="Unable to connect to the server: getting credentials: decoding stdout: ",
    ),
    Case(
        "a plugin that answers in another version",
        config(plugin()),
        files=answers('{"token": "x"}', V1BETA1),
        refused=True,
    ),
    Case("a plugin without a status", config(plugin()), files=answers("null"), refused=True),
    Case("a plugin with an empty status", config(plugin()), files=answers("{}"), refused=True),
    Case(
        "a plugin that hands out half a pair", config(plugin()), files=answers('{"clientKeyData": "x"}'), refused=True
    ),
    Case(
        "a plugin whose certificate is none",
        config(plugin()),
        files=answers('{"clientCertificateData": "a", "clientKeyData": "b"}'),
        difference="pem-words",
        sends="neither",
        ours="Unable to connect to the server: getting credentials: failed parsing client key",
    ),
    Case(
        "a plugin that prints YAML",
        config(plugin()),
        files={"plugin": f"#!/bin/sh\nprintf 'apiVersion: {V1}\\nkind: ExecCredential\\nstatus: {{token: told}}\\n'\n"},
    ),
    Case(
        "a plugin is asked again after 401",
        config(plugin()),
        files={
            "plugin": "#!/bin/sh\ntoken=told\n[ -e $FOLDER/written ] || token=stale\ntouch $FOLDER/written\n"
            f'printf \'{{"apiVersion": "{V1}", "kind": "ExecCredential", "status": {{"token": "%s"}}}}\' $token\n'
        },
        difference="plugin-refresh",
        sends="both",
    ),
    # which plugins the user's preferences allow
    Case("kuberc allows all", config(plugin()), files={**TOLD, **policy("credentialPluginPolicy: AllowAll")}),
    Case("kuberc says nothing of plugins", config(plugin()), files={**TOLD, **policy()}),
    Case(
        "kuberc denies all",
        config(plugin()),
        files={**NEVER_RUN, **policy("credentialPluginPolicy: DenyAll")},
        refused=True,
    ),
    Case("kuberc denies all, and a token is there", config(), files=policy("credentialPluginPolicy: DenyAll")),
    Case("kuberc lists the plugin", config(plugin()), files={**TOLD, **policy(*LISTED, "- command: $FOLDER/plugin")}),
    Case(
        "kuberc lists the plugin by its name",
        config(plugin(command="plugin")),
        environ={"PATH": "$FOLDER:/usr/bin:/bin"},
        files={**TOLD, **policy(*LISTED, "- command: plugin")},
    ),
    Case(
        "kuberc lists where a plugin on the PATH is",
        config(plugin(command="plugin")),
        environ={"PATH": "$FOLDER:/usr/bin:/bin"},
        files={**TOLD, **policy(*LISTED, "- command: $FOLDER/plugin")},
    ),
    Case(
        "kuberc lists the name of a plugin that is given by its path",
        config(plugin()),
        environ={"PATH": "$FOLDER:/usr/bin:/bin"},
        files={**TOLD, **policy(*LISTED, "- command: plugin")},
    ),
    Case(
        "kuberc lists another plugin",
        config(plugin()),
        files={**NEVER_RUN, **policy(*LISTED, "- command: other")},
        refused=True,
    ),
    Case(
        "kuberc lists nothing",
        config(plugin()),
        files={**NEVER_RUN, **policy("credentialPluginPolicy: Allowlist", "credentialPluginAllowlist: []")},
        refused=True,
    ),
    Case(
        "kuberc wants a list and has none",
        config(plugin()),
        files={**NEVER_RUN, **policy("credentialPluginPolicy: Allowlist")},
        refused=True,
    ),
    Case(
        "kuberc has a list and does not want it",
        config(plugin()),
        files={**NEVER_RUN, **policy("credentialPluginAllowlist: [{command: plugin}]")},
        refused=True,
    ),
    Case(
        "kuberc with an unknown policy",
        config(plugin()),
        files={**NEVER_RUN, **policy("credentialPluginPolicy: Perhaps")},
        refused=True,
    ),
    Case(
        "kuberc with an odd path",
        config(plugin()),
        files={**NEVER_RUN, **policy(*LISTED, "- command: /a/../b")},
        refused=True,
    ),
    Case(
        "KUBERC=off",
        config(plugin()),
        environ={"KUBERC": "off"},
        files={**TOLD, **policy("credentialPluginPolicy: DenyAll")},
    ),
    Case(
        "KUBECTL_KUBERC=false",
        config(plugin()),
        environ={"KUBECTL_KUBERC": "false"},
        files={**TOLD, **policy("credentialPluginPolicy: DenyAll")},
    ),
    Case(
        "KUBERC names a file",
        config(plugin()),
        environ={"KUBERC": "$FOLDER/rc"},
        files={**NEVER_RUN, "rc": policy("credentialPluginPolicy: DenyAll")["home/.kube/kuberc"]},
        refused=True,
    ),
    Case(
        "--kuberc names a file",
        config(plugin()),
        ("--kuberc=$FOLDER/rc",),
        files={**NEVER_RUN, "rc": policy("credentialPluginPolicy: DenyAll")["home/.kube/kuberc"]},
        refused=True,
    ),
    Case(
        "kuberc that is no preference",
        config(plugin()),
        files={**TOLD, "home/.kube/kuberc": "kind: Pod\n"},
        difference="broken-kuberc",
        sends="kubectl",
        ours="no valid preferences found in $FOLDER/home/.kube/kuberc",
    ),
)
