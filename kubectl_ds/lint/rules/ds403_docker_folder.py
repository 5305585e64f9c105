"""It mounts Docker's folder or socket, and nodes since 1.24 run containerd.

With the removal of dockershim in 1.24 log collectors that read /var/lib/docker/containers went on running and sent
nothing, on every node that was upgraded: the mount is empty, and no error says so. Container logs are links in
/var/log/containers to files in /var/log/pods.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, host_path, nodes_of
from kubectl_ds.model.kinds import NODES

_FOLDERS = ("/var/lib/docker", "/var/run/docker.sock", "/run/docker.sock")


def check(subject: Subject) -> Iterator[Problem]:
    """Silent where every node that it runs on says that its runtime is Docker."""
    runtimes = [node.status.node_info.container_runtime_version.partition(":")[0] for node in subject.eligible]
    others = [each for each in runtimes if each not in ("docker", "")]
    if runtimes and not others:
        return
    for volume in subject.pod.parts("volumes"):
        path = host_path(volume)
        if path in _FOLDERS or path.startswith("/var/lib/docker/"):
            where = f"{nodes_of(len(others))} run {others[0]}" if others else "nodes since 1.24 have none by default"
            yield Problem(
                volume.part("hostPath").at("path"),
                f"{path} belongs to Docker, and {where}",
                "read /var/log/pods for logs; for the runtime use its CRI socket",
            )


RULE = Rule(
    code="DS403",
    name="docker-folder",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    uses=(NODES,),
    cases="""
good:
  the logs of any runtime:
    mount: /var/log/pods
  the nodes do run Docker:
    mount: /var/lib/docker/containers
    nodes: [{runtime: docker://24.0.7}]
bad:
  logs of Docker:
    mount: /var/lib/docker/containers
    finds: spec.template.spec.volumes[0].hostPath.path
  the socket on containerd nodes:
    mount: /var/run/docker.sock
    nodes: [{runtime: containerd://2.1.4}]
    finds: spec.template.spec.volumes[0].hostPath.path
""",
)
