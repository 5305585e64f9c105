"""The fields of a pod that Pod Security Standards look at, read from the template as it came.

The model decodes none of them: they decide nothing else. It must not know any standard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
"""The prefix of annotations that were AppArmor profiles before there were fields."""

Object = Mapping[str, Any]


@dataclass(frozen=True)
class SecurityView:
    """A pod, as the checks see it: plain dicts without nulls."""

    annotations: Mapping[str, str]
    spec: Object
    containers: tuple[Object, ...]
    """Init containers, then containers, in the order of upstream's ``visitContainers``."""

    @property
    def windows(self) -> bool:
        """Whether the pod says that it is for Windows."""
        return bool(part(self.spec, "os").get("name") == "windows")

    @property
    def in_user_namespace(self) -> bool:
        """``hostUsers: false`` (``relaxPolicyForUserNamespacePod``)."""
        return self.spec.get("hostUsers") is False

    @property
    def context(self) -> Object:
        """The security context of the pod."""
        return part(self.spec, "securityContext")

    def names(self, bad: Callable[[Object], object]) -> list[str]:
        """The containers of which ``bad`` is true."""
        return [name_of(each) for each in self.containers if bad(each)]


def view_of(template: Object, minor: int) -> SecurityView:
    """The view of a pod template in plain dicts, as a pod of it looks to the API server of this version."""
    spec = part(template, "spec")
    every = (*items(spec, "initContainers"), *items(spec, "containers"))
    annotations = dict(part(part(template, "metadata"), "annotations"))
    if minor <= 33:
        annotations = _app_armor_annotations(spec, every) | annotations
    return SecurityView(annotations=annotations, spec=spec, containers=every)


def _app_armor_annotations(spec: Object, every: Iterable[Object]) -> dict[str, str]:
    """Annotations for AppArmor fields, which pods got up to 1.33 (``applyAppArmorVersionSkew``)."""
    if part(spec, "os").get("name") == "windows":
        return {}
    own = part(spec, "securityContext").get("appArmorProfile")
    profiles = {name_of(each): context_of(each).get("appArmorProfile", own) for each in every}
    words = {"Unconfined": "unconfined", "RuntimeDefault": "runtime/default"}
    return {
        APP_ARMOR + name: words.get(str(profile.get("type")), f"localhost/{profile.get('localhostProfile', '')}")
        for name, profile in profiles.items()
        if isinstance(profile, dict)
    }


def part(data: Object, key: str) -> Object:
    """An object within an object; empty when it is not there."""
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def items(data: Object, key: str) -> list[Object]:
    """The objects of a list within an object; empty when it is not there."""
    found = data.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def context_of(container: Object) -> Object:
    """The security context of a container."""
    return part(container, "securityContext")


def name_of(data: Object) -> str:
    """The name of a container or volume."""
    return str(data.get("name", ""))


def quoted(values: Iterable[str]) -> str:
    """``"a", "b"`` (``joinQuote``)."""
    return ", ".join(f'"{each}"' for each in values)


def plural(word: str, count: int) -> str:
    """The word, with an s unless there is one (``pluralize``)."""
    return word if count == 1 else f"{word}s"


def containers(names: list[str]) -> str:
    """``container "a"`` or ``containers "a", "b"``."""
    return f"{plural('container', len(names))} {quoted(names)}"


def setters(pod_is_bad: bool, names: list[str]) -> str:
    """``pod and container "a"``; empty when neither is bad."""
    return " and ".join((["pod"] if pod_is_bad else []) + ([containers(names)] if names else []))
