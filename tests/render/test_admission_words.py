"""Refusals that were computed read as one sentence each, with both figures where there are any."""

from __future__ import annotations

import pytest

from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.render.admission_words import refusal_words
from kubectl_ds.render.words import sentence
from tests.controlplane.objects import container
from tests.controlplane.policies import limit_range
from tests.engine.admission.builders import Object, admission, refusal_of
from tests.engine.admission.test_resource_quota import counted
from tests.engine.values import NOW

LIMITS = limit_range("bounds", [{"type": "Container", "max": {"cpu": "3"}}])


@pytest.mark.parametrize(
    ("objects", "spec", "about", "words"),
    [
        (
            [LIMITS],
            {"containers": [container("main", limits={"cpu": "4"})]},
            {},
            "LimitRange bounds: spec.containers[main].resources.limits.cpu is 4, at most 3 allowed",
        ),
        ([counted("q", {"pods": "2"}, {"pods": "2"})], {}, {}, "quota q: pods 2 of 2 used, asks 1"),
        ([counted("q", {"cpu": "2"})], {}, {}, "quota q demands that containers specify cpu for: main"),
        ([], {"priorityClassName": "absent"}, {}, "priority class absent does not exist"),
        ([], {"runtimeClassName": "absent"}, {}, "runtime class absent does not exist"),
        (
            [],
            {"hostPID": True},
            {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}},
            "violates Pod Security baseline:latest: host namespaces (hostPID=true)",
        ),
        (
            [],
            {"nodeSelector": {"zone": "b"}},
            {"annotations": {"scheduler.alpha.kubernetes.io/node-selector": "zone=a"}},
            "spec.nodeSelector.zone is b, namespace shop wants a (if the plugin is on, which no pod shows yet)",
        ),
        (
            [],
            {"containers": [{"name": "main", "image": "i "}]},
            {},
            "the pod would be invalid: spec.containers[0].image must not have leading or trailing whitespace",
        ),
    ],
)
def test_a_computed_refusal_says_who_refuses_what_and_why(
    objects: list[Object], spec: Object, about: Object, words: str
) -> None:
    refused = admission(*objects, spec=spec, about=about)
    assert sentence(refused.refusals[0], NOW) == words
    assert refusal_of(refused).rule


def test_a_refusal_of_which_only_an_event_tells_is_named_at_least() -> None:
    assert refusal_words(AdmissionEvidence(admission="webhook", name="w.example")) == "webhook w.example"
    assert refusal_words(AdmissionEvidence(admission="other")) == "other"
