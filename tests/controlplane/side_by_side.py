"""The real kubectl and ``kubectl ds`` on the same command line: what each says on both streams, and how it ends.

Ages change with the second: their digits are not compared, but how many there are is. Ours runs in this process.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.cli.runs import ds

from .kubectl_bytes import newest_kubectl
from .objects import container, daemon_set, node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .cluster import Cluster

_AGE = re.compile(r"(?<![\w.:-])(?:\d+[hm])?\d+[hms](?![\w:-])")
ATTEMPTS = 4


@dataclass(frozen=True)
class Said:
    """What a program said."""

    out: str
    err: str
    fine: bool
    """Whether it ended with zero."""


class SideBySide:
    """Runs both against one cluster."""

    def __init__(self, cluster: Cluster, folder: Path, *, begins: bool = False, user: str = "admin") -> None:
        """``begins``: our answer may go on where kubectl's ends."""
        self._kubectl = newest_kubectl()
        self._environ: Mapping[str, str] = cluster.plane.environment(user, namespace=cluster.namespace) | {
            "KUBECACHEDIR": str(folder / "cache"),
            "PATH": f"{self._kubectl.parent}:/usr/bin:/bin",
        }
        self._folder = folder
        self.begins = begins

    def kubectl(self, *arguments: str, stdin: bytes = b"") -> Said:
        """What kubectl says."""
        done = subprocess.run(
            [str(self._kubectl), *arguments],
            env=dict(self._environ),
            cwd=self._folder,
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )
        out, err = (ageless(stream.decode(errors="surrogateescape")) for stream in (done.stdout, done.stderr))
        return Said(out, err, done.returncode == 0)

    def ours(self, *arguments: str, stdin: bytes = b"") -> Said:
        """What we say; the name of the program is kubectl's, where it is named."""
        ran = ds(*arguments, stdin=stdin, environ=self._environ, errors="surrogateescape")
        return Said(ageless(ran.out), ageless(ran.err).replace("kubectl ds", "kubectl"), ran.code == 0)

    def begin(self, line: str, log: Path) -> tuple[Running, Running]:
        """Start both on the same ``get``; what they print goes to files."""
        arguments = shlex.split(line)
        ours = [sys.executable, "-c", "from kubectl_ds.cli import main; main()", "get", *arguments]
        return (
            Running([str(self._kubectl), *twin("get", arguments)], self._environ, log.with_suffix(".kubectl")),
            Running(ours, self._environ, log.with_suffix(".ours")),
        )

    def differ(self, theirs: Sequence[str], ours: Sequence[str], stdin: bytes = b"") -> tuple[Said, Said] | None:
        """What both say, when they differ; asked again when a second passed between them."""
        for _ in range(ATTEMPTS):
            before = self.kubectl(*theirs, stdin=stdin)
            found = self.ours(*ours, stdin=stdin)
            if found == before or (self.begins and found == replace(before, out=found.out) and _goes_on(before, found)):
                return None
            if self.kubectl(*theirs, stdin=stdin) == before:
                return before, found
        raise AssertionError(f"kubectl itself never answered twice alike: {theirs}")


class Running:
    """A program that goes on."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(command, env=dict(environ), stdout=out, stderr=subprocess.STDOUT)

    @property
    def shown(self) -> str:
        """What it has printed so far; an age may have become a second older, and its column a blank wider."""
        return _loose(self._log.read_text(errors="surrogateescape"))

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.wait(10)


def twin(verb: str, arguments: Sequence[str]) -> list[str]:
    """What to tell kubectl for what ``kubectl ds`` is told: the type, unless it is there, or is not wanted."""
    typed = any(
        each.startswith(("ds/", "daemonset", "-f", "-k", "--filename", "--kustomize", "--raw")) for each in arguments
    )
    return [verb, *([] if typed or "ds" in arguments else ["ds"]), *arguments]


def loosely(said: Said) -> Said:
    """Without ages, which may be longer, and without the blanks that they need."""
    return replace(said, out=re.sub(r"(AGE|#+) *", r"\1 ", said.out).replace("#", ""))


def _loose(text: str) -> str:
    return re.sub(rf"(?:{_AGE.pattern}) *", "# ", text)


def _goes_on(theirs: Said, ours: Said) -> bool:
    return ours.out.startswith(theirs.out) and bool(theirs.out)


def ageless(text: str) -> str:
    """Without the digits of its ages."""
    return _AGE.sub(lambda age: "#" * len(age[0]), text)


def fill(cluster: Cluster) -> None:
    """DaemonSets of several shapes, in several namespaces, on two nodes."""
    cluster.nodes("n1", node("n2", labels={"disk": "ssd"}))
    space = cluster.namespace
    two = {"spec": {"containers": [container("a", "img:1"), container("b", "img:2")], "nodeSelector": {"disk": "ssd"}}}
    cluster.create(
        daemon_set("fluentd", space, annotations={"note": "two\nlines: yes", "rank": "10"}, max_unavailable="10%"),
        daemon_set("exporter", space, annotations={"rank": "9", "size": "1Gi"}, template=two),
        daemon_set(
            "agent-1", space, annotations={"size": "500Mi", "a.b/c": "x"}, labels={"app": "agent", "tier": "node"}
        ),
        daemon_set("agent-2", space, labels={"app": "agent", "tier": "edge"}),
        daemon_set("elsewhere", "default", image="é:1"),
        daemon_set("plain", "kube-system"),
    )
    cluster.settle()


FILES = {
    "fluentd.yaml": "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: fluentd}\n",
    "many/a.yaml": (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: fluentd}\n---\n"
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: exporter}\n"
    ),
    "many/b.json": '{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "absent"}}',
    "many/deep/c.yml": (
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent-1}}\n"
        "- {apiVersion: v1, kind: Namespace, metadata: {name: default}}\n"
    ),
    "k/kustomization.yaml": "resources: [d.yaml]\n",
    "k/d.yaml": "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: fluentd}\n",
    "k/e.yaml": "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: absent}\n",
    "names.jsonpath": '{range .items[*]}{.metadata.name}{"\\n"}{end}\n',
    "cols.txt": "NAME IMG\n.metadata.name {.spec.template.spec.containers[*].image}\n",
    "t.gotmpl": "{{range .items}}{{.metadata.name}} {{end}}\n",
}


def write_files(folder: Path) -> None:
    """Manifests that name some of the DaemonSets, and templates."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
