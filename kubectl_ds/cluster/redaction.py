"""What a capture may not hold, taken out so that everything that is compared still compares.

Values of environment variables, arguments, commands, probe headers and volume attributes become ``<redacted 1>``,
``<redacted 2>``…: the number tells different values of one place apart, so that a template equals its revision and
differs from the others just as before. What the numbers stand for is nowhere kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

Object = dict[str, Any]
Place = tuple[str, ...]
"""Where a value stands: namespace, DaemonSet, container, field."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CHANGE_CAUSE = "kubernetes.io/change-cause"
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_RUNTIME_SPEAKS = ("StartError", "ContainerCannotRun", "ContainerStatusUnknown")
"""Reasons with which a termination message is not the container's."""
_ASSIGNED = re.compile(r"(?<=[\w.-])=\S+")
_KNOWN_DOMAINS = ("kubernetes.io", "k8s.io", "openshift.io")


class Redactor:
    """Redacts the objects of one capture; numbers count up in the order in which values are met."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], dict[bytes, int]] = {}

    def daemon_set(self, data: Object) -> Object:
        """A DaemonSet, complete except for what is redacted."""
        metadata = data.get("metadata", {})
        place = (metadata.get("namespace", ""), metadata.get("name", ""))
        return _changed(_changed(data, "metadata", _metadata), "spec", partial(self._with_template, place))

    def revision(self, data: Object, daemon_set: str) -> Object:
        """A ControllerRevision of this DaemonSet, its remembered template redacted as the DaemonSet's own is."""
        place = (data.get("metadata", {}).get("namespace", ""), daemon_set)
        return _changed(_changed(data, "metadata", _metadata), "data", partial(self._remembered, place))

    def _remembered(self, place: Place, data: Object) -> Object:
        return _changed(data, "spec", partial(self._with_template, place))

    def _with_template(self, place: Place, spec: Object) -> Object:
        return _changed(spec, "template", partial(self._template, place))

    def _template(self, place: Place, template: Object) -> Object:
        return _changed(_changed(template, "metadata", _metadata), "spec", partial(self._pod_spec, place))

    def _pod_spec(self, place: Place, spec: Object) -> Object:
        for group in _CONTAINERS:
            spec = _each(spec, group, partial(self._container, (*place, group)))
        return _each(spec, "volumes", partial(self._volume, (*place, "volumes")))

    def _container(self, place: Place, container: Object) -> Object:
        place = (*place, _name(container))
        container = _each(container, "env", partial(self._value, (*place, "env")))
        for key in ("command", "args"):
            container = self._list(key, (*place, key), container)
        for probe in _PROBES:
            container = _changed(container, probe, partial(self._action, (*place, probe)))
        return _changed(container, "lifecycle", partial(self._lifecycle, place))

    def _lifecycle(self, place: Place, lifecycle: Object) -> Object:
        for hook in _HOOKS:
            lifecycle = _changed(lifecycle, hook, partial(self._action, (*place, hook)))
        return lifecycle

    def _action(self, place: Place, action: Object) -> Object:
        action = _changed(action, "exec", partial(self._list, "command", place))
        return _changed(action, "httpGet", partial(self._headers, place))

    def _headers(self, place: Place, get: Object) -> Object:
        return _each(get, "httpHeaders", partial(self._value, place))

    def _volume(self, place: Place, volume: Object) -> Object:
        place = (*place, _name(volume))
        volume = _changed(volume, "csi", partial(self._map, "volumeAttributes", place))
        return _changed(volume, "flexVolume", partial(self._map, "options", place))

    def _map(self, key: str, place: Place, data: Object) -> Object:
        return _changed(
            data, key, lambda values: {each: self._placeholder(held, (*place, each)) for each, held in values.items()}
        )

    def _value(self, place: Place, data: Object) -> Object:
        """The ``value`` of something that has a name."""
        return {**data, "value": self._placeholder(data["value"], (*place, _name(data)))} if data.get("value") else data

    def _list(self, key: str, place: Place, data: Object) -> Object:
        return {**data, key: [self._placeholder(data[key], place)]} if data.get(key) else data

    def _placeholder(self, value: object, place: Place) -> str:
        known = self._numbers.setdefault(place, {})
        return f"<redacted {known.setdefault(msgspec.json.encode(value, order='sorted'), len(known) + 1)}>"


def without_last_words(pod: Object) -> Object:
    """A pod without its containers' termination messages: they may be logs. What the runtime itself says stays."""

    def ended(state: Object) -> Object:
        terminated = state.get("terminated")
        if not isinstance(terminated, dict) or terminated.get("reason") in _RUNTIME_SPEAKS:
            return state
        return {**state, "terminated": {key: value for key, value in terminated.items() if key != "message"}}

    def container(status: Object) -> Object:
        return _changed(_changed(status, "state", ended), "lastState", ended)

    def statuses(status: Object) -> Object:
        return _each(_each(status, "containerStatuses", container), "initContainerStatuses", container)

    return _changed(pod, "status", statuses)


def known_annotations(annotations: Object) -> Object:
    """Those annotations of an object by which Kubernetes decides; what others keep there is theirs."""
    return {key: value for key, value in annotations.items() if key != LAST_APPLIED and _is_known(key)}


def _name(data: Object) -> str:
    return str(data.get("name", ""))


def _is_known(key: str) -> bool:
    domain = key.partition("/")[0]
    return any(domain == known or domain.endswith(f".{known}") for known in _KNOWN_DOMAINS)


def _metadata(metadata: Object) -> Object:
    """Without managedFields and last-applied; a change cause that is a command line keeps its names alone."""
    kept = {key: value for key, value in metadata.items() if key != "managedFields"}
    return _changed(kept, "annotations", _annotations)


def _annotations(annotations: Object) -> Object:
    kept = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    cause = kept.get(_CHANGE_CAUSE)
    if isinstance(cause, str) and cause.startswith("kubectl"):
        kept[_CHANGE_CAUSE] = _ASSIGNED.sub("=<redacted>", cause)
    return kept


def _changed(data: Object, key: str, change: Callable[[Object], Object]) -> Object:
    found = data.get(key)
    return {**data, key: change(found)} if isinstance(found, dict) else data


def _each(data: Object, key: str, change: Callable[[Object], Object]) -> Object:
    found = data.get(key)
    if not isinstance(found, list):
        return data
    return {**data, key: [change(each) if isinstance(each, dict) else each for each in found]}
