"""The same answers as ``flow.get`` gives, out of a capture: the tables that the server would have made then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kubectl_ds.cluster.source import Query, Source
from kubectl_ds.errors import ApiError, DsError, NotFound
from kubectl_ds.flow.get import RESOURCE, BadName, Found, Info, Json, Wanted, checked
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.model.kinds import DAEMON_SETS
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.kubectl_get import table_of

_FIELDS = ("metadata.name", "metadata.namespace")


def fetch_recorded(source: Source, wanted: Wanted) -> Found:
    """What the capture has of it."""
    infos: list[Info] = []
    errors: list[DsError] = []
    if wanted.subresource not in ("", "status"):
        message = "the server could not find the requested resource"
        return Found(errors=(NotFound(message, status=404, reason="NotFound"),), single=len(wanted.names) == 1)
    each_name: list[tuple[str, ...]] = [(name,) for name in wanted.names]
    for names in each_name or [()]:
        query = Query(kinds=(DAEMON_SETS,), namespace=wanted.namespace, names=names, selector=wanted.selector)
        try:
            infos += _infos(source.snapshot(replace(query, names=tuple(map(checked, names)))), wanted)
        except (ApiError, BadName) as error:
            errors.append(error)
    return Found(tuple(infos), tuple(errors), single=len(wanted.names) == 1)


def moment_of(source: Source) -> datetime:
    """When the capture was taken."""
    return source.snapshot(Query(kinds=())).now


def _infos(snapshot: Snapshot, wanted: Wanted) -> list[Info]:
    objects: list[Json] = [decode_generic(bytes(each.raw)) for each in snapshot.daemon_sets]
    found = [each for each in objects if _selected(each, wanted.field_selector)]
    if wanted.table:
        return [Info(table_of(found, snapshot.now))]
    return [Info({"apiVersion": DAEMON_SETS.api, "kind": DAEMON_SETS.kind, **each}) for each in found]


def _selected(item: Json, selector: str) -> bool:
    """Whether the fields are those; only a name and a namespace can be asked for, as of any server."""
    for term in filter(None, selector.split(",")):
        key, operator, value = _split(term, selector)
        if key not in _FIELDS:
            known = ", ".join(f'"{field}"' for field in _FIELDS)
            raise _bad_request(selector, f'"{key}" is not a known field selector: only {known}')
        actual = (item.get("metadata") or {}).get(key.partition(".")[2]) or ""
        if (actual == value) != (operator != "!="):
            return False
    return True


def _split(term: str, selector: str) -> tuple[str, str, str]:
    for operator in ("!=", "==", "="):
        key, found, value = term.partition(operator)
        if found:
            return key, operator, value
    raise _bad_request(selector, f"invalid selector: '{selector}'; can't understand '{term}'")


def _bad_request(selector: str, reason: str) -> ApiError:
    """In the server's words."""
    where = f'Unable to find "{RESOURCE}" that match label selector "", field selector "{selector}"'
    return ApiError(f"{where}: {reason}", status=400, reason="BadRequest")
