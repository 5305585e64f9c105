"""Random pods against namespaces of every level and version: what violates Pod Security is what the API server says.

The pods are only tried (``dryRun=All``), several hundred in a few seconds; the refusal must be ours word by word. Set
``ADMISSION_SEED`` for other pods and ``ADMISSION_PODS`` for more.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import Any

from kubectl_ds.engine.admission.pod_security import violated
from kubectl_ds.engine.admission.security_view import view_of
from tests.controlplane.client import ApiError
from tests.controlplane.cluster import Cluster
from tests.controlplane.policies import namespace
from tests.engine.admission.security_cases import LEVELS, VERSIONS, SecurityCases

Object = dict[str, Any]

SEED = int(os.environ.get("ADMISSION_SEED", "1"))
PODS = int(os.environ.get("ADMISSION_PODS", "600"))
LABEL = "pod-security.kubernetes.io/enforce"
VIOLATES = re.compile(r'violates PodSecurity "([^"]+)": (.*)$', re.DOTALL)


def test_what_violates_pod_security_is_what_the_api_server_says(cluster: Cluster) -> None:
    minor = int(cluster.plane.settings.version.split(".")[1])
    policies = [(level, version) for level in LEVELS for version in (*VERSIONS, "v1.99")]
    names = {policy: f"{policy[0]}-{policy[1].replace('.', '-')}" for policy in policies}
    cluster.create(
        *(
            namespace(name, labels={LABEL: level, f"{LABEL}-version": version})
            for (level, version), name in names.items()
        )
    )
    cases = SecurityCases(SEED)
    seen: Counter[str] = Counter()
    disagreements = []
    for number in range(PODS):
        template = cases.template()
        level, version = policies[number % len(policies)]
        said = _try(cluster, template, names[level, version])
        if said is None:
            seen["invalid"] += 1
            continue
        ours = ", ".join(violated(view_of(template, minor), level, version, minor))
        reasons = re.findall(r"(?:^|, )([^(),]+) \(", ours) or ["allowed"]
        seen.update(reasons)
        if said != ours:
            disagreements.append(f"{level}:{version} {template}\nserver: {said}\nours:   {ours}")
    print(f"\npod security: seed {SEED}, {PODS} pods tried: {dict(sorted(seen.items()))}")
    assert not disagreements, f"{len(disagreements)} disagreements:\n" + "\n\n".join(disagreements)
    assert seen["invalid"] < PODS // 3
    assert len(seen) >= 15, "every check refuses something"


def _try(cluster: Cluster, template: Object, namespace_name: str) -> str | None:
    """What the API server has against a pod; empty when it would take it, None when the pod itself is invalid."""
    pod = {"apiVersion": "v1", "kind": "Pod", **template}
    pod["metadata"] = {"name": "tried", **template["metadata"]}
    try:
        cluster.client.request("POST", f"/api/v1/namespaces/{namespace_name}/pods", pod, {"dryRun": "All"})
    except ApiError as error:
        match = VIOLATES.search(error.message)
        if match is None and error.status not in (400, 422):
            raise
        return match[2] if match else None
    return ""
