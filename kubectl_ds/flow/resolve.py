"""Which resource and namespace a document goes to, also where an earlier document of the same input brings them.

A CustomResourceDefinition earlier in the input serves for the objects after it, and a Namespace likewise, although
neither exists yet when everything is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from kubectl_ds.cluster.discovery import Resource
from kubectl_ds.errors import NotFound
from kubectl_ds.flow.refusal import Refusal, refused
from kubectl_ds.manifest.api_versions import unknown_type
from kubectl_ds.manifest.documents import Document


class Discoverer(Protocol):
    """What is asked of the cluster."""

    def discover(self, api_version: str, kind: str) -> Resource:
        """Where objects of this kind live.

        Raises:
            NotFound: the server does not serve it.
        """

    def resources(self) -> tuple[Resource, ...]:
        """Everything that the server serves."""


@dataclass(frozen=True)
class Place:
    """Where a document goes."""

    document: Document
    resource: Resource
    namespace: str
    """Empty for kinds that live in none."""
    promised: bool = False
    """The kind is not served yet: an earlier document defines it."""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What no two objects share; the name is empty where the server makes one up."""
        group = self.resource.api_version.rpartition("/")[0]
        return group, self.resource.plural, self.namespace, self.document.name

    @property
    def qualified(self) -> str:
        """``daemonsets.apps``, as messages name a resource."""
        group = self.resource.api_version.rpartition("/")[0]
        return f"{self.resource.plural}.{group}" if group else self.resource.plural


class Resolver:
    """Resolves documents in their order."""

    def __init__(self, cluster: Discoverer, namespace: str, *, enforce: bool) -> None:
        """``enforce``: the namespace was asked for by ``-n``, so that another one in a manifest is an error."""
        self._cluster = cluster
        self._namespace = namespace
        self._enforce = enforce
        self._defined: dict[tuple[str, str], Resource] = {}
        self._taken: dict[tuple[str, str, str, str], Document] = {}

    def resolve(self, document: Document) -> Place | Refusal:
        """The place of a document, or why it has none."""
        promised = False
        try:
            resource = self._cluster.discover(document.api_version, document.kind)
        except NotFound:
            defined = self._defined.get((document.api_version, document.kind))
            if defined is None:
                return self._unknown(document)
            resource, promised = defined, True
        elsewhere = document.namespace not in ("", self._namespace)
        if resource.namespaced and self._enforce and elsewhere:
            return _other_namespace(document, self._namespace)
        namespace = (document.namespace or self._namespace) if resource.namespaced else ""
        place = Place(document, resource, namespace, promised)
        first = self._taken.setdefault(place.identity, document)
        if first is not document and document.name:
            return _double(place, first)
        self._defined.update(((each.api_version, each.kind), each) for each in defined_by(document))
        return place

    def _unknown(self, document: Document) -> Refusal:
        """Nobody serves the kind: in kubectl's words, and what it should have been."""
        served: dict[str, list[str]] = {}
        for resource in (*self._cluster.resources(), *self._defined.values()):
            served.setdefault(resource.api_version, []).append(resource.kind)
        words = (
            f'resource mapping not found for name: "{document.name}" namespace: "{document.namespace}" '
            f'from "{document.file}": no matches for kind "{document.kind}" in version "{document.api_version}"\n'
            "ensure CRDs are installed first"
        )
        return refused(document, words, unknown_type(document, served))


def defined_by(document: Document) -> Iterator[Resource]:
    """What a CustomResourceDefinition will serve; nothing for any other kind, or one that is broken."""
    if document.kind != "CustomResourceDefinition":
        return
    spec = _mapping(document.data.get("spec"))
    names = _mapping(spec.get("names"))
    versions = spec.get("versions")
    for version in versions if isinstance(versions, list) else ():
        if _mapping(version).get("served"):
            api_version = f"{spec.get('group')}/{version.get('name')}"
            scoped = spec.get("scope") == "Namespaced"
            yield Resource(api_version, str(names.get("kind")), str(names.get("plural")), scoped)


def names_of(documents: Iterable[Document]) -> frozenset[str]:
    """The names that documents bear."""
    return frozenset(document.name for document in documents if document.name)


def _other_namespace(document: Document, namespace: str) -> Refusal:
    written = document.namespace
    words = (
        f'the namespace from the provided object "{written}" does not match the namespace "{namespace}". '
        f"You must pass '--namespace={written}' to perform this operation."
    )
    finding = document.finding(
        document.find("metadata.namespace"),
        f'namespace "{written}" is not the one that -n names, "{namespace}"',
        suggestion=f"remove it, or pass -n {written}",
        key=False,
    )
    return refused(document, words, finding)


def _double(place: Place, first: Document) -> Refusal:
    document = place.document
    words = (
        f'Error from server (AlreadyExists): error when creating "{document.file}": '
        f'{place.qualified} "{document.name}" already exists'
    )
    finding = document.finding(
        document.find("metadata.name"),
        f'{place.qualified} "{document.name}" stands in {first.file}:{first.line} already',
        suggestion="remove one of the two, or name it otherwise",
        key=False,
    )
    return refused(document, words, finding)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
