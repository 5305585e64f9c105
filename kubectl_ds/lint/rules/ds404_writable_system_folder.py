"""It may write into the node's own system folders, on every node at once.

A cleaning job with a wrong variable, or whoever breaks into the agent, changes /etc, /usr or the whole root of all
machines in one rollout. Agents that only look (node exporters) mount the same folders with readOnly: true.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject

_FOLDERS = frozenset(
    (
        *("/", "/bin", "/boot", "/etc", "/etc/kubernetes", "/etc/kubernetes/manifests", "/home", "/lib", "/lib64"),
        *("/root", "/run", "/sbin", "/usr", "/usr/bin", "/usr/lib", "/var", "/var/lib", "/var/lib/etcd", "/var/run"),
    )
)


def check(subject: Subject) -> Iterator[Problem]:
    """The folders themselves, not a folder of the agent's own in one of them."""
    seen = set()
    for mount in subject.mounts:
        if mount.host_path in _FOLDERS and not mount.read_only and mount.host_path not in seen:
            seen.add(mount.host_path)
            yield Problem(
                mount.volume.part("hostPath").at("path"),
                f"container {mount.container.text('name')} may write into {mount.host_path} of every node",
                "mount it with readOnly: true, or mount only the folder that it writes",
            )


RULE = Rule(
    code="DS404",
    name="writable-system-folder",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  read only:
    mount: /
    readOnly: true
  a folder of its own:
    mount: /var/lib/agent
bad:
  the root:
    mount: /
    finds: spec.template.spec.volumes[0].hostPath.path
  the static pods:
    mount: /etc/kubernetes/manifests/
    finds: spec.template.spec.volumes[0].hostPath.path
""",
)
