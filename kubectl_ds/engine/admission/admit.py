"""From a DaemonSet to the pod that would really be created on a node, or why the API server would refuse it.

The controller makes a pod of the template, the API fills in defaults, mutating plugins change it, the API validates
it, validating plugins judge it: in the order of ``AllOrderedPlugins`` (pkg/kubeapiserver/options, Kubernetes 1.37),
one module each. All of it is the same for every node but the pin, so it is done once for a DaemonSet.

Webhooks and policies can only be asked, not computed; plugins that are off by default count as on when their
annotation is there and no pod proves otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from kubectl_ds.engine.admission import (
    default_toleration_seconds,
    defaulting,
    limit_ranger,
    namespace_lifecycle,
    pod_node_selector,
    pod_security,
    pod_toleration_restriction,
    pod_topology_labels,
    prepare_for_create,
    priority,
    resource_quota,
    runtime_class,
    service_account,
    validation,
)
from kubectl_ds.engine.admission.daemon_pod import daemon_pod, pinned
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, differences
from kubectl_ds.engine.decision import Cause
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot

_MUTATING: tuple[Callable[[Request, Pod], tuple[Pod, Step]], ...] = (
    defaulting.admit,
    namespace_lifecycle.admit,
    limit_ranger.admit,
    service_account.admit,
    pod_node_selector.admit,
    priority.admit,
    default_toleration_seconds.admit,
    pod_toleration_restriction.admit,
    runtime_class.admit,
)
_ASKED_FOR_CHANGES = ("MutatingAdmissionPolicy", "MutatingAdmissionWebhook")
_VALIDATING: tuple[Callable[[Request, Pod], Step], ...] = (
    validation.validate,
    limit_ranger.validate,
    pod_security.validate,
    pod_toleration_restriction.validate,
    runtime_class.validate,
)
_ASKED_TO_AGREE = ("ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook")


@dataclass(frozen=True)
class Admitted:
    """What becomes of the creation of a DaemonSet's pod for one node."""

    node: str
    pod: Pod | None
    """As it would be stored; its name is only the prefix of one. None when it is refused."""
    refusals: tuple[Cause, ...]
    """Every one, in the order in which the API server would come to it; it stops at the first."""
    unknown: tuple[Cause, ...]
    """What could not be read, or is left to chance: ``pod`` is only likely then; ``refusals`` are sure even so."""
    steps: tuple[Step, ...]
    """What each plugin did, in order; a plugin that only validates what it changed before is listed twice."""
    room: int | None
    """How many such pods quotas let in, whichever nodes they are for; None without a limit, or without a way to know.
    Where it is less than the number of nodes that need one, nobody knows which of them get theirs."""


class Admission:
    """The way of one DaemonSet's pods through the API server."""

    def __init__(
        self, snapshot: Snapshot, daemon_set: DaemonSet, *, assume: bool = True, freed: Iterable[Pod] = ()
    ) -> None:
        """Everything but the pin is decided here.

        Args:
            snapshot: the cluster.
            daemon_set: of the snapshot, or a manifest.
            assume: whether PodNodeSelector and PodTolerationRestriction count as on where their annotations are.
            freed: live pods that will be gone by then, as those of the DaemonSet that a manifest replaces.
        """
        request = Request(snapshot=snapshot, daemon_set=daemon_set, assume=assume, freed=tuple(freed))
        reviewed = _review(request)
        self._minor = request.minor
        self._nodes = snapshot.nodes_by_name
        self._pod = reviewed.pod
        self.steps = reviewed.steps
        """What the controller, the API and each plugin did, in order."""
        self.refusals = reviewed.refusals
        """Why no pod at all is created; empty when pods are, or may be."""
        if any(limit_ranger.left_to_chance(step) for step in self.steps):
            other = _review(replace(request, backwards=True))
            self.refusals = self.refusals if other.refusals else ()
        self.unknown = _once(each for step in self.steps for each in step.unknown)
        """What could not be read, or is left to chance."""
        self.room = reviewed.room
        """See ``Admitted.room``."""

    def pod(self, node_name: str) -> Pod:
        """The pod for a node as it would be stored, refused or not."""
        pod = pod_topology_labels.admit(self._pod, self._nodes.get(node_name), self._minor)
        return pinned(pod, node_name)

    def admit(self, node_name: str) -> Admitted:
        """What becomes of the pod for a node."""
        return Admitted(
            node=node_name,
            pod=None if self.refusals else self.pod(node_name),
            refusals=self.refusals,
            unknown=self.unknown,
            steps=self.steps,
            room=self.room,
        )


@dataclass(frozen=True)
class _Reviewed:
    """A pod that has been through everything, not pinned yet."""

    pod: Pod
    steps: tuple[Step, ...]
    room: int | None

    @property
    def refusals(self) -> tuple[Cause, ...]:
        return tuple(each for step in self.steps for each in step.refusals)


def _review(request: Request) -> _Reviewed:
    pod, steps = _mutated(request)
    steps += _validated(request, pod, steps)
    quota = resource_quota.review(request, pod)
    return _Reviewed(pod=pod, steps=(*steps, quota.step), room=quota.room)


def _mutated(request: Request) -> tuple[Pod, tuple[Step, ...]]:
    template = Pod(spec=request.daemon_set.spec.template.spec)
    pod = daemon_pod(request)
    steps = [Step(plugin="DaemonSet", changes=differences(template, pod))]
    for admit in _MUTATING:
        pod, step = _turn(admit, request, pod)
        steps.append(step)
    steps += [Step(plugin=name, computed=False) for name in _ASKED_FOR_CHANGES]
    pod, step = _turn(prepare_for_create.admit, request, pod)
    return pod, (*steps, step)


def _turn(admit: Callable[[Request, Pod], tuple[Pod, Step]], request: Request, before: Pod) -> tuple[Pod, Step]:
    after, step = admit(request, before)
    changes = differences(before, after)
    changed = Step(
        plugin=step.plugin,
        changes=changes,
        sources=step.sources if changes or step.refusals else (),
        refusals=step.refusals,
        unknown=step.unknown,
        assumed=step.assumed,
        computed=step.computed,
    )
    return after, changed


def _validated(request: Request, pod: Pod, before: tuple[Step, ...]) -> tuple[Step, ...]:
    """The validating turns; a plugin that has refused the pod before is not asked again."""
    refused = {step.plugin for step in before if step.refusals}
    steps = tuple(step for step in (judge(request, pod) for judge in _VALIDATING) if step.plugin not in refused)
    return steps + tuple(Step(plugin=name, computed=False) for name in _ASKED_TO_AGREE)


def _once(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    found: list[Cause] = []
    for cause in causes:
        if cause not in found:
            found.append(cause)
    return tuple(found)
