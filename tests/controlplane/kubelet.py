"""A fake kubelet for every node of a plane: it watches pods and reports about them as the test steers.

Without steering, a bound pod becomes Running and Ready at once, and a deleted pod is gone at once. Rules are
asked from the newest to the oldest; a new rule changes the pods that are already there as well. There is one
watch, and a few worker threads that each send one PATCH per change, so that thousands of pods take seconds.
"""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import behaviour as behaviours
from .client import ApiError
from .events import event
from .nodes import mark_not_ready, mark_ready, mark_unreachable
from .workqueue import WorkQueue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from .behaviour import Behaviour
    from .client import Client, Watch
    from .events import Note

Object = dict[str, Any]

WORKERS = 6


@dataclass(frozen=True)
class PodMatcher:
    """Which pods a rule is about; what is None or empty matches every pod."""

    node: str | None = None
    namespace: str | None = None
    name: str | None = None
    image: str | None = None
    revision: str | None = None
    """The ``controller-revision-hash`` that the DaemonSet controller labels its pods with."""

    labels: Mapping[str, str] | None = None

    def matches(self, pod: Object) -> bool:
        """True when the pod is everything that was asked for."""
        metadata, spec = pod["metadata"], pod["spec"]
        labels = metadata.get("labels", {})
        wanted = dict(self.labels or {})
        if self.revision is not None:
            wanted["controller-revision-hash"] = self.revision
        return (
            self.node in (None, spec.get("nodeName"))
            and self.namespace in (None, metadata["namespace"])
            and self.name in (None, metadata["name"])
            and (self.image is None or any(self.image == container["image"] for container in spec["containers"]))
            and all(labels.get(key) == value for key, value in wanted.items())
        )


class FakeKubelet:
    """The kubelets of all nodes. The match keywords everywhere are the fields of ``PodMatcher``."""

    def __init__(self, client: Client, chatty: bool = False) -> None:
        """``chatty`` also writes the events of a normal life: Pulled, Created, Started, Killing."""
        self.chatty = chatty
        self._client = client
        self._queue = WorkQueue()
        self._pods: dict[str, Object] = {}
        """By uid, as the watch saw them last."""

        self._applied: dict[str, Behaviour] = {}
        self._finished: set[str] = set()
        """The uids of the pods that we have let go; a finalizer may still keep them."""

        self._rules: list[tuple[PodMatcher, Behaviour]] = []
        self._endings: list[tuple[PodMatcher, bool]] = []
        """Whether to finish the deletion of the pods that match."""

        self._silent: set[str] = set()
        """The nodes for which nobody acts."""

        self._not_ready: set[str] = set()
        """The nodes whose kubelet starts nothing, but still ends pods."""

        self._problems: list[str] = []
        self._stopping = threading.Event()
        self._watch: Watch | None = None
        self._threads = [threading.Thread(target=self._follow, name="kubelet-watch", daemon=True)]
        self._threads += [
            threading.Thread(target=self._work, name=f"kubelet-{number}", daemon=True) for number in range(WORKERS)
        ]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to act."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all threads and close the client."""
        self._stopping.set()
        self._queue.close()
        if self._watch is not None:
            self._watch.interrupt()
        for thread in self._threads:
            thread.join(timeout=35)
        self._client.close()

    # Steering

    def steer(self, behaviour: Behaviour, **match: Any) -> None:
        """Have the matching pods fare like this, until a later rule says otherwise."""
        self._rules.insert(0, (PodMatcher(**match), behaviour))
        self._look_again(self._pods)

    def hold(self, **match: Any) -> None:
        """Do nothing about new pods: they stay bound and Pending. Those that run already stay as they are."""
        self.steer(behaviours.Hold(), **match)

    def ready(self, ago: int = 0, **match: Any) -> None:
        """Running and Ready, since ``ago`` seconds."""
        self.steer(behaviours.Ready(ago), **match)

    def not_ready(self, **match: Any) -> None:
        """Running, with a failing readiness probe."""
        self.steer(behaviours.NotReady(), **match)

    def crash_loop(
        self,
        restarts: int = 7,
        exit_code: int = 1,
        reason: str = "Error",
        container: str | None = None,
        termination_message: str | None = None,
        **match: Any,
    ) -> None:
        """CrashLoopBackOff; ``container`` may be an init container."""
        self.steer(behaviours.CrashLoop(restarts, exit_code, reason, container, termination_message), **match)

    def image_pull_fail(self, image: str | None = None, error: str | None = None, **match: Any) -> None:
        """ImagePullBackOff for the pods with this image, or for the other pods that match."""
        self.steer(behaviours.ImagePullFail(image, error), image=image, **match)

    def create_config_error(self, message: str = 'secret "x" not found', **match: Any) -> None:
        """CreateContainerConfigError."""
        self.steer(behaviours.CreateContainerConfigError(message), **match)

    def container_creating(self, reason: str = "FailedMount", message: str = "", **match: Any) -> None:
        """ContainerCreating, with the kubelet complaining in an event."""
        given = behaviours.ContainerCreating(reason, message) if message else behaviours.ContainerCreating(reason)
        self.steer(given, **match)

    def fail(
        self, reason: str = "Evicted", message: str = behaviours.Fail.message, ran: bool = True, **match: Any
    ) -> None:
        """Phase Failed. The DaemonSet controller replaces the pod, and the replacement fares the same."""
        self.steer(behaviours.Fail(reason, message, ran), **match)

    def outof(self, resource: str = "cpu", **match: Any) -> None:
        """Phase Failed because the kubelet's own count says that the node is full."""
        self.steer(behaviours.OutOf(resource), **match)

    def keep_terminating(self, **match: Any) -> None:
        """Do not finish deletions: the pods stay Terminating."""
        self._endings.insert(0, (PodMatcher(**match), False))

    def finish_terminating(self, **match: Any) -> None:
        """Finish deletions again, those that wait already too."""
        self._endings.insert(0, (PodMatcher(**match), True))
        self._look_again(self._pods)

    def node_down(self, name: str) -> None:
        """The node is unreachable: conditions Unknown, taints, and nobody acts for its pods."""
        self._silent.add(name)
        mark_unreachable(self._client, name)

    def node_not_ready(self, name: str, reason: str | None = None, message: str | None = None) -> None:
        """The kubelet reports NotReady: until ``node_up`` it starts nothing, and its pods count as not ready."""
        self._not_ready.add(name)
        mark_not_ready(self._client, name, reason, message)

    def node_up(self, name: str) -> None:
        """The node is well again, and its pods are reported anew."""
        self._silent.discard(name)
        self._not_ready.discard(name)
        mark_ready(self._client, name)
        pods = {uid: pod for uid, pod in self._pods.copy().items() if pod["spec"].get("nodeName") == name}
        for uid in pods:
            self._applied.pop(uid, None)
        self._look_again(pods)

    def silence(self, node: str) -> None:
        """Stop acting for a node without any mark on it, as in the first 40 s after its power went."""
        self._silent.add(node)

    def reset(self) -> None:
        """Forget all steering, and finish what was kept."""
        self._rules.clear()
        self._endings.clear()
        self._silent.clear()
        self._not_ready.clear()
        self._problems.clear()
        self._look_again(self._pods)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until every bound pod that exists now has been reported or let go as the rules say."""
        deadline = time.monotonic() + timeout
        while True:
            while not self._queue.idle() and time.monotonic() < deadline:
                time.sleep(0.01)
            left = [pod for pod in self._client.list("pods") if self._is_waiting(pod)]
            if not left:
                return
            if time.monotonic() > deadline:
                names = ", ".join(pod["metadata"]["name"] for pod in left[:5])
                raise AssertionError(f"{len(left)} pods not handled in {timeout} s: {names}; {self._problems[-3:]}")
            time.sleep(0.03)

    # Deciding

    def _is_waiting(self, pod: Object) -> bool:
        """True when the kubelet still has something to do for the pod."""
        node, uid = pod["spec"].get("nodeName"), pod["metadata"]["uid"]
        if not node or node in self._silent:
            return False
        if "deletionTimestamp" in pod["metadata"]:
            return uid not in self._finished and self._finishes(pod)
        if node in self._not_ready or pod["status"].get("phase") in ("Failed", "Succeeded"):
            return False
        wanted = self._behaviour(pod)
        return not isinstance(wanted, behaviours.Hold) and self._applied.get(uid) != wanted

    def _behaviour(self, pod: Object) -> Behaviour:
        return next((wanted for matcher, wanted in self._rules.copy() if matcher.matches(pod)), behaviours.Ready())

    def _finishes(self, pod: Object) -> bool:
        return next((finish for matcher, finish in self._endings.copy() if matcher.matches(pod)), True)

    # Acting

    def _look_again(self, uids: Iterable[str]) -> None:
        for uid in list(uids):
            self._queue.add(uid)

    def _follow(self) -> None:
        """List, then watch, for as long as we live; whatever goes wrong, begin again."""
        while not self._stopping.is_set():
            try:
                pods, version = self._client.list_with_version("pods")
                found = {pod["metadata"]["uid"]: pod for pod in pods}
                for uid in self._pods.keys() - found.keys():
                    self._forget(uid)
                self._pods.update(found)
                self._look_again(found)
                while not self._stopping.is_set():
                    version = self._follow_once(version)
            except (ApiError, OSError, http.client.HTTPException) as error:
                self._problems.append(f"watch: {error!r}")
                self._stopping.wait(0.2)

    def _follow_once(self, version: str) -> str:
        with self._client.watch("pods", version=version, seconds=300) as watch:
            self._watch = watch
            if self._stopping.is_set():
                return version
            for type_, pod in watch:
                version = pod["metadata"]["resourceVersion"]
                uid = pod["metadata"]["uid"]
                if type_ == "DELETED":
                    self._forget(uid)
                else:
                    self._pods[uid] = pod
                    if self._is_waiting(pod):
                        self._queue.add(uid)
        return version

    def _forget(self, uid: str) -> None:
        self._pods.pop(uid, None)
        self._applied.pop(uid, None)
        self._finished.discard(uid)

    def _work(self) -> None:
        while (uid := self._queue.get()) is not None:
            try:
                self._handle(uid)
            except (ApiError, OSError, http.client.HTTPException) as error:
                self._problems.append(repr(error))
                if not isinstance(error, ApiError) or error.status in (409, 429, 500, 503):
                    self._stopping.wait(0.1)
                    self._queue.add(uid)
            finally:
                self._queue.done(uid)

    def _handle(self, uid: str) -> None:
        pod = self._pods.get(uid)
        if pod is None or not self._is_waiting(pod):
            return
        metadata = pod["metadata"]
        if "deletionTimestamp" in metadata:
            if self.chatty:
                self._write(pod, behaviours.killing(pod))
            self._finished.add(uid)
            try:
                self._client.delete("pods", metadata["name"], metadata["namespace"], grace=0, uid=uid)
            except BaseException:
                self._finished.discard(uid)  # or nobody would try again
                raise
            return
        wanted = self._behaviour(pod)
        report = wanted.report(pod, time.time())
        try:
            if report.status is not None:
                body = {"metadata": {"uid": uid}, "status": report.status}
                self._client.patch("pods", metadata["name"], body, metadata["namespace"], "strategic", "status")
        except ApiError as error:
            if error.status == 404:
                return
            raise
        self._applied[uid] = wanted
        self._write(pod, report.notes)

    def _write(self, pod: Object, notes: Iterable[Note]) -> None:
        for note in notes:
            if note.warning or note.count > 1 or self.chatty:
                node = pod["spec"]["nodeName"]
                self._client.create(event(pod, note, "kubelet", node, time.time()))
