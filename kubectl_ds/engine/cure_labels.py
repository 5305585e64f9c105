"""Cures for a node that lacks labels: which to set, where a label is a choice and not a fact about the node."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from kubectl_ds.engine.decision import Cause, Cure
from kubectl_ds.engine.evidence import RequirementEvidence
from kubectl_ds.engine.situation import Situation
from kubectl_ds.model.selector import SelectorRequirement, parse_int64

_FACTS = (
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "kubernetes.io/hostname",
    "beta.kubernetes.io/",
    "node.kubernetes.io/instance-type",
    "node.kubernetes.io/windows-build",
    "topology.kubernetes.io/",
    "failure-domain.beta.kubernetes.io/",
)
"""Labels that the kubelet or the cloud provider sets to say what a node is; changing them cures nothing."""


def label_the_node(situation: Situation, cause: Cause) -> Iterator[Cure]:
    """Set the labels that nodeSelector and affinity want; never one that says what the node is."""
    labels = _labels_to_set(situation)
    if labels is None:
        yield Cure(change="no label of the node can fulfil it: change the DaemonSet's node affinity", command=None)
        return
    facts = [key for key in labels if key.startswith(_FACTS)]
    if facts:
        yield Cure(
            change=f"{', '.join(facts)} says what the node is, and is not to be changed: let the DaemonSet select the "
            f"node if its image runs there",
            command=None,
        )
        return
    node = situation.snapshot.nodes_by_name.get(situation.node)
    has = node.labels if node is not None else {}
    words = " ".join(quote(f"{key}-" if value is None else f"{key}={value}") for key, value in labels.items())
    overwrite = " --overwrite" if any(value is not None and key in has for key, value in labels.items()) else ""
    yield Cure(
        change=f"label the node as required: {words}",
        command=f"kubectl label node {situation.node} {words}{overwrite}",
    )


def _labels_to_set(situation: Situation) -> dict[str, str | None] | None:
    """Labels (None takes one away) with which the node fulfils nodeSelector and affinity; None when none can."""
    node = situation.snapshot.nodes_by_name.get(situation.node)
    if node is None:
        return None
    template = situation.daemon_set.spec.template.spec
    labels = node.labels
    wanted: dict[str, str | None] = {
        key: value for key, value in sorted(template.node_selector.items()) if labels.get(key) != value
    }
    added = [each.evidence for each in situation.decision.scheduling if isinstance(each.evidence, RequirementEvidence)]
    wanted |= {each.key: each.values[0] for each in added if each.source != "affinity"}
    affinity = template.affinity.required_node_selector if template.affinity else None
    if affinity is None or affinity.matches(node.name, labels | {k: v for k, v in wanted.items() if v is not None}):
        return wanted or None
    choices: list[list[tuple[str, str | None]]] = []
    for term in affinity.node_selector_terms:
        fields_match = all((node.name in each.values) == (each.operator == "In") for each in term.match_fields)
        if term.parses and fields_match:
            changes = [_label_for(each) for each in term.match_expressions if not each.matches(labels)]
            known = [change for change in changes if change is not None]
            if len(known) == len(changes):
                choices.append(known)
    if not choices:
        return None
    fewest: list[tuple[str, str | None]] = min(choices, key=len)
    best = dict(fewest)
    if any(key in wanted and wanted[key] != value for key, value in best.items()):
        return None
    after = {key: value for key, value in (labels | wanted | best).items() if value is not None}
    return wanted | best if affinity.matches(node.name, after) else None


def _label_for(requirement: SelectorRequirement) -> tuple[str, str | None] | None:
    bound = parse_int64(requirement.values[0]) if requirement.values else None
    if requirement.operator == "In":
        return requirement.key, requirement.values[0]
    if requirement.operator == "Exists":
        return requirement.key, ""
    if requirement.operator in ("NotIn", "DoesNotExist"):
        return requirement.key, None
    if bound is not None and requirement.operator == "Gt":
        return requirement.key, str(bound + 1)
    if bound is not None and requirement.operator == "Lt" and bound > 0:
        return requirement.key, str(bound - 1)
    return None
