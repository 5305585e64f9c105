"""The ``StorageReport`` document: every claim, folder and port with its evidence, and what to write instead."""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ds.engine.node_sharing import HostPathFinding, Neighbour, PortClash
from kubectl_ds.engine.storage import ClaimFinding, Problem, StorageFindings
from kubectl_ds.engine.storage_instead import alternatives
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.storage import claim_words, cure_of, host_path_words, port_words
from kubectl_ds.render.structured import document

Object = dict[str, Any]


def storage_document(snapshot: Snapshot, findings: tuple[StorageFindings, ...]) -> Object:
    """A ``StorageReport``, as plain dicts and lists."""
    return document("StorageReport", snapshot) | {"daemonSets": [_daemon_set(snapshot, each) for each in findings]}


def _daemon_set(snapshot: Snapshot, findings: StorageFindings) -> Object:
    return {
        "namespace": findings.daemon_set.namespace,
        "name": findings.daemon_set.name,
        "wrong": findings.wrong,
        "claims": [_claim(snapshot, findings.daemon_set, each) for each in findings.claims],
        "hostPaths": [_host_path(each) for each in findings.host_paths],
        "hostPorts": [_host_port(each) for each in findings.ports],
        "unseen": list(findings.unseen),
    }


def _claim(snapshot: Snapshot, daemon_set: DaemonSet, claim: ClaimFinding) -> Object:
    unknown = claim.problem is Problem.UNKNOWN
    return {
        "claim": claim.claim,
        "problem": claim.problem.value,
        "severe": None if unknown else claim.problem.severe,
        "message": claim_words(claim),
        "evidence": {
            "claim": claim.claim,
            "volumeName": claim.volume_name,
            "accessModes": list(claim.access_modes),
            "volume": claim.volume,
            "driver": claim.driver,
            "nodes": claim.nodes,
            "usableOn": None if claim.usable_on is None else list(claim.usable_on),
            "attaches": claim.attaches,
            "holder": claim.holder,
            "storageClass": claim.storage_class,
            "requested": claim.size,
            "readOnly": claim.read_only,
            "denied": claim.denied,
        },
        "instead": [
            {"name": each.name, "fragment": each.fragment, "cure": msgspec.to_builtins(cure_of(daemon_set, each))}
            for each in alternatives(snapshot, daemon_set, claim)
        ],
    }


def _host_path(path: HostPathFinding) -> Object:
    return {
        "path": path.path,
        "contains": path.contains,
        "message": host_path_words(path),
        "others": [_neighbour(each) for each in path.others],
    }


def _host_port(port: PortClash) -> Object:
    return {
        "code": "NodePorts",
        "message": port_words(port),
        "evidence": {"hostPort": port.host_port, "protocol": port.protocol, "hostIP": port.host_ip},
        "surge": port.surge,
        "others": [_neighbour(each) for each in port.others],
    }


def _neighbour(neighbour: Neighbour) -> Object:
    return {"kind": neighbour.kind, "name": neighbour.name, "nodes": list(neighbour.nodes)}
