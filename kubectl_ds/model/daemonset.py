"""DaemonSets and the ControllerRevisions that remember their templates."""

from __future__ import annotations

import msgspec

from kubectl_ds.model.meta import Condition, ObjectMeta
from kubectl_ds.model.pod import PodTemplate
from kubectl_ds.model.selector import LabelSelector
from kubectl_ds.model.value import Value

REVISION_HASH_LABEL = "controller-revision-hash"
TEMPLATE_GENERATION_LABEL = "pod-template-generation"
TEMPLATE_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"


class RollingUpdate(Value, frozen=True):
    """How many pods may be down or surplus during a rolling update: a count, or a percentage of desired."""

    max_unavailable: int | str | None = None
    max_surge: int | str | None = None


class UpdateStrategy(Value, frozen=True):
    """``RollingUpdate`` or ``OnDelete``."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdate | None = None

    @property
    def max_unavailable(self) -> int | str:
        """As written, or the default: 1."""
        written = self.rolling_update.max_unavailable if self.rolling_update else None
        return 1 if written is None else written

    @property
    def max_surge(self) -> int | str:
        """As written, or the default: 0."""
        written = self.rolling_update.max_surge if self.rolling_update else None
        return 0 if written is None else written


class DaemonSetSpec(Value, frozen=True):
    """What the user asked for."""

    selector: LabelSelector = LabelSelector()
    template: PodTemplate = PodTemplate()
    update_strategy: UpdateStrategy = UpdateStrategy()
    min_ready_seconds: int = 0
    revision_history_limit: int = 10


class DaemonSetStatus(Value, frozen=True):
    """What the controller wrote at its last sync."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_ready: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    number_misscheduled: int = 0
    conditions: tuple[Condition, ...] = ()


class DaemonSet(Value, frozen=True):
    """A DaemonSet, with the bytes it was decoded from."""

    metadata: ObjectMeta = ObjectMeta()
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()
    raw: msgspec.Raw = msgspec.Raw()
    """The whole object as it came; empty when it was built in a test."""

    @property
    def name(self) -> str:
        """The DaemonSet's name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """The DaemonSet's namespace."""
        return self.metadata.namespace

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.metadata.namespace}/{self.metadata.name}"


class ControllerRevision(Value, frozen=True):
    """A remembered template of a DaemonSet."""

    metadata: ObjectMeta = ObjectMeta()
    data: msgspec.Raw = msgspec.Raw()
    """``{"spec": {"template": {…, "$patch": "replace"}}}``."""
    revision: int = 0
