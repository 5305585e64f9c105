"""Why the API server refuses to create a DaemonSet's pods, as far as the controller's events tell.

When nothing could be created, the FailedCreate events on the DaemonSet are the only trace. Their text is the API
server's; the patterns are those of the admission plugins of Kubernetes 1.37 and 1.33.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from kubectl_ds.engine.decision import Cause, Fault
from kubectl_ds.engine.evidence import AdmissionEvidence, QuotaFigures
from kubectl_ds.model.event import Event

REASON = "FailedCreate"
"""Of the events, and of the cause."""

_PREFIX = re.compile(r"^(\(combined from similar events\): )?Error creating: ")
_QUOTA = re.compile(r"exceeded quota: ([^,]+), requested: (.+), used: (.+), limited: (.+)$")

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("quota", re.compile(r"failed quota: ([^:]+): ")),
    ("quota", re.compile(r"status unknown for quota: ([^,]+),")),
    ("podSecurity", re.compile(r'violates PodSecurity "([^"]+)"')),
    ("priorityClass", re.compile(r"no PriorityClass with name (\S+) was found")),
    ("serviceAccount", re.compile(r"error looking up service account ([^:]+):")),
    ("serviceAccount", re.compile(r"no API token found for service account \"?([^\",]+)")),
    ("serviceAccount", re.compile(r"is not allowed because service account (\S+) does not reference")),
    ("webhook", re.compile(r'failed calling webhook "([^"]+)"')),
    ("webhook", re.compile(r'admission webhook "([^"]+)" denied')),
    ("nodeSelectorConflict", re.compile(r"pod node label selector (conflicts)")),
    ("nodeSelectorConflict", re.compile(r"^(invalid selector: |(?:<nil>|\[[^]]*\]): Invalid value: )")),
    ("tolerationWhitelist", re.compile(r"pod tolerations .*(conflict) with its namespace whitelist")),
    ("tolerationWhitelist", re.compile(r"^(invalid character |unexpected end of JSON input|json: cannot unmarshal )")),
    ("priorityClass", re.compile(r"the (integer value of priority|string value of PreemptionPolicy) \(")),
    ("runtimeClass", re.compile(r'pod rejected: RuntimeClass "([^"]+)" not found')),
    ("runtimeClass", re.compile(r"(pod rejected: Pod(?:'s)? Overhead|conflict: runtimeClass\.scheduling)")),
    ("limitRange", re.compile(r"((?:maximum|minimum) \S+ usage per \S+|max limit to request ratio)")),
    ("namespace", re.compile(r"unable to create new content in namespace (\S+) because")),
    ("namespace", re.compile(r'^namespaces "([^"]+)" not found')),
    ("invalid", re.compile(r'^Pod "[^"]+" is (invalid): ')),
)
_UNNAMED = ("nodeSelectorConflict", "tolerationWhitelist", "limitRange", "invalid")
_NO_NAME = re.compile(r"integer value|string value|pod rejected|conflict")
"""What a pattern found in place of a name, where the API server gives none."""


def failed_create(events: Iterable[Event], since: datetime | None) -> Cause | None:
    """The latest refusal that the events of a DaemonSet tell of, not older than ``since``.

    Quota refusals name the first resource that does not suffice, with what was asked, used and allowed.
    """
    refused = [event for event in events if event.reason == REASON and _not_before(event, since)]
    if not refused:
        return None
    latest = max(refused, key=lambda event: event.last_seen.timestamp() if event.last_seen else 0.0)
    message = _PREFIX.sub("", latest.message)
    kind = classify(message).admission
    alike = [event for event in refused if classify(_PREFIX.sub("", event.message)).admission == kind]
    first = min((event.first_seen for event in alike if event.first_seen is not None), default=None)
    evidence = classify(message, count=sum(event.times for event in alike), since=first)
    return Cause(code=REASON, evidence=evidence, fault=Fault.POLICY, quoted=message)


def classify(message: str, count: int = 0, since: datetime | None = None) -> AdmissionEvidence:
    """Which admission plugin speaks, and in which figures; ``other`` when none is recognised."""
    quota = _QUOTA.search(message)
    if quota:
        requested, used, limited = (_amounts(part) for part in quota.groups()[1:])
        figures = [
            QuotaFigures(resource=resource, requested=amount, used=used.get(resource), limited=limited[resource])
            for resource, amount in requested.items()
            if resource in limited
        ]
        if not figures:
            return AdmissionEvidence(admission="quota", name=quota[1], count=count, since=since)
        return AdmissionEvidence(
            admission="quota",
            name=quota[1],
            resource=figures[0].resource,
            requested=figures[0].requested,
            used=figures[0].used,
            limited=figures[0].limited,
            count=count,
            since=since,
            further=tuple(figures[1:]),
        )
    for admission, pattern in _PATTERNS:
        match = pattern.search(message)
        if match:
            name = None if admission in _UNNAMED or _NO_NAME.match(match[1]) else match[1]
            return AdmissionEvidence(admission=admission, name=name, count=count, since=since)
    return AdmissionEvidence(admission="other", count=count, since=since)


def _amounts(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): amount.strip() for name, _, amount in pairs}


def _not_before(event: Event, since: datetime | None) -> bool:
    return since is None or event.last_seen is None or event.last_seen >= since
