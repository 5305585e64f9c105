"""The API server's complaints about an object, brought back to the lines it was written in.

The server answers in four dialects (all of 1.37.2, seen on a real one):

- validation: ``details.causes``, each with a field path and a message;
- strict decoding: ``strict decoding error: unknown field "a.b[0].c", duplicate field "d"``;
- Go's decoder, which stops at the first fault and leaves the indices out of the path: ``json: cannot unmarshal
  string into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32``;
- parsers of single values, which name no field at all: quantities and times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from kubectl_ds.manifest.documents import Document
from kubectl_ds.manifest.finding import Finding, by_place
from kubectl_ds.manifest.mark import Found
from kubectl_ds.manifest.suggest import closest
from kubectl_ds.model import quantity

_STRICT = re.compile(r'(unknown|duplicate) field ("(?:[^"\\]|\\.)*")')
_GO_TYPE = re.compile(r"cannot unmarshal (\w+)(?: (\S+))? into Go struct field (\w+)\.(\S+) of type (\S+)")
_TIME = re.compile(r'parsing time ("(?:[^"\\]|\\.)*")')
_QUANTITY = ("quantities must match the regular expression", "unable to parse quantity")
_REGEX_NOTE = re.compile(r"\s*\(e\.g\. .*regex used for validation is '.*'\)", re.DOTALL)
_SUPPORTED = re.compile(r"supported values: (.*)$")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "bool": (bool,),
    "object": (dict,),
    "array": (list,),
}
_MISNAMED = {
    "spec.template.labels": "spec.template.metadata.labels",
    "spec.template.annotations": "spec.template.metadata.annotations",
}
"""Paths that the server gets wrong (kubernetes v1.37.2 ``ValidatePodTemplateSpec``)."""
_WORDS = {
    "string": "a text",
    "number": "a number",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "int32": "a whole number",
    "int64": "a whole number",
    "float64": "a number",
    "[]string": "a list of texts",
    "map[string]string": "a mapping of texts",
}
_QUANTITY_PARENTS = frozenset({"requests", "limits", "capacity", "allocatable", "hard", "overhead", "podFixed"})
_QUANTITY_KEYS = frozenset({"sizeLimit", "divisor", "storage"})
_QUANTITY_FORM = "a quantity is a number and at most one of n u m k M G T P E Ki Mi Gi Ti Pi Ei, such as 250m or 1Gi"


def findings_of(document: Document, message: str, causes: Iterable[tuple[str, str]] = ()) -> tuple[Finding, ...]:
    """The problems that a refusal speaks of, each where it was written; at least one, at the document if need be.

    Args:
        document: what was sent.
        message: ``status.message``.
        causes: ``status.details.causes`` as (field, message).
    """
    found = list(_of_causes(document, causes)) or list(_of_message(document, message))
    if not found:
        start = Found(document.mark, document.data, "", "")
        found = [document.finding(start, message.strip())]
    return tuple(sorted(dict.fromkeys(found), key=by_place))


def _of_causes(document: Document, causes: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    for field, message in causes:
        path = "" if field in ("<nil>", "") else field
        at = document.find(_MISNAMED.get(path, path))
        if not at.rest:
            at = _member_meant(at, message)
        short = _REGEX_NOTE.sub("", message)
        yield document.finding(
            at,
            f"{path}: {short}" if path else short,
            field=path,
            suggestion=_suggestion(document, path, message),
            key=bool(at.rest) or isinstance(at.value, (dict, list)),
        )


def _member_meant(at: Found, message: str) -> Found:
    """Of a map, the member whose key or value the message quotes; of anything else, itself."""
    quoted = _QUOTED.search(message)
    if quoted is None or not isinstance(at.value, dict):
        return at
    word = json.loads(quoted.group())
    return next((below for below in at.children() if word in (below.key, below.value)), at)


def _suggestion(document: Document, path: str, message: str) -> str:
    if "`selector` does not match template `labels`" in message:
        return _selector_suggestion(document)
    supported = _SUPPORTED.search(message)
    if supported:
        written = _QUOTED.search(message)
        near = closest(json.loads(written.group()), _QUOTED.findall(supported.group(1))) if written else None
        return f"did you mean {near}?" if near else ""
    if path.endswith("].name") and "volumeMounts[" in path and message.startswith("Not found"):
        volumes = document.find("spec.template.spec.volumes")
        names = [str(item.get("name")) for item in volumes.value if isinstance(item, dict)] if not volumes.rest else []
        return f"the volumes of the pod are: {', '.join(names)}" if names else "spec.template.spec.volumes is empty"
    return ""


def _selector_suggestion(document: Document) -> str:
    labels = document.find("spec.template.metadata.labels")
    selector = document.find("spec.selector")
    if selector.rest or not selector.value:
        if labels.rest or not isinstance(labels.value, dict) or not labels.value:
            return "spec.selector and spec.template.metadata.labels are missing: give both the same labels"
        wanted = ", ".join(f"{key}: {value}" for key, value in labels.value.items())
        return f"spec.selector is missing; add under spec: selector: {{matchLabels: {{{wanted}}}}}"
    line = document.source.position(selector.mark.key)[0]
    return f"the labels of the template must include all that spec.selector (line {line}) asks for"


def _of_message(document: Document, message: str) -> Iterator[Finding]:
    _, strict, problems = message.partition("strict decoding error: ")
    if strict:
        yield from (_strict(document, kind, json.loads(path)) for kind, path in _STRICT.findall(problems))
        return
    wrong = _GO_TYPE.search(message)
    if wrong:
        yield from _wrong_types(document, *wrong.groups())
    elif any(phrase in message for phrase in _QUANTITY):
        yield from _bad_quantities(document)
    else:
        time = _TIME.search(message)
        text = json.loads(time.group(1)) if time else None
        for at in document.walk():
            if text is not None and at.value == text:
                yield document.finding(
                    at,
                    f'{at.path}: "{text}" is not a time',
                    suggestion="write it as 2006-01-02T15:04:05Z; most times are the server's to set: leave it out",
                    key=False,
                )


def _strict(document: Document, kind: str, path: str) -> Finding:
    return document.finding(document.find(path), f'{kind} field "{path}"', field=path)


def _wrong_types(
    document: Document, found: str, value: str | None, _: str, path: str, wanted: str
) -> Iterator[Finding]:
    """The values at the path whose JSON type is the one complained of; Go names the map for what the map holds."""
    candidates = list(document.find_all(path))
    members = [below for at in candidates for below in at.children()]
    for group in (candidates, members):
        fitting = [at for at in group if _is_json(at.value, found) and (value is None or _writes(at.value, value))]
        for at in fitting:
            yield document.finding(
                at,
                f"{at.path}: {_WORDS.get(found, found)} where {_go_type(wanted)} is due",
                suggestion=_type_suggestion(at.value, document.written(at), wanted),
                key=False,
            )
        if fitting:
            return


def _is_json(value: object, json_type: str) -> bool:
    if isinstance(value, bool):
        return json_type == "bool"
    return isinstance(value, _JSON_TYPES.get(json_type, ()))


def _writes(value: object, number: str) -> bool:
    try:
        return isinstance(value, (int, float)) and float(number) == value
    except ValueError:
        return False


def _go_type(name: str) -> str:
    bare = name.removeprefix("*")
    if bare in _WORDS:
        return _WORDS[bare]
    if bare.startswith("[]"):
        return f"a list of {bare[2:].rpartition('.')[2]}"
    return f"a mapping ({bare.rpartition('.')[2]})"


def _type_suggestion(value: object, written: str, wanted: str) -> str:
    bare = wanted.removeprefix("*")
    if bare == "string" and isinstance(value, (bool, int, float)):
        return f'write it in quotes: "{written}"'
    if isinstance(value, str):
        if bare in ("int32", "int64") and re.fullmatch(r"-?\d+", value):
            return f"write it without quotes: {value}"
        if bare == "bool" and value.lower() in ("true", "false", "yes", "no", "on", "off"):
            return f"write {'true' if value.lower() in ('true', 'yes', 'on') else 'false'} without quotes"
        if bare == "[]string":
            return f"write it as a list: [{json.dumps(value, ensure_ascii=False)}]"
    if bare.startswith("[]") and isinstance(value, dict):
        return "write it as a list: begin the item with a dash"
    return ""


def _bad_quantities(document: Document) -> Iterator[Finding]:
    """Every value where a quantity is due and none stands; the server stops at the first and does not say where."""
    for at in document.walk():
        *_, parent, key = ["", "", *re.split(r"[.\[\]]+", at.path.rstrip("]"))]
        if isinstance(at.value, (dict, list)) and at.value:
            continue
        if (parent in _QUANTITY_PARENTS or key in _QUANTITY_KEYS) and not _is_quantity(at.value):
            yield document.finding(
                at, f"{at.path}: {json.dumps(at.value)} is not a quantity", suggestion=_QUANTITY_FORM, key=False
            )


def _is_quantity(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and quantity.is_quantity(value)
