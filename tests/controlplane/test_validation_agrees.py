"""Our check beside the API server's, on many manifests with one fault each, posted as they are written.

What the server refuses we refuse, but for a few; what it accepts we accept, always.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from kubectl_ds.manifest.documents import read
from kubectl_ds.manifest.finding import Severity
from kubectl_ds.manifest.validate import validate
from tests.controlplane.build import NEWEST, resolve_version
from tests.controlplane.client import ApiError, Client
from tests.controlplane.manifest_corpus import corpus

SIZE = 600
"""Beside the hundred and more that are written by hand."""
TARGET = 0.98
LATER = ("resourceClaims", ".claims", ".image.reference", "template.spec.resources", "clusterTrustBundle")
"""Features that are off in Kubernetes 1.33: it drops their fields unread, and with them what is wrong there."""
PATH = "/apis/apps/v1/namespaces/{}/daemonsets"
QUERY = {"dryRun": "All", "fieldValidation": "Strict"}


def refusal(client: Client, namespace: str, text: str) -> str:
    """What the server says against a manifest; empty when it accepts."""
    try:
        client.request("POST", PATH.format(namespace), text.encode(), QUERY, "application/yaml")
    except ApiError as error:
        return error.message
    return ""


def complaints(text: str) -> list[str]:
    """What we say against it."""
    reading = read("f.yaml", text.encode())
    findings = (*reading.findings, *validate(reading.documents))
    return [finding.message for finding in findings if finding.severity is Severity.ERROR]


def test_we_refuse_what_the_server_refuses_and_nothing_else(
    client: Client, namespace: str, kubernetes_version: str
) -> None:
    cases = corpus(SIZE)
    with ThreadPoolExecutor(4) as pool:
        theirs = list(pool.map(lambda case: refusal(client, namespace, case.text), cases))
    ours = [complaints(case.text) for case in cases]
    refused = [said for said in theirs if said]
    both = list(zip(cases, theirs, ours, strict=True))
    missed = [(case.name, said) for case, said, found in both if said and not found]
    wrong = [(case.name, found) for case, said, found in both if found and not said]
    if kubernetes_version != resolve_version(NEWEST):
        wrong = [(name, found) for name, found in wrong if not any(word in found[0] for word in LATER)]
    rate = 1 - len(missed) / len(refused)
    print(f"\n{len(cases)} manifests; the server refuses {len(refused)}, of which we refuse {rate:.1%}")
    print(f"of {len(cases) - len(refused)} that the server accepts we refuse {len(wrong)}")
    for name, said in missed:
        print(f"not known offline: {name}: {said}")
    assert wrong == []
    assert rate >= TARGET, missed
    assert min(len(refused), len(cases) - len(refused)) > SIZE // 10
