"""The older kind of plugin, built in: tokens of an OpenID Connect issuer, and those that are no more."""

from __future__ import annotations

from tests.cluster.issuer import FRESH, STALE

from ..case import Case, Object, config


def provider(name: str = "oidc", **fields: str | None) -> Object:
    """A user whose tokens come from the issuer; a field of None is left out."""
    given = {
        "idp-issuer-url": "$ISSUER",
        "client-id": "us",
        **{key.replace("_", "-"): each for key, each in fields.items()},
    }
    return {"auth-provider": {"name": name, "config": {key: each for key, each in given.items() if each is not None}}}


def refused(issuer: str) -> Object:
    """A token that has expired, and an issuer with this path."""
    return config(provider(id_token=STALE, refresh_token="again", idp_issuer_url=f"$ISSUER/{issuer}"))


CASES = (
    Case("an id-token that lasts", config(provider(id_token=FRESH))),
    Case("an id-token beside a token: the token counts", config({**provider(id_token=FRESH), "token": "x"})),
    Case(
        "an id-token and a client certificate are both shown",
        config(
            {**provider(id_token=FRESH), "client-certificate": "$CERTS/client.crt", "client-key": "$CERTS/client.key"}
        ),
    ),
    Case(
        "an id-token that has expired is refreshed",
        config(provider(id_token=STALE, refresh_token="again", client_secret="hush")),
        difference="oidc-in-memory",
        sends="both",
        ours="Warning: ",
    ),
    Case(
        "without an id-token one is fetched",
        config(provider(refresh_token="again", client_secret="hush")),
        difference="oidc-in-memory",
        sends="both",
        ours="Warning: ",
    ),
    Case(
        "an issuer that wants the secret in the form",
        config(provider(id_token=STALE, refresh_token="again", client_secret="hush", idp_issuer_url="$ISSUER/params/")),
        difference="oidc-in-memory",
        sends="both",
        ours="Warning: ",
    ),
    Case(
        "an id-token that has expired, and nothing to refresh it with", config(provider(id_token=STALE)), refused=True
    ),
    Case(
        "a refresh-token that the issuer does not take",
        config(provider(id_token=STALE, refresh_token="spent")),
        refused=True,
    ),
    Case(
        "an issuer that has no such page",
        refused("absent"),
        difference="oidc-words",
        sends="neither",
        ours="Unable to connect to the server: oidc: failed to query metadata endpoint 404",
    ),
    Case("an issuer that names no endpoint", refused("nowhere"), refused=True),
    Case("an issuer that hands out no id-token", refused("silent"), refused=True),
    Case(
        "an issuer that is not there",
        config(provider(id_token=STALE, refresh_token="again", idp_issuer_url="http://$DEAD")),
        difference="oidc-words",
        sends="neither",
        ours="the issuer of tokens cannot be asked: ",
    ),
    Case("an id-token that is none", config(provider(id_token="abc")), refused=True),
    Case(
        "an id-token whose middle is none",
        config(provider(id_token="a.%%%.c")),
        difference="oidc-words",
        sends="neither",
        ours="Unable to connect to the server: ",
    ),
    Case("no issuer", config(provider(id_token=FRESH, idp_issuer_url=None)), refused=True),
    Case("no client-id", config(provider(id_token=FRESH, client_id=None)), refused=True),
    Case(
        "an authority of the issuer that is not base64",
        config(provider(id_token=FRESH, idp_certificate_authority_data="%")),
        difference="oidc-words",
        sends="neither",
        ours="error: idp-certificate-authority-data is not base64",
    ),
    Case("auth-provider gcp", config(provider("gcp")), refused=True),
    Case("auth-provider azure", config(provider("azure")), refused=True),
    Case("an auth-provider that nobody knows", config(provider("mine")), refused=True),
)
