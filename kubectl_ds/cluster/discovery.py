"""Where the API server keeps a kind: found in its discovery documents, each read once.

The aggregated document (``apidiscovery.k8s.io``) answers for all groups in two requests; a server that has none is
asked group by group. Mirrors ``discovery.ServerGroupsAndResources`` (client-go v0.37).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from kubectl_ds.errors import ApiError, ConnectionFailed, NotFound
from kubectl_ds.model.value import Value

_AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)
_ACCEPT = f"{_AGGREGATED},application/json"


@dataclass(frozen=True)
class Resource:
    """A kind as a server serves it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool


class _GroupName(Value, frozen=True):
    name: str = ""


class _ResponseKind(Value, frozen=True):
    kind: str = ""


class _DiscoveredResource(Value, frozen=True):
    resource: str = ""
    response_kind: _ResponseKind | None = None
    scope: str = ""


class _DiscoveredVersion(Value, frozen=True):
    version: str = ""
    resources: tuple[_DiscoveredResource, ...] | None = None


class _DiscoveredGroup(Value, frozen=True):
    metadata: _GroupName
    versions: tuple[_DiscoveredVersion, ...] | None = None


class _ListedResource(Value, frozen=True):
    name: str = ""
    kind: str = ""
    namespaced: bool = False


class _GroupVersion(Value, frozen=True):
    group_version: str = ""


class _ListedGroup(Value, frozen=True):
    versions: tuple[_GroupVersion, ...] = ()


class _Document(Value, frozen=True):
    """Any of the documents: they share no field name with another meaning."""

    kind: str = ""
    items: tuple[_DiscoveredGroup, ...] | None = None
    groups: tuple[_ListedGroup, ...] | None = None
    resources: tuple[_ListedResource, ...] | None = None


Get = Callable[[str, tuple[tuple[str, str], ...], str], bytes]
"""(path, query, accept) → body."""


class Discovery:
    """What one server serves."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._known: dict[str, tuple[Resource, ...]] = {}
        self._groups: list[str] | None = None
        """Group versions that are served, of all groups; None until asked for."""

    def find(self, api_version: str, kind: str) -> Resource:
        """The resource of this kind.

        Raises:
            NotFound: it is not served; the hint names the versions in which this kind is.
        """
        for resource in self._of(api_version):
            if resource.kind == kind:
                return resource
        versions = sorted({each.api_version for each in self.every() if each.kind == kind})
        raise NotFound(
            f'no matches for kind "{kind}" in version "{api_version}"',
            status=404,
            reason="NoKindMatch",
            hint=f"the server has {kind} in {', '.join(versions)}"
            if versions
            else "ensure CRDs are installed first; kubectl api-resources lists what the server has",
            kind=kind,
        )

    def every(self) -> tuple[Resource, ...]:
        """Every resource that the server serves, as far as it can say."""
        return tuple(resource for group in self._served() for resource in self._of(group))

    def _of(self, api_version: str) -> tuple[Resource, ...]:
        if api_version not in self._known and api_version not in self._served():
            self._known[api_version] = ()
        if api_version not in self._known:
            self._known[api_version] = self._listed(api_version)
        return self._known[api_version]

    def _served(self) -> list[str]:
        if self._groups is None:
            core = self._document("/api", _ACCEPT)
            others = self._document("/apis", _ACCEPT)
            self._groups = []
            for document, fallback in ((core, ["v1"]), (others, None)):
                if document.items is not None:
                    self._remember(document)
                else:
                    listed = [each.group_version for group in document.groups or () for each in group.versions]
                    self._groups += fallback or listed
        return self._groups

    def _remember(self, document: _Document) -> None:
        for group in document.items or ():
            for version in group.versions or ():
                api_version = f"{group.metadata.name}/{version.version}" if group.metadata.name else version.version
                self._known[api_version] = tuple(
                    Resource(api_version, each.response_kind.kind, each.resource, each.scope == "Namespaced")
                    for each in version.resources or ()
                    if each.response_kind is not None
                )
                if self._groups is not None:
                    self._groups.append(api_version)

    def _listed(self, api_version: str) -> tuple[Resource, ...]:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            document = self._document(root, "application/json")
        except ApiError as error:
            if error.status in (404, 503):  # an aggregated API whose server is down is as good as not served
                return ()
            raise
        return tuple(
            Resource(api_version, each.kind, each.name, each.namespaced)
            for each in document.resources or ()
            if "/" not in each.name
        )

    def _document(self, path: str, accept: str) -> _Document:
        try:
            return msgspec.json.decode(self._get(path, (), accept), type=_Document)
        except msgspec.DecodeError as error:
            raise ConnectionFailed(
                f"the server's list of kinds at {path} cannot be understood: {error}",
                hint="try again; kubectl api-resources shows whether kubectl can read it",
                reference="invalid-json",
            ) from error


def collection_path(resource: Resource, namespace: str) -> str:
    """Where objects of this kind are listed and created; ``namespace`` counts only for those that live in one."""
    root = f"/apis/{resource.api_version}" if "/" in resource.api_version else f"/api/{resource.api_version}"
    return f"{root}/namespaces/{namespace}/{resource.plural}" if resource.namespaced else f"{root}/{resource.plural}"
