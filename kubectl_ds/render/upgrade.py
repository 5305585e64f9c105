"""What an upgrade changed, each with its place and its reason, in the form of the findings.

fluentd.yaml:1:13: changed: apiVersion: apps/v1, was extensions/v1beta1
  since Kubernetes 1.16 DaemonSets are served as apps/v1 alone
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.manifest.upgrade import Upgrade
from kubectl_ds.render.findings import findings_text
from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.theme import Theme, clean


def upgrades_text(upgrades: Iterable[Upgrade], theme: Theme) -> str:
    """Every change in the order of the text, then every warning; empty when there are none."""
    upgrades = tuple(upgrades)
    lines = []
    for upgrade in upgrades:
        for change in sorted(upgrade.changes, key=lambda each: (each.line, each.column)):
            place = theme.bold(f"{clean(change.file)}:{change.line}:{change.column}")
            lines.append(f"{place}: {theme.green('changed')}: {clean(change.what)}")
            width = None if theme.width is None else theme.width - 2
            lines += [f"  {theme.dim(part)}" for part in fold_text(clean(change.reason), width)]
    text = "".join(f"{line}\n" for line in lines)
    return theme.finish(text) + findings_text((each for every in upgrades for each in every.warnings), theme)
