"""The shape of a decision: what was asked of whom, in which order, and what each of them answered.

Every report is a projection of these values. They hold evidence, not sentences.
"""

from __future__ import annotations

from enum import Enum

from kubectl_ds.engine.evidence import Evidence
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.value import Value


class Verdict(str, Enum):
    """What is to be said of one DaemonSet on one node, in the order in which reports list them."""

    __str__ = str.__str__

    NOT_READY = "not-ready"
    FAILED = "failed"
    BLOCKED = "blocked"
    PENDING = "pending"
    MISSING = "missing"
    MISSCHEDULED = "misscheduled"
    TERMINATING = "terminating"
    STARTING = "starting"
    SETTLING = "settling"
    OUTDATED = "outdated"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"
    OK = "ok"
    RUNS = "runs"
    """Predicted: it would run."""
    PREEMPTS = "preempts"
    """Predicted: it would run once others have been evicted."""


COVERED = frozenset({Verdict.OK, Verdict.OUTDATED})
"""Verdicts of a node that has an available pod where one should be."""

UNHEALTHY = frozenset(
    {
        Verdict.NOT_READY,
        Verdict.FAILED,
        Verdict.BLOCKED,
        Verdict.PENDING,
        Verdict.MISSING,
        Verdict.MISSCHEDULED,
        Verdict.TERMINATING,
    }
)
"""Verdicts that carry a fault side."""


class Fault(str, Enum):
    """On whose side the fault lies."""

    NODE = "node"
    REVISION = "revision"
    POD = "pod"
    POLICY = "policy"
    CAPACITY = "capacity"


class Cause(Value, frozen=True):
    """One thing that stands in the way."""

    code: str
    """Upstream's own name: a scheduler plugin, ``FailedCreate``, a kubelet reason, a node state."""
    evidence: Evidence
    fault: Fault | None = None
    quoted: str = ""
    """The words of the scheduler, the kubelet or the API server, as they came."""


class Eligibility(Value, frozen=True):
    """What the DaemonSet controller decides for a node; shared by all nodes that look alike to the DaemonSet."""

    should_run: bool | None
    """None when nobody can know: the nodes could not be read."""
    should_continue_running: bool | None
    causes: tuple[Cause, ...] = ()
    """All that speaks against it, in the controller's order; empty when it should run."""


class Victim(Value, frozen=True):
    """A pod that would be evicted."""

    namespace: str
    name: str
    priority: int
    daemon_set: bool
    """Whether a DaemonSet owns it."""
    violates_pdb: str | None
    """The disruption budget that its eviction breaks."""


class Preemption(Value, frozen=True):
    """Whether evicting pods of lower priority would make room."""

    possible: bool
    reason: str
    """``victims``, or why not: ``never`` (preemptionPolicy), ``notHelpful`` (nothing that eviction cures),
    ``noLowerPriority``, ``stillShort``, ``waitingForVictims``, ``unknown`` (what it depends on could not be read)."""
    victims: tuple[Victim, ...] = ()
    ambiguous: bool = False
    """Whether other victims are as likely: pods of equal priority and start second, what could not be read,
    or evictions on other nodes that may come before."""
    candidates: int = 0
    """Pods of strictly lower priority on the node."""
    priority: int = 0
    """The pod's own priority."""
    equal: int = 0
    """Pods of exactly its priority on the node, which preemption never touches; counted where it is not possible."""

    @property
    def victim_names(self) -> frozenset[tuple[str, str]]:
        """Namespace and name of each victim."""
        return frozenset((victim.namespace, victim.name) for victim in self.victims)


class Cure(Value, frozen=True):
    """A change that would cure it, smallest first."""

    change: str
    command: str | None
    """A command that can be pasted; None where there is none, and ``change`` says what to look at."""


class Decision(Value, frozen=True):
    """One cell: what was decided for a DaemonSet on a node, by whom, and what came of it."""

    node: str
    eligibility: Eligibility
    verdict: Verdict
    fault: Fault | None = None
    pod: Pod | None = None
    """The pod by which the controller judges the node: the first of its sort."""
    other_pods: tuple[Pod, ...] = ()
    replacement: Decision | None = None
    """Under maxSurge: what is to be said of the new pod beside the old one, while that is still judged."""
    admission: tuple[Cause, ...] = ()
    scheduling: tuple[Cause, ...] = ()
    """The scheduler's refusals, first refusal first."""
    running: tuple[Cause, ...] = ()
    """What the kubelet and the node say."""
    preemption: Preemption | None = None
    passes_by: str | None = None
    """What will let a waiting pod in: ``fits`` (nothing refuses it any more), ``preemption``, ``victimsTerminating``,
    ``podsTerminating`` (all that are going away, together), ``unknown`` (nobody can tell); None when nothing will."""

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Every cause that holds, in the order in which controller, API server, scheduler and kubelet meet them."""
        return self.eligibility.causes + self.admission + self.scheduling + self.running
