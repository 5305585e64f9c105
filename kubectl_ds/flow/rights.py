"""Ask, before the first change, whether all that is to be done may be done; and who is asking.

The API server itself is asked (SelfSubjectAccessReview), so that RBAC, webhooks and whatever else decides are heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.errors import ApiError, Forbidden
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.value import Value

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True)
class Right:
    """One verb on one resource, or on one object of it."""

    verb: str
    resource: str
    """Plural."""
    group: str = ""
    namespace: str = ""
    """Empty for the whole cluster."""
    name: str = ""
    """Empty for every object."""
    subresource: str = ""

    @classmethod
    def of(cls, verb: str, kind: Kind, namespace: str = "", name: str = "", subresource: str = "") -> Right:
        """The right to do this to objects of a kind."""
        return cls(verb, kind.resource, kind.group, namespace if kind.namespaced else "", name, subresource)

    def __str__(self) -> str:
        """As RBAC speaks: ``patch daemonsets.apps fluentd in namespace logging``."""
        qualified = f"{self.resource}.{self.group}" if self.group else self.resource
        words = [self.verb, f"{qualified}/{self.subresource}" if self.subresource else qualified]
        words += [self.name] if self.name else []
        words += [f"in namespace {self.namespace}"] if self.namespace else []
        return " ".join(words)


class _Verdict(Value, frozen=True):
    allowed: bool = False


class _Review(Value, frozen=True):
    status: _Verdict = _Verdict()


class _User(Value, frozen=True):
    username: str = ""


class _Answer(Value, frozen=True):
    user_info: _User = _User()


class _Self(Value, frozen=True):
    status: _Answer = _Answer()


def missing_rights(client: LiveClient, rights: Iterable[Right]) -> tuple[Right, ...]:
    """Those of ``rights`` that the user does not have; where that may not be asked, none."""
    return tuple(right for right in dict.fromkeys(rights) if not _allowed(client, right))


def expect_rights(client: LiveClient, rights: Iterable[Right]) -> None:
    """Go on only with all of ``rights``.

    Raises:
        Forbidden: one or more are missing; each is named.
    """
    missing = missing_rights(client, rights)
    if missing:
        named = ", ".join(str(right) for right in missing)
        raise Forbidden(
            f"nothing was changed, because you may not {named}",
            status=403,
            reason="Forbidden",
            hint="kubectl auth can-i --list shows what you may do",
        )


def user_name(client: LiveClient) -> str:
    """Who the API server says we are; empty where it does not say."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = client.create(_WHO_AM_I, msgspec.json.encode(body))
    except ApiError:
        return ""
    return msgspec.json.decode(answer.body, type=_Self).status.user_info.username


def _allowed(client: LiveClient, right: Right) -> bool:
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": right.resource,
        "subresource": right.subresource,
        "namespace": right.namespace,
        "name": right.name,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {name: value for name, value in attributes.items() if value}},
    }
    try:
        answer = client.create(_REVIEWS, msgspec.json.encode(body))
    except ApiError:
        return True
    return msgspec.json.decode(answer.body, type=_Review).status.allowed
