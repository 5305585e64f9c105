"""What a staged rollout rolls out: an image, a manifest's template, or a patch, as the server makes a template of it.

The server is asked in a dry run, so that defaults, webhooks and validation are its own, before anything is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.cluster.writes import FIELD_MANAGER
from kubectl_ds.errors import ApiError, UsageError
from kubectl_ds.model.daemonset import TEMPLATE_GENERATION_ANNOTATION, DaemonSet
from kubectl_ds.model.decode import decode_generic, decode_item
from kubectl_ds.model.kinds import DAEMON_SETS

_STRATEGIC = "application/strategic-merge-patch+json"
_SERVERS_OWN = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")


@dataclass(frozen=True)
class Change:
    """What was asked for; at most one of the three."""

    images: Mapping[str, str] | None = None
    """By container, ``*`` for all of them."""
    template: Any = None
    """A whole pod template."""
    patch: Any = None
    """A strategic merge patch of the DaemonSet."""

    @property
    def nothing(self) -> bool:
        """Whether what is pending is to be rolled out."""
        return self.images is None and self.template is None and self.patch is None


def changed(client: LiveClient, daemon_set: DaemonSet, change: Change) -> DaemonSet:
    """The DaemonSet as it would be with the change; itself, when there is none.

    Raises:
        UsageError: it names a container that is not there, or changes more than the template.
        ApiError: the server refuses it.
    """
    if change.nothing:
        return daemon_set
    body = _body(daemon_set, change)
    path = object_path(DAEMON_SETS.path(daemon_set.namespace), daemon_set.name)
    params = (("dryRun", "All"), ("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict"))
    try:
        answer = client.patch(path, msgspec.json.encode(body), _STRATEGIC, params)
    except ApiError as error:
        error.hint = error.hint or "Nothing was changed: the server was asked in a dry run."
        raise
    after = decode_item(DAEMON_SETS, answer.body)
    assert isinstance(after, DaemonSet)
    strays = _strays(daemon_set, after)
    if strays:
        raise UsageError(
            f"--patch changes more than the template: {', '.join(strays)}",
            hint="Change that by kubectl patch first; only a new template is rolled out in waves.",
        )
    return after


def _body(daemon_set: DaemonSet, change: Change) -> Any:
    if change.patch is not None:
        return change.patch
    if change.template is not None:
        return {"spec": {"template": {**change.template, "$patch": "replace"}}}
    spec = daemon_set.spec.template.spec
    groups = {
        "containers": [each.name for each in spec.containers],
        "initContainers": [each.name for each in spec.init_containers],
    }
    images = dict(change.images or {})
    every = images.pop("*", None)
    wanted = {name: every for names in groups.values() for name in names if every is not None} | images
    known = {name for names in groups.values() for name in names}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UsageError(
            f'--image: daemonset {daemon_set.name} has no container "{unknown[0]}"',
            hint=f"its containers are {', '.join(sorted(known))}",
        )
    pods = {
        group: [{"name": name, "image": wanted[name]} for name in names if name in wanted]
        for group, names in groups.items()
    }
    return {"spec": {"template": {"spec": {group: each for group, each in pods.items() if each}}}}


def _strays(before: DaemonSet, after: DaemonSet) -> list[str]:
    """What differs besides the template, as paths."""
    was, becomes = (_outside_template(each) for each in (before, after))
    return sorted(
        f"{part}.{key}"
        for part in ("metadata", "spec")
        for key in was[part].keys() | becomes[part].keys()
        if was[part].get(key) != becomes[part].get(key)
    )


def _outside_template(daemon_set: DaemonSet) -> dict[str, dict[str, Any]]:
    data = decode_generic(bytes(daemon_set.raw))
    metadata = {key: value for key, value in data["metadata"].items() if key not in _SERVERS_OWN}
    metadata["annotations"] = {
        key: value for key, value in metadata.get("annotations", {}).items() if key != TEMPLATE_GENERATION_ANNOTATION
    }
    return {"metadata": metadata, "spec": {key: value for key, value in data["spec"].items() if key != "template"}}
