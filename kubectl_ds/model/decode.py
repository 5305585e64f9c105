"""From JSON bytes to values, as fast as the bytes can be read.

The straight path decodes a list in one go into structs with only the fields needed. Where that fails, because some
tool wrote ``null`` for an empty list or a value of a type that the API server would never send, the slow path
drops the nulls and decodes item by item, so that one odd object is named instead of hiding all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from kubectl_ds.errors import CaptureError
from kubectl_ds.model.value import Value

if TYPE_CHECKING:
    from kubectl_ds.model.kinds import Kind

T = TypeVar("T", bound=Value)


class ListMeta(Value, frozen=True):
    """Where a list stands."""

    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")
    remaining_item_count: int | None = None


class Page(Value, Generic[T], frozen=True):
    """One page of a list."""

    metadata: ListMeta = ListMeta()
    items: tuple[T, ...] | None = None


class RawPage(Value, frozen=True):
    """One page whose items stay bytes."""

    metadata: ListMeta = ListMeta()
    items: tuple[msgspec.Raw, ...] | None = None


class TypeMeta(Value, frozen=True):
    """What an object says it is."""

    api_version: str = ""
    kind: str = ""


class Identity(Value, frozen=True):
    """Just enough of an object to name it in an error."""

    name: str = ""
    namespace: str = ""


class _Named(Value, frozen=True):
    metadata: Identity = Identity()


_DECODERS: dict[type[Value], msgspec.json.Decoder[Any]] = {}


def decode_page(kind: Kind, body: bytes) -> tuple[tuple[Value, ...], ListMeta]:
    """The values of one page of a list of this kind, and where the list stands.

    Raises:
        CaptureError: the bytes are not JSON, or an item cannot be understood; names the item and the field.
    """
    if not kind.keeps_bytes:
        try:
            page = _decoder(Page[kind.value]).decode(body)  # type: ignore[name-defined]
            return page.items or (), page.metadata
        except msgspec.DecodeError:
            pass
    try:
        raw = _decoder(RawPage).decode(body)
    except msgspec.DecodeError as error:
        raise CaptureError(f"the list of {kind.qualified} is not valid JSON: {error}") from error
    return tuple(decode_item(kind, bytes(item)) for item in raw.items or ()), raw.metadata


def decode_items(kind: Kind, array: bytes) -> tuple[Value, ...]:
    """The values of a JSON array of objects of this kind.

    Raises:
        msgspec.DecodeError: it is no JSON array.
        CaptureError: an item cannot be understood; names the item and the field.
    """
    if not kind.keeps_bytes:
        try:
            return _decoder(tuple[kind.value, ...]).decode(array)  # type: ignore[name-defined, no-any-return]
        except msgspec.ValidationError:
            pass
    return tuple(decode_item(kind, bytes(item)) for item in _decoder(tuple[msgspec.Raw, ...]).decode(array))


def is_list_head(head: bytes) -> bool:
    """Whether these are the first bytes of a list, up to and with the bracket before its first item."""
    try:
        _decoder(RawPage).decode(head + b"]}")
    except msgspec.DecodeError:
        return False
    return True


def decode_item(kind: Kind, body: bytes) -> Value:
    """One object of this kind, with its bytes where values of this kind keep them.

    Raises:
        CaptureError: the bytes are not JSON, or a field has a type that Kubernetes does not know; names both.
    """
    try:
        value: Value = _decoder(kind.value).decode(body)
    except msgspec.ValidationError:
        value = _decode_tolerantly(kind, body)
    except msgspec.DecodeError as error:
        raise CaptureError(f"a {kind.kind} is not valid JSON: {error}") from error
    return msgspec.structs.replace(value, raw=msgspec.Raw(body)) if kind.keeps_bytes else value


def decode_generic(body: bytes) -> Any:
    """Plain dicts and lists, for what is shown or written back as it came."""
    return _decoder(Any).decode(body)


def from_builtins(value_type: type[T], data: object) -> T:
    """A value from plain dicts and lists, such as a parsed manifest; nulls count as absent.

    Raises:
        msgspec.ValidationError: a field has the wrong type; the message holds its path.
    """
    return msgspec.convert(without_nulls(data), value_type, strict=False)


def type_meta(body: bytes | msgspec.Raw) -> TypeMeta:
    """The apiVersion and kind of an object; empty where it has none."""
    try:
        return _decoder(TypeMeta).decode(body)  # type: ignore[no-any-return]
    except msgspec.DecodeError:
        return TypeMeta()


def without_nulls(data: object) -> object:
    """The same data without any null member: Kubernetes treats them as absent."""
    if isinstance(data, dict):
        return {key: without_nulls(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        return [without_nulls(value) for value in data if value is not None]
    return data


def _decode_tolerantly(kind: Kind, body: bytes) -> Value:
    try:
        return from_builtins(kind.value, decode_generic(body))
    except msgspec.ValidationError as error:
        raise CaptureError(f"{kind.kind} {_name_of(body)} cannot be understood: {error}") from error


def _name_of(body: bytes) -> str:
    try:
        identity = _decoder(_Named).decode(body).metadata
    except msgspec.DecodeError:
        return "(without a name)"
    return f"{identity.namespace}/{identity.name}" if identity.namespace else identity.name or "(without a name)"


def _decoder(value_type: Any) -> msgspec.json.Decoder[Any]:
    decoder = _DECODERS.get(value_type)
    if decoder is None:
        decoder = _DECODERS[value_type] = msgspec.json.Decoder(value_type, strict=True)
    return decoder
