"""What to look at when a container does not run: no command cures it from here, but its own words say why."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.engine.decision import Cause, Cure
from kubectl_ds.engine.evidence import ContainerEvidence
from kubectl_ds.engine.situation import Situation

_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
_CONFIG = ("CreateContainerConfigError", "CreateContainerError")


def look(situation: Situation, causes: tuple[Cause, ...]) -> Iterator[Cure]:
    """Where the first failing container tells more; nothing when no container fails."""
    for cause in causes:
        if isinstance(cause.evidence, ContainerEvidence) and situation.decision.pod is not None:
            yield Cure(change=_advice(situation, cause, cause.evidence), command=None)
            return


def of_container(situation: Situation, cause: Cause) -> Iterator[Cure]:
    """The row of every cause that no other row knows: something about a container, or nothing to say."""
    yield from look(situation, (cause,))


def _advice(situation: Situation, cause: Cause, evidence: ContainerEvidence) -> str:
    pod = situation.decision.pod
    assert pod is not None
    if cause.code in _IMAGE:
        return f"name an image that the node can pull; {evidence.image or 'this one'} it cannot"
    if cause.code in _CONFIG:
        words = cause.quoted.strip().splitlines()
        return f"give the container what it names: {words[0]}" if words else "give the container what it names"
    previous = " --previous" if evidence.restarts else ""
    logs = f"kubectl logs {pod.name} -n {pod.namespace} -c {evidence.container}{previous}"
    if evidence.last_reason == "OOMKilled":
        return f"raise the container's memory limit, or find what it needs so much for: {logs}"
    if cause.code == "ContainersNotReady":
        return f"its readiness probe fails, and says how in: kubectl describe pod {pod.name} -n {pod.namespace}"
    return f"the container itself must be mended; why it ends: {logs}"
