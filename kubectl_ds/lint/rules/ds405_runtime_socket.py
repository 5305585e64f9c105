"""It mounts the container runtime's socket: whoever breaks into it owns every node.

Through the socket any container can be started with any mount, whatever the pod's own rights, and readOnly does not
help: a socket that can be opened can be written to.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, host_path

_SOCKETS = ("containerd.sock", "docker.sock", "crio.sock", "cri-dockerd.sock", "dockershim.sock")


def check(subject: Subject) -> Iterator[Problem]:
    """By the name of the socket."""
    for volume in subject.pod.parts("volumes"):
        path = host_path(volume)
        if path.endswith(_SOCKETS):
            yield Problem(
                volume.part("hostPath").at("path"),
                f"whoever breaks into a container with {path} owns its node",
                "read metadata from the API server or the kubelet if that is enough",
            )


RULE = Rule(
    code="DS405",
    name="runtime-socket",
    level=Level.INFO,
    why=__doc__,
    check=check,
    cases="""
good:
  another socket:
    mount: /run/agent.sock
bad:
  the socket of containerd:
    mount: /run/containerd/containerd.sock
    finds: spec.template.spec.volumes[0].hostPath.path
""",
)
