"""What a kubelet reports about a pod, as values: a behaviour and a pod give a status and events.

The words, conditions and states are those of the real kubelet, because kubectl-ds reads and quotes them.
Nothing here talks to a cluster.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .events import Note
from .objects import node_address, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """What the kubelet says: the patch of the pod's status (None: nothing) and the events."""

    status: Object | None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Behaviour:
    """How pods fare; the subclasses say it."""

    def report(self, pod: Object, now: float) -> Report:
        """The status and the events of the pod at ``now`` (seconds since 1970)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Hold(Behaviour):
    """Nothing happens: the pod stays bound and Pending, as when a kubelet has not got round to it."""

    def report(self, pod: Object, now: float) -> Report:
        return Report(None)


@dataclass(frozen=True)
class Ready(Behaviour):
    """Running and Ready."""

    ago: int = 0
    """Seconds since when; what counts against minReadySeconds."""

    def report(self, pod: Object, now: float) -> Report:
        notes = []
        for container in pod["spec"]["containers"]:
            name, image = container["name"], container["image"]
            pulled = f'Container image "{image}" already present on machine'
            for reason, message in (
                ("Pulled", pulled),
                ("Created", "Container created"),
                ("Started", "Container started"),
            ):
                notes.append(Note(reason, message, warning=False, container=name))
        return Report(_status(pod, now - self.ago, _running(now - self.ago)), tuple(notes))


@dataclass(frozen=True)
class NotReady(Behaviour):
    """Running, but the readiness probe fails."""

    message: str = "Readiness probe failed: HTTP probe failed with statuscode: 503"

    def report(self, pod: Object, now: float) -> Report:
        name = _first(pod)
        state = _running(now) | {"ready": False}
        return Report(_status(pod, now, state, name), (Note("Unhealthy", self.message, container=name, count=12),))


@dataclass(frozen=True)
class CrashLoop(Behaviour):
    """The first container, or the named one, ends again and again."""

    restarts: int = 7
    exit_code: int = 1
    reason: str = "Error"
    """``Error``, ``OOMKilled`` or ``Completed``."""

    container: str | None = None
    termination_message: str | None = None

    def report(self, pod: Object, now: float) -> Report:
        name = self.container or _first(pod)
        metadata = pod["metadata"]
        address = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        waiting = {
            "reason": "CrashLoopBackOff",
            "message": f"back-off {_back_off(self.restarts)} restarting failed container={name} pod={address}",
        }
        ended: Object = {
            "exitCode": self.exit_code,
            "reason": self.reason,
            "startedAt": timestamp(now - 65),
            "finishedAt": timestamp(now - 60),
            "containerID": _container_id(pod, f"{name}-last"),
        }
        if self.termination_message:
            ended["message"] = self.termination_message
        state = {
            "ready": False,
            "started": False,
            "restartCount": self.restarts,
            "state": {"waiting": waiting},
            "lastState": {"terminated": ended},
        }
        text = f"Back-off restarting failed container {name} in pod {address}"
        return Report(_status(pod, now, state, name), (Note("BackOff", text, container=name, count=31),))


@dataclass(frozen=True)
class ImagePullFail(Behaviour):
    """The image cannot be pulled."""

    image: str | None = None
    """The image that the messages name; by default the container's own."""

    error: str | None = None
    """The runtime's words; by default those of containerd about an image that does not exist."""

    def report(self, pod: Object, now: float) -> Report:
        name = _first(pod)
        image = self.image or pod["spec"]["containers"][0]["image"]
        error = self.error or (
            f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
            f'failed to resolve reference "{image}": {image}: not found'
        )
        message = f'Back-off pulling image "{image}": ErrImagePull: {error}'
        notes = (
            Note("Pulling", f'Pulling image "{image}"', warning=False, container=name, count=4),
            Note("Failed", f'Failed to pull image "{image}": {error}', container=name, count=4),
            Note("Failed", "Error: ErrImagePull", container=name, count=4),
            Note("BackOff", f'Back-off pulling image "{image}"', warning=False, container=name, count=9),
            Note("Failed", "Error: ImagePullBackOff", container=name, count=9),
        )
        return Report(_status(pod, now, _waiting("ImagePullBackOff", message), name, phase="Pending"), notes)


@dataclass(frozen=True)
class CreateContainerConfigError(Behaviour):
    """Something that the container names, a Secret or a ConfigMap, is not there."""

    message: str = 'secret "x" not found'

    def report(self, pod: Object, now: float) -> Report:
        name = _first(pod)
        state = _waiting("CreateContainerConfigError", self.message)
        notes = (Note("Failed", f"Error: {self.message}", container=name, count=12),)
        return Report(_status(pod, now, state, name, phase="Pending"), notes)


@dataclass(frozen=True)
class ContainerCreating(Behaviour):
    """The sandbox or the volumes are not there yet; ``note`` says what the kubelet complains about meanwhile."""

    reason: str = "FailedMount"
    message: str = 'MountVolume.SetUp failed for volume "config" : configmap "x" not found'

    def report(self, pod: Object, now: float) -> Report:
        state = _waiting("ContainerCreating", None)
        status = _status(pod, now, state, None, phase="Pending", sandbox=False)
        return Report(status, (Note(self.reason, self.message, count=8),))


@dataclass(frozen=True)
class Fail(Behaviour):
    """The kubelet ended the pod: phase Failed."""

    reason: str = "Evicted"
    message: str = (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52340Ki. "
        "Container main was using 1204Mi, request is 64Mi, has larger consumption of memory. "
    )

    ran: bool = True
    """False when the kubelet refused the pod before its containers ran. kubectl's STATUS column then shows the
    reason; of a pod that ran it shows how the container ended."""

    def report(self, pod: Object, now: float) -> Report:
        ended = {"exitCode": 137, "reason": "Error", "startedAt": timestamp(now - 60), "finishedAt": timestamp(now)}
        state = {"ready": False, "started": False, "state": {"terminated": ended}}
        status = _status(pod, now, state, None, phase="Failed", failed=True)
        status |= {"reason": self.reason, "message": self.message}
        if not self.ran:
            status["containerStatuses"] = []
        if self.reason == "Evicted":
            disruption = {"reason": "TerminationByKubelet", "message": self.message}
            status["conditions"].append(_condition("DisruptionTarget", True, now) | disruption)
        return Report(status, (Note(self.reason, self.message),))


@dataclass(frozen=True)
class OutOf(Behaviour):
    """The kubelet refused the pod at admission: it counts differently from the scheduler."""

    resource: str = "cpu"
    requested: int = 500
    used: int = 3900
    capacity: int = 4000

    def report(self, pod: Object, now: float) -> Report:
        reason = f"OutOf{self.resource}"
        text = (
            f"Node didn't have enough resource: {self.resource}, "
            f"requested: {self.requested}, used: {self.used}, capacity: {self.capacity}"
        )
        status = {
            "phase": "Failed",
            "reason": reason,
            "message": f"Pod was rejected: {text}",
            "startTime": timestamp(now),
        }
        return Report(status, (Note(reason, text),))


def killing(pod: Object) -> tuple[Note, ...]:
    """What the kubelet notes when it ends the containers of a deleted pod."""
    names = [container["name"] for container in pod["spec"]["containers"]]
    return tuple(Note("Killing", f"Stopping container {name}", warning=False, container=name) for name in names)


def _status(
    pod: Object,
    now: float,
    state: Object,
    target: str | None = None,
    phase: str = "Running",
    sandbox: bool = True,
    failed: bool = False,
) -> Object:
    """The status in which the target container (None: each one) is in ``state`` and the others run.

    A strategic patch merges conditions by type, so those of the scheduler and of disruptions stay.
    """
    spec = pod["spec"]
    init_names = [container["name"] for container in spec.get("initContainers", [])]
    stuck_in_init = target in init_names
    statuses = []
    for container in spec["containers"]:
        if stuck_in_init:
            own = _waiting("PodInitializing", None)
        else:
            own = state if target in (None, container["name"]) else _running(now)
        statuses.append(_container_status(pod, container, own))
    unready = [status["name"] for status in statuses if not status["ready"]]
    ready_fields: Object = {}
    if failed:
        ready_fields = {"reason": "PodFailed", "message": None}
    elif unready:
        words = f"containers with unready status: [{' '.join(unready)}]"
        ready_fields = {"reason": "ContainersNotReady", "message": words}
    else:
        ready_fields = {"reason": None, "message": None}
    conditions = [
        _condition("PodReadyToStartContainers", sandbox and not failed, now),
        _initialized(init_names, stuck_in_init, target, now),
        _condition("Ready", not unready, now) | ready_fields,
        _condition("ContainersReady", not unready, now) | ready_fields,
    ]
    if not any(known["type"] == "PodScheduled" for known in pod["status"].get("conditions", [])):
        conditions.append(_condition("PodScheduled", True, now))
    status: Object = {
        "phase": "Pending" if stuck_in_init else phase,
        "startTime": pod["status"].get("startTime") or timestamp(now),
        "conditions": conditions,
        "containerStatuses": statuses,
        "hostIP": node_address(spec["nodeName"]),
        "hostIPs": [{"ip": node_address(spec["nodeName"])}],
    }
    if sandbox:
        status["podIP"] = _pod_address(pod)
        status["podIPs"] = [{"ip": status["podIP"]}]
    if init_names:
        status["initContainerStatuses"] = _init_statuses(pod, state if stuck_in_init else None, target, now)
    return status


def _init_statuses(pod: Object, state: Object | None, target: str | None, now: float) -> list[Object]:
    """Those before the target are done (sidecars: running), those after it wait."""
    statuses = []
    reached = False
    done: Object = {"exitCode": 0, "reason": "Completed", "startedAt": timestamp(now), "finishedAt": timestamp(now)}
    for container in pod["spec"]["initContainers"]:
        if state is not None and container["name"] == target:
            own, reached = state, True
        elif reached:
            own = _waiting("PodInitializing", None)
        elif container.get("restartPolicy") == "Always":
            own = _running(now)
        else:
            own = {"ready": True, "started": False, "state": {"terminated": done}}
        statuses.append(_container_status(pod, container, own))
    return statuses


def _initialized(init_names: Sequence[str], stuck: bool, target: str | None, now: float) -> Object:
    if not stuck:
        return _condition("Initialized", True, now) | {"reason": None, "message": None}
    unfinished = list(init_names)[list(init_names).index(str(target)) :]
    words = f"containers with incomplete status: [{' '.join(unfinished)}]"
    return _condition("Initialized", False, now) | {"reason": "ContainersNotInitialized", "message": words}


def _container_status(pod: Object, container: Object, state: Object) -> Object:
    status: Object = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "restartCount": 0,
        "lastState": {},
    } | state
    if "waiting" not in status["state"] or status["lastState"]:
        status["imageID"] = _image_id(container["image"])
        status["containerID"] = _container_id(pod, container["name"])
    return status


def _running(now: float) -> Object:
    return {"ready": True, "started": True, "state": {"running": {"startedAt": timestamp(now)}}}


def _waiting(reason: str, message: str | None) -> Object:
    waiting = {"reason": reason} | ({"message": message} if message else {})
    return {"ready": False, "started": False, "state": {"waiting": waiting}}


def _condition(type_: str, status: bool, now: float) -> Object:
    return {"type": type_, "status": str(status), "lastProbeTime": None, "lastTransitionTime": timestamp(now)}


def _container_id(pod: Object, name: str) -> str:
    return "containerd://" + f"{zlib.crc32((pod['metadata']['uid'] + name).encode()):08x}" * 8


def _image_id(image: str) -> str:
    folder, slash, name = image.partition("@")[0].rpartition("/")
    digest = f"{zlib.crc32(image.encode()):08x}" * 8
    return f"{folder}{slash}{name.partition(':')[0]}@sha256:{digest}"


def _pod_address(pod: Object) -> str:
    if pod["spec"].get("hostNetwork"):
        return node_address(pod["spec"]["nodeName"])
    number = zlib.crc32(pod["metadata"]["uid"].encode())
    return f"10.{64 + (number >> 16) % 64}.{(number >> 8) % 256}.{1 + number % 254}"


def _back_off(restarts: int) -> str:
    """The kubelet's back-off after so many restarts: 10 s, doubling up to 5 minutes, as Go prints it."""
    seconds = min(300, 10 * 2 ** max(0, restarts - 1))
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _first(pod: Object) -> str:
    name: str = pod["spec"]["containers"][0]["name"]
    return name
