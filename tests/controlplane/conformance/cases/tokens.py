"""Tokens and passwords in the file and beside it."""

from __future__ import annotations

from ..case import Case, config

FILE = {"tokenFile": "token"}

CASES = (
    Case("a token"),
    Case("a token file", config(FILE), files={"token": "from-file"}),
    Case("a token file beats the token", config({**FILE, "token": "inline"}), files={"token": "from-file"}),
    Case("a token file beats even --token", config(FILE), ("--token=given",), files={"token": "from-file"}),
    Case("a newline at the end of a token file", config(FILE), files={"token": "from-file\n"}),
    Case("blanks around the token in its file", config(FILE), files={"token": " \n from-file\r\n\n"}),
    Case(
        "an empty token file beside a token",
        config({**FILE, "token": "inline"}),
        files={"token": ""},
        difference="token-file-warning",
        sends="both",
        ours="Warning: the tokenFile $FOLDER/token is empty",
    ),
    Case(
        "a missing token file beside a token",
        config({**FILE, "token": "inline"}),
        difference="token-file-warning",
        sends="both",
        ours="Warning: the tokenFile $FOLDER/token is not there",
    ),
    Case("a missing token file", config(FILE), refused=True),
    Case(
        "an empty token file",
        config(FILE),
        files={"token": ""},
        difference="no-credentials",
        sends="neither",
        ours="the token file $FOLDER/token is empty",
    ),
    Case(
        "a token file of a newline",
        config(FILE),
        files={"token": "\n"},
        difference="header-words",
        sends="neither",
        ours="the token file $FOLDER/token is empty",
    ),
    Case("a token file that is a folder", config(FILE), files={"token/x": ""}, refused=True),
    Case(
        "a token file with two lines",
        config(FILE),
        files={"token": "one\ntwo"},
        difference="header-words",
        sends="neither",
        ours='the token of user "u" holds characters that no header may hold',
    ),
    Case(
        "a line break in a token",
        config({"token": "one\ntwo"}),
        difference="header-words",
        sends="neither",
        ours='the token of user "u" holds characters that no header may hold',
    ),
    Case(
        "a newline at the end of a token",
        config({"token": "one\n"}),
        difference="header-words",
        sends="neither",
        ours='the token of user "u" holds characters that no header may hold',
    ),
    Case(
        "a byte order mark in a token file",
        config(FILE),
        files={"token": "\ufeffx"},
        difference="odd-tokens",
        sends="kubectl",
        ours='the token of user "u" holds characters that no header may hold',
    ),
    Case("a blank in a token", config({"token": "one two"})),
    Case("a token of punctuation", config({"token": "a.b-c_d~e+f/g=="})),
    Case("basic authentication", config({"username": "joe", "password": "pw"})),
    Case("a user name without a password", config({"username": "joe"})),
    Case("a token and a password", config({"token": "x", "username": "joe", "password": "pw"}), refused=True),
    Case("a token file and a password", config({**FILE, "username": "joe"}), files={"token": "x"}, refused=True),
    Case(
        "nothing at all", config({}), difference="no-credentials", sends="neither", ours='no credentials for user "u"'
    ),
    Case(
        "a key alone",
        config({"client-key": "$CERTS/client.key"}),
        difference="no-credentials",
        sends="neither",
        ours='no credentials for user "u"',
    ),
)
