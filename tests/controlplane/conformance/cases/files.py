"""Which files are read, how they are merged, and what is refused in them."""

from __future__ import annotations

import json

from ..case import TRUST, Case, config

OTHER = config({"token": "other"}, context={"namespace": "other"})
TWO = {"KUBECONFIG": "$FOLDER/config:$FOLDER/second"}
USERS = {"users": [{"name": "u", "user": {"token": "from-second"}}]}


CASES = (
    Case("KUBECONFIG names a file"),
    Case("the first file wins outright", environ=TWO, files={"second": OTHER}),
    Case("a file that does not exist makes no noise", environ={"KUBECONFIG": "$FOLDER/absent:$FOLDER/config"}),
    Case("empty names in the list are passed over", environ={"KUBECONFIG": ":$FOLDER/config:"}),
    Case("the same file twice", environ={"KUBECONFIG": "$FOLDER/config:$FOLDER/config"}),
    Case("entries come from several files", config(users=[]), environ=TWO, files={"second": USERS}),
    Case(
        "an entry is taken whole, never field by field",
        config({"as": "joe"}),
        environ=TWO,
        files={"second": USERS},
        difference="no-credentials",
        sends="neither",
        ours='no credentials for user "u"',
    ),
    Case(
        "the first current-context that is set wins",
        (config() | {"current-context": ""}),
        environ=TWO,
        files={"second": {"current-context": "c"}},
    ),
    Case("--kubeconfig alone is read", None, ("--kubeconfig=other",), TWO, {"other": OTHER, "second": config()}),
    Case("--kubeconfig is relative to where we are", None, ("--kubeconfig", "sub/other"), files={"sub/other": OTHER}),
    Case("--kubeconfig that names no file", config(), ("--kubeconfig=absent",), refused=True),
    Case("~/.kube/config", None, environ={"KUBECONFIG": ""}, files={"home/.kube/config": config()}),
    Case(
        "a path is relative to its own file",
        config(cluster={"certificate-authority": "certs/ca.crt"}),
        environ={"KUBECONFIG": "$FOLDER/sub/config"},
        files={"sub/config": config({"tokenFile": "token"}), "sub/token": "relative"},
    ),
    Case(
        "a path may go up",
        None,
        environ={"KUBECONFIG": "$FOLDER/sub/config"},
        files={"sub/config": config({"tokenFile": "../token"}), "token": "upward"},
    ),
    Case(
        "a file named by a relative path",
        config({"tokenFile": "token"}),
        environ={"KUBECONFIG": "./config"},
        files={"token": "relative"},
    ),
    Case("JSON is a kubeconfig, too", json.dumps(config())),
    Case("JSON over several lines", json.dumps(config(), indent=4)),
    Case("JSON with blanks before it", "\n  " + json.dumps(config())),
    Case(
        "a file of YAML with comments and anchors",
        "# mine\ncurrent-context: c\nclusters:\n- name: k\n  cluster: &k {server: $TLS, certificate-authority: "
        "$CERTS/authority.crt}\n- {name: other, cluster: *k}\nusers:\n- {name: u, user: {token: s3cret}}\n"
        "contexts:\n- {name: c, context: {cluster: other, user: u}}\n",
    ),
    Case("neither apiVersion nor kind", config(apiVersion=None, kind=None)),
    Case("fields that nobody knows are passed over", config({"token": "x", "colour": "red"}, {"size": 3}, extra=[1])),
    Case(
        "null is nothing", config({"token": "x", "tokenFile": None, "exec": None, "as-groups": None}, preferences=None)
    ),
    Case("a current-context of null", (config() | {"current-context": None}), ("--context=c",)),
    Case(
        "extensions are passed over",
        config(
            cluster={"extensions": [{"name": "x", "extension": {"a": 1}}]},
            context={"extensions": [{"name": "other", "extension": "text"}]},
            extensions=[{"name": "z", "extension": {}}],
        ),
    ),
    Case(
        "a second document is passed over",
        "current-context: c\n---\ncurrent-context: d\n",
        environ=TWO,
        files={"second": config()},
    ),
    Case(
        "a key that stands twice: the last counts",
        "current-context: d\ncurrent-context: c\n",
        environ=TWO,
        files={"second": (config() | {"current-context": ""})},
    ),
    Case("an empty file", "", ("--server=$PLAIN",)),
    Case("a file of comments", "# nothing\n", ("--server=$PLAIN",)),
    Case("a file of blanks", "\n\n", ("--server=$PLAIN",)),
    Case("an empty document", "{}", ("--server=$PLAIN",)),
    Case("no file at all, and a server", None, ("--server=$PLAIN",)),
    Case(
        "no file at all, a server, a token and an authority",
        None,
        ("-s", "$TLS", "--token=x", "--certificate-authority=$CERTS/authority.crt"),
    ),
    Case("no file at all", None, difference="nowhere", sends="neither", ours="no kubeconfig found"),
    Case("an empty file and no server", "", difference="nowhere", sends="neither", ours="no kubeconfig found"),
    Case("no file, but KUBERNETES_MASTER", None, environ={"KUBERNETES_MASTER": "$PLAIN"}),
    Case("a server in the file beats KUBERNETES_MASTER", config(), environ={"KUBERNETES_MASTER": "$PLAIN"}),
    Case("the flag beats KUBERNETES_MASTER", None, ("-s", "$PLAIN"), {"KUBERNETES_MASTER": "http://$DEAD"}),
    Case("a current-context that does not exist", (config() | {"current-context": "zzz"}), refused=True),
    Case(
        "no current-context",
        (config() | {"current-context": ""}),
        difference="nowhere",
        sends="neither",
        ours="no context is chosen",
    ),
    Case("no current-context, but --context", (config() | {"current-context": ""}), ("--context=c",)),
    Case(
        "no current-context, but --cluster and --user",
        (config() | {"current-context": ""}),
        ("--cluster=k", "--user=u"),
    ),
    Case(
        "a context whose cluster is missing",
        config(context={"cluster": "absent"}),
        difference="nowhere",
        sends="neither",
        ours='cluster "absent" does not exist',
    ),
    Case(
        "a context that names no cluster",
        config(context={"cluster": ""}),
        difference="nowhere",
        sends="neither",
        ours="the context names no cluster",
    ),
    Case(
        "a context whose user is missing",
        config(context={"user": "absent"}),
        difference="no-credentials",
        sends="neither",
        ours='user "absent" does not exist',
    ),
    Case(
        "a context that names no user",
        config(context={"user": ""}),
        difference="no-credentials",
        sends="neither",
        ours="no credentials",
    ),
    Case(
        "a cluster without a server",
        config(cluster={"server": ""}),
        difference="nowhere",
        sends="neither",
        ours='no server found for cluster "k"',
    ),
    Case(
        "two entries of one name",
        config(users=[{"name": "u", "user": {"token": "x"}}] * 2),
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "YAML that is none",
        "current-context: [c\n",
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": line 2',
    ),
    Case(
        "JSON that breaks off",
        '{"current-context": "c",',
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "a text", "hello", difference="file-words", sends="neither", ours='error loading config file "$FOLDER/config": '
    ),
    Case("a list", "[]", difference="file-words", sends="neither", ours='error loading config file "$FOLDER/config": '),
    Case(
        "bytes that are no text",
        b"\xff\xfe\x00",
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "another kind",
        config(kind="Pod"),
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "another apiVersion",
        config(apiVersion="v2"),
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "a number for a token",
        config({"token": 5}),
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "a text for a switch",
        config(cluster={"insecure-skip-tls-verify": "true"}),
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "a text for a list",
        config(clusters="k"),
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "a mapping for a list",
        config(users={"u": {}}),
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "base64 that is none, even where it is not used",
        config(
            clusters=[{"name": "k", "cluster": TRUST}, {"name": "z", "cluster": {"certificate-authority-data": "%"}}]
        ),
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "a broken file beside a sound one",
        config(),
        environ=TWO,
        files={"second": "["},
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/second": ',
    ),
    Case("a folder in place of a file", None, environ={"KUBECONFIG": "$FOLDER/sub"}, files={"sub/x": ""}, refused=True),
    Case(
        "a byte order mark before the YAML",
        "\ufeff" + "current-context: c\n",
        environ=TWO,
        files={"second": (config() | {"current-context": ""})},
    ),
    Case(
        "a name of YAML 1.1: y is no text",
        "current-context: y\n",
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
    Case(
        "text of YAML 1.1: yes is no text",
        config() | {"current-context": True},
        difference="file-words",
        sends="neither",
        ours='error loading config file "$FOLDER/config": ',
    ),
)
