"""What a command asks of the world, and the one protocol behind which the world hides.

A live cluster and a capture answer the same ``Query`` with the same kind of ``Snapshot``. This file must not know
which of them it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.snapshot import Gap, Snapshot


@dataclass(frozen=True)
class Query:
    """What an answer leans on."""

    kinds: tuple[Kind, ...]
    """Every kind that the answer looks at; what is not named is not read."""
    namespace: str | None = None
    """The namespace of the DaemonSets; None for all of them."""
    names: tuple[str, ...] = ()
    """Names of DaemonSets; none at all asks for every one. A name that does not exist is an error."""
    selector: str = ""
    """Labels of the DaemonSets, as ``kubectl -l`` takes them."""
    whole_nodes: bool = False
    """Whether all pods on the nodes matter, with what belongs to them, or only the DaemonSets' own pods."""
    outlines: bool = False
    """Whether of pods and nodes of which nothing is wrong no more is asked than an outline tells
    (``kubectl_ds/model/pod_outline.py``, ``kubectl_ds/model/node_outline.py``)."""
    namespaces: tuple[str, ...] = ()
    """Namespaces of manifests that are not created yet; what belongs to them is read besides."""
    optional: bool = False
    """Whether DaemonSets may be absent, as when a manifest is judged that is not yet created."""
    preemptions: bool = False
    """Whether events of preemption matter in every namespace: a DaemonSet's pod evicts pods of any."""
    version: bool = False
    """Whether the server's version is wanted, which is a request of its own."""

    def reads(self, kind: Kind) -> bool:
        """Whether the answer looks at this kind."""
        return kind in self.kinds


class Source(Protocol):
    """Somewhere to read from."""

    @property
    def default_namespace(self) -> str | None:
        """The namespace that is meant when the user names none; None for all."""

    def snapshot(self, query: Query) -> Snapshot:
        """Everything that ``query`` asks for, as of one time.

        Raises:
            NotFound: a DaemonSet that was named, or the namespace, does not exist.
            Forbidden: the DaemonSets themselves may not be read; other denials become gaps.
            ConnectionFailed: the API server could not be reached.
            CaptureError: the capture cannot be read.
        """

    def close(self) -> None:
        """Let go of what is open."""


AFFECTS: dict[str, tuple[str, ...]] = {
    "nodes": ("nodes", "counts", "excluded", "missing", "misscheduled", "pending", "blocked", "orphans"),
    "pods": ("counts", "pod", "verdicts", "preemption"),
    "controllerrevisions": ("revision", "outdated", "upToDate"),
    "events": ("missing", "failed", "preemptions"),
    "namespaces": ("missing", "runs", "tolerations"),
    "limitranges": ("runs", "preempts", "blocked"),
    "resourcequotas": ("missing", "runs"),
    "serviceaccounts": ("missing", "runs"),
    "priorityclasses": ("preemption", "preempts"),
    "poddisruptionbudgets": ("violatesPDB", "victims"),
    "runtimeclasses": ("runs", "preempts", "blocked"),
    "persistentvolumeclaims": ("pending", "blocked", "storage"),
    "persistentvolumes": ("pending", "blocked", "storage"),
    "storageclasses": ("pending", "blocked", "storage"),
    "csinodes": ("pending", "blocked"),
    "csidrivers": ("storage",),
    "volumeattachments": ("pending", "storage"),
}
"""By resource: the fields and verdicts that cannot be trusted when it could not be read."""


OTHERS = "*"
"""As the namespace of a gap: every namespace but those of the DaemonSets, whose own could be read."""


def gap(kind: Kind, namespace: str | None, error: str, *, denied: bool = True) -> Gap:
    """A kind that could not be read, or of which a plain List holds nothing."""
    return Gap(
        resource=kind.resource,
        namespace=namespace,
        error=error,
        affects=AFFECTS.get(kind.resource, ()),
        denied=denied,
    )


def knows_whole_nodes(gaps: Iterable[Gap]) -> bool:
    """Whether every pod on the nodes is known, as far as denied reads tell."""
    return not any(each.denied and each.resource == "pods" for each in gaps)
