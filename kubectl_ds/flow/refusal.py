"""A document that was not accepted: in kubectl's words, and where in the file the fault lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_ds.cluster.status import kubectl_sentence
from kubectl_ds.errors import ApiError
from kubectl_ds.manifest.documents import Document
from kubectl_ds.manifest.finding import Finding
from kubectl_ds.manifest.server_errors import findings_of

_MANIFEST_FAULTS = frozenset({"BadRequest", "Invalid"})
"""Reasons that mean the text of the manifest is wrong; what else is refused may be right tomorrow."""


@dataclass(frozen=True)
class Refusal:
    """Why one document cannot be created."""

    document: Document
    alone: str
    """What kubectl prints when this is the only error of the run."""
    among: str
    """What kubectl prints for it when there are others."""
    findings: tuple[Finding, ...] = ()
    """The faults in the manifest; none when the cluster's state or rights are the reason."""
    hint: str = ""

    @property
    def place(self) -> str:
        """``file:line`` of the document."""
        return f"{self.document.file}:{self.document.line}"


def refused(document: Document, words: str, *findings: Finding) -> Refusal:
    """A refusal of our own making, in words that kubectl would use."""
    alone = words if words.startswith("Error from server") else f"error: {words}"
    return Refusal(document, alone, words, findings)


def refused_by_server(document: Document, error: ApiError) -> Refusal:
    """The server's refusal, with its complaints brought back to their lines.

    Mirrors ``AddSourceToErr``, ``checkErr`` and ``MultipleErrors`` (k8s.io/kubectl v0.37.2 pkg/cmd/util/helpers.go).
    """
    said = ApiError(
        f'error when creating "{document.file}": {error.message}',
        status=error.status,
        reason=error.reason,
        causes=error.causes,
        kind=error.kind,
        name=error.name,
    )
    among = said if error.reason != "Invalid" else ApiError(said.message, status=error.status, reason="Invalid")
    return Refusal(
        document,
        kubectl_sentence(said),
        kubectl_sentence(among),
        findings_of(document, error.message, error.causes) if is_manifest_fault(error) else (),
        _hint(document, error),
    )


def sentences(refusals: Sequence[Refusal]) -> list[str]:
    """What kubectl prints for all of them; nothing for none."""
    return [refusal.alone for refusal in refusals] if len(refusals) == 1 else [refusal.among for refusal in refusals]


def is_manifest_fault(error: ApiError) -> bool:
    """Whether the text of the manifest is to blame, rather than the cluster, its policies or a webhook."""
    foreign = "admission webhook" in error.message or "ValidatingAdmissionPolicy" in error.message
    return error.reason in _MANIFEST_FAULTS and not foreign


def _hint(document: Document, error: ApiError) -> str:
    if error.reason == "AlreadyExists":
        return f"kubectl apply -f {document.file} changes what exists; kubectl diff -f {document.file} shows how"
    if error.reason == "NotFound" and error.kind == "namespaces":
        return f"kubectl create namespace {error.name} makes it"
    if error.reason == "Forbidden" and error.message.count("cannot create resource"):
        return "kubectl auth can-i --list shows what you may do"
    return error.hint
