"""What a ``get`` means: the tables or objects of names, of a collection, or of the documents in files.

Mirrors ``resource.Builder`` (k8s.io/cli-runtime v0.37) as far as DaemonSets need it. Whatever fails is kept beside what
was found, since kubectl prints the one and reports the other; the sentences are kubectl's. How it is printed is not
known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.errors import ApiError, DsError, NotFound
from kubectl_ds.model.kinds import DAEMON_SETS

if TYPE_CHECKING:
    from kubectl_ds.manifest.documents import Document

Json = Mapping[str, Any]

_JSON = "application/json"
_TABLE = f"{_JSON};as=Table;v=v1;g=meta.k8s.io"
TABLES = f"{_TABLE},{_TABLE.replace('v=v1', 'v=v1beta1')},{_JSON}"
"""What ``kubectl get`` accepts when a person looks (``transformRequests``, kubectl v0.37)."""
RESOURCE = "apps/v1, Resource=daemonsets"
"""How kubectl names DaemonSets in its messages."""


class BadName(DsError):
    """What cannot be the name of an object."""


class Wanted(msgspec.Struct, frozen=True):
    """What to ask for."""

    names: tuple[str, ...] = ()
    """None at all for the whole collection."""
    namespace: str | None = None
    """None for all of them."""
    selector: str = ""
    field_selector: str = ""
    subresource: str = ""
    page: int = 500
    """Items of one page; 0 for no pages."""
    table: bool = False
    """Whether the server shall make tables of them."""
    whole_objects: bool = False
    """Whether the rows of a table shall hold whole objects, to be sorted by."""

    @property
    def accept(self) -> str:
        """What to ask the server for."""
        return TABLES if self.table else _JSON

    @property
    def selectors(self) -> tuple[tuple[str, str], ...]:
        """Which objects, and what of them, as parameters of a query."""
        given = (("fieldSelector", self.field_selector), ("labelSelector", self.selector))
        return tuple(each for each in given if each[1]) + self._include

    @property
    def _include(self) -> tuple[tuple[str, str], ...]:
        return (("includeObject", "Object"),) if self.table and self.whole_objects else ()


class Info(msgspec.Struct, frozen=True):
    """One answer of the server: an object, or a table of them."""

    object: Json
    kind: str = "daemonset.apps"
    """Kind and group, in small letters."""
    namespaced: bool = True


class Found(msgspec.Struct, frozen=True):
    """What came of it."""

    infos: tuple[Info, ...] = ()
    errors: tuple[DsError, ...] = ()
    single: bool = False
    """Whether one object was asked for, which is printed bare and not in a List."""


def fetch(client: LiveClient, wanted: Wanted) -> Found:
    """What the server has of it."""
    if not wanted.names:
        return _collection(client, wanted)
    infos: list[Info] = []
    errors: list[DsError] = []
    for name in wanted.names:
        try:
            infos.append(Info(named(client, wanted, name)))
        except DsError as error:
            errors.append(error)
    return Found(tuple(infos), tuple(errors), single=len(wanted.names) == 1)


def named(client: LiveClient, wanted: Wanted, name: str, collection: str = "") -> Json:
    """One object, or the table of it. Mirrors ``Info.Get``: a namespace that is not there is told instead.

    Raises:
        BadName: it is no name.
        ApiError: the server refused.
    """
    path = object_path(collection or DAEMON_SETS.path(wanted.namespace), checked(name))
    if wanted.subresource:
        path = object_path(path, wanted.subresource)
    try:
        found: Json = client.plain(client.get_raw(path, wanted._include, wanted.accept))
    except NotFound:
        if wanted.namespace not in (None, "", "default"):
            _expect_namespace(client, str(wanted.namespace))
        raise
    return found


def listed(client: LiveClient, wanted: Wanted) -> tuple[bytes, ...]:
    """The pages of the collection.

    Raises:
        ApiError: the server refused.
    """
    try:
        return client.list_raw(DAEMON_SETS.path(wanted.namespace), wanted.selectors, wanted.accept, wanted.page)
    except ApiError as error:
        raise enhanced(error, wanted) from error


def infos_of(page: Json) -> Iterable[Info]:
    """A table as it is, or the items of a List, each with its type."""
    if "items" not in page:
        yield Info(page)
        return
    kind = {"apiVersion": page.get("apiVersion", "apps/v1"), "kind": "DaemonSet"}
    for item in page["items"] or ():
        yield Info({**kind, **item})


def _collection(client: LiveClient, wanted: Wanted) -> Found:
    try:
        found = tuple(info for body in listed(client, wanted) for info in infos_of(client.plain(body)))
    except DsError as error:
        return Found(errors=(error,))
    return Found(found)


def fetch_documents(
    client: LiveClient, documents: Iterable[Document], wanted: Wanted, *, enforce_namespace: bool, single: bool
) -> Found:
    """What the server has of the objects in these documents, of whatever kind. Mirrors ``visitByPaths``."""
    infos: list[Info] = []
    errors: list[DsError] = []
    for document in documents:
        try:
            infos.append(_of_document(client, document, wanted, enforce_namespace))
        except DsError as error:
            errors.append(error)
    return Found(tuple(infos), tuple(errors), single=single)


def _of_document(client: LiveClient, document: Document, wanted: Wanted, enforce_namespace: bool) -> Info:
    from kubectl_ds.cluster.discovery import collection_path

    resource = client.discover(document.api_version, document.kind)
    namespace = document.namespace or wanted.namespace or ""
    group = resource.api_version.rpartition("/")[0]
    if resource.namespaced and not namespace:
        version = resource.api_version.rpartition("/")[2]
        place = ", ".join([f"{group}/{version}" if group else f"/{version}", f"Resource={resource.plural}"])
        raise DsError(f'no namespace set on resource {place} "{document.name}"')
    here = msgspec.structs.replace(wanted, namespace=namespace if resource.namespaced else None)
    found = named(client, here, document.name, collection_path(resource, namespace))
    if enforce_namespace and resource.namespaced and namespace != wanted.namespace:
        raise elsewhere(namespace, wanted.namespace)
    kind = resource.kind.lower()
    return Info(found, f"{kind}.{group}" if group else kind, resource.namespaced)


def elsewhere(namespace: str, wanted: str | None) -> DsError:
    """An object lives in another namespace than ``-n`` names. Mirrors ``RequireNamespace``."""
    return DsError(
        f'the namespace from the provided object "{namespace}" does not match the namespace "{wanted}". '
        f"You must pass '--namespace={namespace}' to perform this operation."
    )


def _expect_namespace(client: LiveClient, namespace: str) -> None:
    try:
        client.get_raw(object_path("/api/v1/namespaces", namespace))
    except NotFound:
        raise
    except ApiError:
        return  # whoever may not look learns of the object alone


def enhanced(error: ApiError, wanted: Wanted) -> ApiError:
    """The error of a list, with what was asked for. Mirrors ``EnhanceListError`` (k8s.io/cli-runtime v0.37)."""
    if error.reason in ("BadRequest", "NotFound"):
        selectors = f'that match label selector "{wanted.selector}", field selector "{wanted.field_selector}"'
        filtered = wanted.selector or wanted.field_selector
        what = f'Unable to find "{RESOURCE}" {selectors}' if filtered else f'Unable to list "{RESOURCE}"'
        error.message = f"{what}: {error.message}"
        error.args = (error.message,)
    return error


def not_found(name: str) -> NotFound:
    """There is no DaemonSet of this name, in the server's words; none of any name where no namespace was named."""
    message = f'daemonsets.apps "{name}" not found' if name else "the server could not find the requested resource"
    return NotFound(message, status=404, reason="NotFound", name=name)


def is_name(name: str) -> bool:
    """Whether a server can be asked for it."""
    return name not in ("", ".", "..") and not {"/", "%"}.intersection(name)


def checked(name: str) -> str:
    """The name, if it can be one.

    Mirrors ``rest.Request.Name``, which asks ``path.IsValidPathSegmentName`` (client-go v0.37).

    Raises:
        BadName: it cannot.
    """
    if not name:
        raise BadName("resource name may not be empty")
    if name in (".", ".."):
        raise BadName(f"invalid resource name \"{name}\": [may not be '{name}']")
    unfit = [f"may not contain '{each}'" for each in "/%" if each in name]
    if unfit:
        raise BadName(f'invalid resource name "{name}": [{" ".join(unfit)}]')
    return name
