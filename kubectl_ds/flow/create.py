"""Creating what manifests hold: everything is checked first, then created in order, or nothing at all is.

kubectl creates the good documents of a file despite the bad ones; here that needs ``keep_going``. The check is the
server's own: a dry run of each object, so that validation, admission and rights are those of the cluster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from kubectl_ds.cluster import writes
from kubectl_ds.cluster.client import Answer, LiveClient
from kubectl_ds.errors import ApiError
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.refusal import Refusal, is_manifest_fault, refused_by_server
from kubectl_ds.flow.resolve import Place, Resolver, names_of
from kubectl_ds.manifest.documents import Document
from kubectl_ds.manifest.submission import as_sent, to_create

PATIENCE = 100
"""How often an object of a kind that has only just been defined is tried, until its API is served."""
PAUSE = 0.1
"""Seconds between two tries."""

_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True)
class CreateOptions:
    """What was asked for."""

    namespace: str = "default"
    """For objects that name none."""
    enforce_namespace: bool = False
    """``-n`` was given: another namespace in a manifest is an error."""
    dry_run: DryRun = DryRun.NONE
    validation: str = "Strict"
    """``Strict``, ``Warn`` or ``Ignore``, as the API's fieldValidation."""
    field_manager: str = writes.FIELD_MANAGER
    save_config: bool = False
    keep_going: bool = False


@dataclass(frozen=True)
class Created:
    """An object that was created, or would be."""

    place: Place
    data: dict[str, Any]
    """As the server has it now; as it would be sent where the server was not asked."""
    asked: bool
    """Whether the server has seen it: stored, or accepted in a dry run."""
    warnings: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What came of it."""

    created: list[Created] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    left: int = 0
    """Documents that are in order and were not created because others are not."""


def create(
    cluster: LiveClient,
    documents: Sequence[Document],
    options: CreateOptions,
    report: Callable[[Created], None],
    pause: Callable[[float], None],
    *,
    check_only: bool = False,
) -> Outcome:
    """Create the documents in their order.

    Args:
        cluster: where to.
        documents: what to create; those that are flawed are not, but what they bring counts as there.
        options: how.
        report: told of each object as soon as it is created.
        pause: waits for some seconds.
        check_only: something else stands in the way already: find what else is wrong with the text, and stop.

    Raises:
        ConnectionFailed: the API server could not be reached; what was created before has been reported.
        ConfigError: credentials cannot be had.
    """
    creation = _Creation(cluster, options, pause)
    if options.keep_going and not check_only:
        return creation.each_by_itself(documents, report)
    return creation.all_or_nothing(documents, report, check_only=check_only)


class _Creation:
    """One run."""

    def __init__(self, cluster: LiveClient, options: CreateOptions, pause: Callable[[float], None]) -> None:
        self._cluster = cluster
        self._options = options
        self._pause = pause
        self._resolver = Resolver(cluster, options.namespace, enforce=options.enforce_namespace)
        self._text_only = options.dry_run is DryRun.CLIENT
        """Only faults of the manifests count; what exists, and who may do what, does not."""
        self._earlier: list[Document] = []
        """What stands before the document in question, and will exist when its turn comes."""

    def each_by_itself(self, documents: Sequence[Document], report: Callable[[Created], None]) -> Outcome:
        """As kubectl does it: one after the other, whatever becomes of the others."""
        outcome = Outcome()
        for document in documents:
            if document.flawed:
                continue
            place = self._resolver.resolve(document)
            created = self._once(place) if isinstance(place, Place) else place
            if isinstance(created, Refusal):
                outcome.refusals.append(created)
            else:
                outcome.created.append(created)
                report(created)
            self._earlier.append(document)
        return outcome

    def all_or_nothing(
        self, documents: Sequence[Document], report: Callable[[Created], None], *, check_only: bool
    ) -> Outcome:
        """All are checked before the first is created."""
        outcome = Outcome()
        dry = self._options.dry_run is not DryRun.NONE
        untried = len(documents) == 1 and not dry and not check_only
        self._text_only = self._text_only or check_only
        accepted: list[Created | Place] = []
        for document in documents:
            place = self._resolver.resolve(document)
            checked = self._check(place) if isinstance(place, Place) and not untried and not document.flawed else place
            if isinstance(checked, Refusal):
                outcome.refusals.append(checked)
            elif isinstance(place, Place) and not document.flawed:
                accepted.append(checked if dry else place)
            self._earlier.append(document)
        if outcome.refusals or check_only:
            outcome.left = len(accepted)
            return outcome
        for each in accepted:
            created = each if isinstance(each, Created) else self._create(each)
            if isinstance(created, Refusal):
                outcome.refusals.append(created)
                outcome.left = len(accepted) - len(outcome.created) - 1
                return outcome
            outcome.created.append(created)
            report(created)
        return outcome

    def _once(self, place: Place) -> Created | Refusal:
        return self._create(place) if self._options.dry_run is DryRun.NONE else self._check(place)

    def _check(self, place: Place) -> Created | Refusal:
        """A dry run on the server; what cannot be known before earlier documents exist is taken as it is."""
        sent = self._as_sent(place)
        unasked = Created(place, sent, asked=False)
        if place.promised or (self._text_only and self._options.validation == "Ignore"):
            return unasked
        try:
            answer = self._post(place, sent, dry_run=True)
        except ApiError as error:
            if error.status == 404 and error.kind == "namespaces" and (self._text_only or self._comes_earlier(error)):
                return self._check_elsewhere(place) or unasked
            if _cannot_be_tried(error) or self._comes_earlier(error):
                return unasked
            if self._text_only and not is_manifest_fault(error):
                return unasked
            return self._refused(place, error)
        return unasked if self._text_only else _created(place, answer)

    def _check_elsewhere(self, place: Place) -> Refusal | None:
        """The namespace is not there yet: let the server judge the object in another one, by its text alone."""
        stand_in = self._options.namespace if place.namespace != self._options.namespace else "default"
        sent = self._as_sent(place)
        elsewhere = {**sent, "metadata": {**sent["metadata"], "namespace": stand_in}}
        try:
            self._post(Place(place.document, place.resource, stand_in), elsewhere, dry_run=True)
        except ApiError as error:
            if is_manifest_fault(error) and not _cannot_be_tried(error):
                return refused_by_server(place.document, error)
        return None

    def _create(self, place: Place) -> Created | Refusal:
        sent = self._as_sent(place)
        tries = PATIENCE if place.promised else 1
        while True:
            tries -= 1
            try:
                return _created(place, self._post(place, sent, dry_run=False))
            except ApiError as error:
                if not tries or error.status != 404 or error.kind == "namespaces":
                    return self._refused(place, error)
            self._pause(PAUSE)

    def _refused(self, place: Place, error: ApiError) -> Refusal:
        refusal = refused_by_server(place.document, error)
        if error.reason != "AlreadyExists" or place.document.kind != "DaemonSet":
            return refusal
        from kubectl_ds.flow.existing import selector_conflict

        hint = selector_conflict(self._cluster, place.document, place.namespace)
        return replace(refusal, hint=hint) if hint else refusal

    def _post(self, place: Place, sent: dict[str, Any], *, dry_run: bool) -> Answer:
        return writes.create(
            self._cluster,
            place.resource,
            place.namespace,
            msgspec.json.encode(to_create(sent), order="sorted"),  # as kubectl sends it: complaints come in that order
            field_manager=self._options.field_manager,
            field_validation=self._options.validation,
            dry_run=dry_run,
        )

    def _as_sent(self, place: Place) -> dict[str, Any]:
        return as_sent(place.document, namespace=place.namespace, save_config=self._options.save_config)

    def _comes_earlier(self, error: ApiError) -> bool:
        """Whether what the server misses is what an earlier document brings: a namespace, a role, an account."""
        missing = error.status in (403, 404) and error.message.rstrip().endswith("not found")
        return missing and bool(set(_QUOTED.findall(error.message)) & names_of(self._earlier))


def _created(place: Place, answer: Answer) -> Created:
    return Created(place, msgspec.json.decode(answer.body), asked=True, warnings=answer.warnings)


def _cannot_be_tried(error: ApiError) -> bool:
    """A webhook with side effects keeps the server from dry runs (upstream ``NewDryRunUnsupportedErr``)."""
    return error.reason == "BadRequest" and error.message.endswith("does not support dry run")
