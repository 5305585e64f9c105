"""What a control plane is started with: a value, so that planes with equal settings can be shared."""

from __future__ import annotations

from dataclasses import dataclass

from .build import NEWEST

CONTROLLERS = (
    "daemonset-controller",
    "disruption-controller",
    "ephemeral-volume-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "persistentvolume-binder-controller",
    "persistentvolume-protection-controller",
    "persistentvolumeclaim-protection-controller",
    "pod-garbage-collector-controller",
    "resourcequota-controller",
    "serviceaccount-controller",
    "taint-eviction-controller",
)
"""What shapes DaemonSets and their pods. Not node-lifecycle: the tests say themselves which node is down."""


@dataclass(frozen=True)
class User:
    """Someone with a token. RBAC grants nothing to a new user; ``system:masters`` may do everything."""

    name: str
    groups: tuple[str, ...] = ()


ADMIN = User("admin", ("system:masters",))


@dataclass(frozen=True)
class PlaneSettings:
    """Everything in which one control plane may differ from another."""

    version: str = NEWEST
    admission: tuple[str, ...] = ()
    """Admission plugins beyond the default ones, such as ``PodTolerationRestriction`` and ``PodNodeSelector``."""

    without_admission: tuple[str, ...] = ("TaintNodesByCondition",)
    """Default admission plugins to leave out. TaintNodesByCondition puts a not-ready taint on each new node,
    which real clusters take off by the node lifecycle controller; here nobody would."""

    scheduler: bool = True
    controllers: tuple[str, ...] = CONTROLLERS
    feature_gates: tuple[str, ...] = ()
    """``Gate=true`` or ``Gate=false``, given to every program."""

    runtime_config: tuple[str, ...] = ()
    """API versions to switch on or off, such as ``resource.k8s.io/v1beta1=true``."""

    users: tuple[User, ...] = (User("viewer", ("viewers",)), User("nobody"))
    """Users beside ``admin``, without any right until a test binds a role to them."""

    @property
    def service_accounts(self) -> bool:
        """True when a controller makes the ``default`` service account of each namespace."""
        return "serviceaccount-controller" in self.controllers

    @property
    def disabled_admission(self) -> tuple[str, ...]:
        """The plugins to leave out: ServiceAccount too where no controller makes the service accounts."""
        without = set(self.without_admission)
        if not self.service_accounts:
            without.add("ServiceAccount")
        return tuple(sorted(without - set(self.admission)))
