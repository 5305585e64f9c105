"""Random namespaces and DaemonSets: the pod that we say would be created is the one that the API server stores.

Every case is a namespace with its annotations, labels, limits, quotas and accounts, and one DaemonSet, created on a
plane on which PodTolerationRestriction and PodNodeSelector are on. What we say is said before the DaemonSet exists,
from its manifest, and once more from the stored object; then the real controller tries to create the pods. Equal must
be: the whole pod as far as the model knows it, or the refusal, word by word where it has figures. Set
``ADMISSION_SEED`` for other cases and ``ADMISSION_CASES`` for more.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.admission.daemon_pod import UNKNOWN_HASH
from kubectl_ds.engine.admission.toleration_sets import merge
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.engine.failed_create import classify
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.pod import Container, Pod
from kubectl_ds.model.quantity import parse
from kubectl_ds.model.snapshot import Snapshot, Source
from tests.controlplane.client import ApiError
from tests.controlplane.cluster import Cluster
from tests.controlplane.fixtures import ClusterFactory
from tests.controlplane.objects import daemon_set, node
from tests.controlplane.policies import namespace, quota
from tests.controlplane.wait import eventually
from tests.engine.admission.cases import DEFAULT_CLASS, Case, Cases
from tests.engine.values import daemon_set_value, snapshot_of

Object = dict[str, Any]

PLUGINS = ("PodNodeSelector", "PodTolerationRestriction")
NODES = ("n1", "n2")
SEED = int(os.environ.get("ADMISSION_SEED", "1"))
CASES = int(os.environ.get("ADMISSION_CASES", "160"))
BATCH = 20
READ = (
    kinds.NAMESPACES,
    kinds.LIMIT_RANGES,
    kinds.QUOTAS,
    kinds.SERVICE_ACCOUNTS,
    kinds.PRIORITY_CLASSES,
    kinds.RUNTIME_CLASSES,
    kinds.REVISIONS,
    kinds.PODS,
    kinds.DAEMON_SETS,
    kinds.NODES,
)
TOKEN_VOLUME = "kube-api-access-"
COMPLAINTS = (": Invalid value: ", ": Required value", ": Duplicate value: ", ": Forbidden: ", ": Unsupported value: ")


def test_room_for_two_pods_lets_in_two_and_no_more(cluster_factory: ClusterFactory) -> None:
    cluster = cluster_factory(scheduler=False)
    cluster.nodes("n1", "n2", "n3")
    cluster.create(quota("few", {"requests.cpu": "1200m", "pods": "2"}))
    before = _snapshot(cluster)
    cluster.daemon_set("d", cpu="500m")
    stored = cluster.client.get("daemonsets", "d", cluster.namespace)
    admission = Admission(before, daemon_set_value(stored))
    assert not admission.refusals
    assert admission.room == 2
    message = eventually(lambda: _refused(cluster, stored), timeout=20)
    assert len(cluster.pods()) == 2
    evidence = _evidence(Admission(_snapshot(cluster), daemon_set_value(stored)))
    said = classify(message or "")
    assert (evidence.name, evidence.room) == (said.name, 0)
    figures = (said.resource, said.requested, said.used, said.limited)
    assert (evidence.resource, evidence.requested, evidence.used, evidence.limited) == figures


def test_a_terminating_namespace_refuses_without_any_event(cluster_factory: ClusterFactory) -> None:
    cluster = cluster_factory(scheduler=False)
    cluster.nodes("n1")
    cluster.daemon_set("d", node_selector={"not": "yet"})
    kept = {"metadata": {"finalizers": ["tests/keeps-the-namespace"]}}
    cluster.client.patch("daemonsets", "d", kept, cluster.namespace)
    cluster.client.delete("namespaces", cluster.namespace)
    eventually(lambda: cluster.client.get("namespaces", cluster.namespace)["status"]["phase"] == "Terminating")
    stored = cluster.client.get("daemonsets", "d", cluster.namespace)
    evidence = _evidence(Admission(_snapshot(cluster), daemon_set_value(stored)))
    assert (evidence.admission, evidence.rule) == ("namespace", "terminating")
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": []}}
    with pytest.raises(ApiError, match="because it is being terminated"):
        cluster.create(bare)
    assert _refused(cluster, stored) is None


@pytest.mark.parametrize("plugins", [PLUGINS, ()], ids=["on", "off"])
def test_pods_prove_whether_an_optional_plugin_is_on(cluster_factory: ClusterFactory, plugins: tuple[str, ...]) -> None:
    annotations = {
        "selecting": {"scheduler.alpha.kubernetes.io/node-selector": "zone=a"},
        "tolerating": {"scheduler.alpha.kubernetes.io/defaultTolerations": '[{"key":"x","operator":"Exists"}]'},
        "strict": {"scheduler.alpha.kubernetes.io/tolerationsWhitelist": '[{"key":"x","operator":"Exists"}]'},
    }
    cluster = cluster_factory(admission=plugins, scheduler=False)
    cluster.nodes("n1")
    cluster.create(*(namespace(name, annotations=given) for name, given in annotations.items()))
    time.sleep(1.1)  # a pod proves something only when it is a second younger than the annotation
    fresh = _snapshot(cluster)
    for name in annotations:
        stored = cluster.client.create(daemon_set("d", namespace=name), name)
        assert any(step.assumed for step in Admission(fresh, daemon_set_value(stored)).steps), name
        eventually(lambda: cluster.client.list("pods", name) or _refused(cluster, stored), timeout=20)  # noqa: B023
    after = _snapshot(cluster)
    for name in annotations:
        admission = Admission(after, daemon_set_value(cluster.client.get("daemonsets", "d", name)))
        if plugins and name == "strict":
            evidence = _evidence(admission)
            assert (evidence.admission, evidence.assumed) == ("tolerationWhitelist", True)
            continue
        assert not any(step.assumed for step in admission.steps), name
        assert not admission.refusals, name
        changing = {step.plugin for step in admission.steps if step.changes} & set(PLUGINS)
        assert bool(changing) == bool(plugins), name


def test_the_pod_that_we_say_would_be_created_is_the_one_that_the_api_server_stores(
    cluster_factory: ClusterFactory, record_property: Any
) -> None:
    cluster = cluster_factory(admission=PLUGINS, scheduler=False)
    cases = Cases(SEED, cluster.minor)
    compared: Counter[str] = Counter()
    features: Counter[str] = Counter()
    disagreements: list[str] = []
    cluster.nodes(*(node(name, labels={"zone": "a", "disk": "ssd"}) for name in NODES))
    cluster.create(*cases.cluster_wide())
    for start in range(0, CASES, BATCH):
        cluster.client.delete("priorityclasses", DEFAULT_CLASS)
        cluster.create(*cases.default_class())
        batch = [cases.case(number) for number in range(start, start + BATCH)]
        for case in batch:
            cluster.create(case.rules[0])
            for each in case.rules[1:]:
                _created(cluster, each, case.namespace)
        before = _snapshot(cluster)
        taken = [case for case in batch if _created(cluster, case.daemon_set, case.namespace)]
        compared["not stored"] += len(batch) - len(taken)
        for case in taken:
            features.update(case.features)
            try:
                compared.update(_compare(cluster, case, before))
            except AssertionError as error:
                disagreements.append(str(error))
    print(f"\nadmission: seed {SEED}, compared with the real API server: {dict(sorted(compared.items()))}")
    print(f"admission: features of the cases: {dict(sorted(features.items()))}")
    record_property("cases", compared["created"] + compared["refused"])
    assert not disagreements, f"{len(disagreements)} disagreements:\n" + "\n\n".join(disagreements)
    if CASES >= 160:
        assert compared["created"] >= CASES // 8
        assert len([kind for kind in compared if kind.startswith("refused: ")]) >= 8, "every plugin refuses something"


def _created(cluster: Cluster, plain: Object, namespace_name: str) -> bool:
    """Create it; False when the API server calls it invalid."""
    try:
        cluster.client.create(plain, namespace_name)
    except ApiError as error:
        if error.status != 422:
            raise
        return False
    return True


def _snapshot(cluster: Cluster) -> Snapshot:
    """What there is, once every quota has been counted."""

    def counted() -> bool:
        quotas = cluster.client.list("resourcequotas")
        return all(set(each["spec"]["hard"]) == set(each.get("status", {}).get("used", {})) for each in quotas)

    eventually(counted, timeout=20)
    return replace(_read(cluster, READ), source=Source(type="live", version=f"v{cluster.plane.settings.version}"))


def _read(cluster: Cluster, wanted: Iterable[kinds.Kind], namespace_name: str | None = None) -> Snapshot:
    return snapshot_of(
        each | {"kind": kind.kind} for kind in wanted for each in cluster.client.list(kind.resource, namespace_name)
    )


def _compare(cluster: Cluster, case: Case, before: Snapshot) -> list[str]:
    """Compare one case; returns what it counts as."""
    stored = cluster.client.get("daemonsets", case.daemon_set["metadata"]["name"], case.namespace)
    manifest = case.daemon_set | {"metadata": case.daemon_set["metadata"] | {"namespace": case.namespace}}
    by_manifest = Admission(before, daemon_set_value(manifest))
    eventually(lambda: cluster.client.list("controllerrevisions", case.namespace), timeout=20)
    revisions = _read(cluster, [kinds.REVISIONS], case.namespace).revisions
    by_stored = Admission(replace(before, revisions=revisions), daemon_set_value(stored))
    if by_stored.unknown:
        assert all(cause.code == "LimitRanger" for cause in by_stored.unknown)
        return ["left to chance"]
    room = len(NODES) if by_stored.room is None else by_stored.room
    expected = 0 if by_stored.refusals else min(len(NODES), room)

    def tried() -> bool:
        return len(cluster.client.list("pods", case.namespace)) == len(NODES) or _refused(cluster, stored) is not None

    eventually(tried, timeout=20, message=f"{case.namespace}: neither pods nor a refusal")
    message = _refused(cluster, stored)
    described = _described(case, by_stored, message)

    def as_many_as_we_say() -> list[list[Object]]:
        found = cluster.client.list("pods", case.namespace)
        return [found] if len(found) == expected else []

    pods = eventually(as_many_as_we_say, timeout=3, message=described)[0]
    if by_stored.refusals:
        assert message is not None, described
        assert [each.evidence for each in by_manifest.refusals] == [each.evidence for each in by_stored.refusals]
        return ["refused", f"refused: {_compare_refusal(by_stored, message, described)}"]
    for live in (from_builtins(Pod, each) for each in pods):
        _compare_pod(by_stored.pod(live.target_node), live, described)
        _compare_pod(_with_hash(by_manifest.pod(live.target_node), live), live, described)
    if expected < len(NODES):
        assert message is not None and classify(message).admission == "quota", described
    return ["created", *(["created: some"] if expected < len(NODES) else [])]


def _refused(cluster: Cluster, stored: Object) -> str | None:
    """The refusal of a DaemonSet's pods, as the API server worded it."""
    metadata = stored["metadata"]
    for event in cluster.client.list("events", metadata["namespace"]):
        if event["reason"] == "FailedCreate" and event["involvedObject"].get("uid") == metadata["uid"]:
            text: str = event["message"]
            return text.removeprefix("(combined from similar events): ").removeprefix("Error creating: ")
    return None


def _evidence(admission: Admission) -> AdmissionEvidence:
    evidence = admission.refusals[0].evidence
    assert isinstance(evidence, AdmissionEvidence)
    return evidence


def _compare_refusal(admission: Admission, message: str, described: str) -> str:
    first = _evidence(admission)
    assert classify(message).admission == first.admission, described
    evidences = [each.evidence for each in admission.refusals if isinstance(each.evidence, AdmissionEvidence)]
    alike = [each for each in evidences if each.admission == first.admission]
    if first.admission == "podSecurity":
        assert message.endswith(f'violates PodSecurity "{first.name}": {", ".join(first.details)}'), described
    elif first.admission == "quota":
        assert any(_quota_words(each, alike) in message for each in alike), described
    elif first.admission == "limitRange":
        by_range = [{_limit_words(each) for each in alike if each.name == name} for name in {a.name for a in alike}]
        counted = message.count(" usage per ") + message.count("ratio per ")
        assert any(all(each in message for each in one) and len(one) == counted for one in by_range), described
    elif first.admission == "invalid":
        assert all(each.field is not None and each.field in message for each in alike), described
        assert sum(message.count(each) for each in COMPLAINTS) == len(alike), described
    elif first.rule == "missing":
        assert first.name is not None and first.name in message, described
    return first.admission


def _quota_words(evidence: AdmissionEvidence, alike: list[AdmissionEvidence]) -> str:
    """``prettyPrint`` of every resource that one quota lacks."""
    if evidence.rule == "mustSpecify":
        return f"failed quota: {evidence.name}: must specify {'; '.join(evidence.details)}"
    all_of_it = [each for each in alike if each.name == evidence.name]
    amounts = {
        part: ",".join(f"{each.resource}={getattr(each, part)}" for each in all_of_it)
        for part in ("requested", "used", "limited")
    }
    words = ", ".join(f"{part}: {text}" for part, text in amounts.items())
    return f"exceeded quota: {evidence.name}, {words}"


def _limit_words(evidence: AdmissionEvidence) -> str:
    """``minConstraint``, ``maxConstraint`` and ``limitRequestRatioConstraint``, in upstream's words."""
    field = evidence.field or ""
    kind = "Pod" if field.startswith("spec.resources") else "Container"
    part = "limit" if ".limits." in field else "request"
    if evidence.rule == "ratio":
        head = f"{evidence.resource} max limit to request ratio per {kind} is {evidence.limited}, but "
        if evidence.requested in (None, "0"):
            return head + f"no {part} is specified or {part} is 0"
        ratio = parse(evidence.requested or "") / parse(evidence.used or "")
        return head + f"provided ratio is {float(ratio):f}"
    head = f"{evidence.rule}imum {evidence.resource} usage per {kind} is {evidence.limited}"
    nothing = evidence.requested is None
    return f"{head}.  No {part} is specified" if nothing else f"{head}, but {part} is {evidence.requested}"


def _compare_pod(said: Pod, live: Pod, described: str) -> None:
    assert said.metadata.labels == live.metadata.labels, described
    assert live.metadata.name.startswith(said.metadata.name)
    ours, theirs = said.metadata.owner_references, live.metadata.owner_references
    assert [(each.kind, each.name, each.controller) for each in ours] == [
        (each.kind, each.name, each.controller) for each in theirs
    ], described
    for field in live.spec.__struct_fields__:
        assert getattr(_normal(said).spec, field) == getattr(_normal(live).spec, field), f"{field}\n{described}"


def _with_hash(said: Pod, live: Pod) -> Pod:
    """What we say of a manifest, with the hash that nobody can know before."""
    hash_ = live.metadata.labels[REVISION_HASH_LABEL]
    assert said.metadata.labels[REVISION_HASH_LABEL] == UNKNOWN_HASH
    text = msgspec.json.encode(said).decode()
    text = text.replace(f'"{REVISION_HASH_LABEL}":""', f'"{REVISION_HASH_LABEL}":"{hash_}"')
    for operator in ("In", "NotIn"):
        requirement = f'"key":"{REVISION_HASH_LABEL}","operator":"{operator}","values":['
        text = text.replace(f'{requirement}""]', f'{requirement}"{hash_}"]')
    return msgspec.json.decode(text, type=Pod)


def _normal(pod: Pod) -> Pod:
    """Without the token's volume, whose name is random, and without tolerations that others make needless.

    The plugin drops needless ones in every namespace once it is on; we let it do so only where its annotations are.
    """
    spec = msgspec.structs.replace(
        pod.spec,
        volumes=tuple(each for each in pod.spec.volumes if not each.name.startswith(TOKEN_VOLUME)),
        containers=tuple(_without_token(each) for each in pod.spec.containers),
        init_containers=tuple(_without_token(each) for each in pod.spec.init_containers),
        tolerations=merge(pod.spec.tolerations, ()),
    )
    return msgspec.structs.replace(pod, spec=spec)


def _without_token(container: Container) -> Container:
    mounts = tuple(each for each in container.volume_mounts if not each.name.startswith(TOKEN_VOLUME))
    return msgspec.structs.replace(container, volume_mounts=mounts)


def _described(case: Case, admission: Admission, message: str | None) -> str:
    """Everything about a case that disagrees."""
    refusals = [msgspec.json.encode(each.evidence).decode() for each in admission.refusals]
    lines = [
        f"seed {SEED}, {case.namespace}: {case.features}",
        f"the API server said: {message}",
        f"we said: {refusals or 'created'}, room {admission.room}, unknown {admission.unknown}",
        *(msgspec.json.encode(each).decode() for each in (*case.rules, case.daemon_set)),
    ]
    return "\n".join(lines)
