"""The API server's own words of a refusal are recognised, whichever plugin speaks."""

from __future__ import annotations

import pytest

from kubectl_ds.engine.failed_create import classify


@pytest.mark.parametrize(
    ("message", "admission", "name"),
    [
        ('pods "d-x" is forbidden: status unknown for quota: q, resources: pods', "quota", "q"),
        ("invalid selector: [zone]", "nodeSelectorConflict", None),
        ('<nil>: Invalid value: "-x": name part must consist of …', "nodeSelectorConflict", None),
        ('[zone]: Invalid value: "-": a valid label must be …', "nodeSelectorConflict", None),
        ("invalid character 'o' in literal null (expecting 'u')", "tolerationWhitelist", None),
        ("unexpected end of JSON input", "tolerationWhitelist", None),
        ("json: cannot unmarshal object into Go value of type []v1.Toleration", "tolerationWhitelist", None),
        (
            'pods "d-x" is forbidden: the integer value of priority (5) must not be provided in pod spec; …',
            "priorityClass",
            None,
        ),
        (
            "pods \"d-x\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's …",
            "runtimeClass",
            None,
        ),
        (
            'pods "d" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec…',
            "runtimeClass",
            None,
        ),
        (
            'pods "d-x" is forbidden: volume with secret.secretName="s" is not allowed because service account runner '
            "does not reference that secret",
            "serviceAccount",
            "runner",
        ),
        ('Pod "d-x" is invalid: spec.tolerations[0].effect: Unsupported value: "Never"', "invalid", None),
        ('namespaces "gone" not found', "namespace", "gone"),
        ("something that nobody has seen", "other", None),
    ],
)
def test_a_refusal_is_recognised_by_its_words(message: str, admission: str, name: str | None) -> None:
    found = classify(message)
    assert (found.admission, found.name) == (admission, name)
