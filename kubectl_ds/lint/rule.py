"""What a rule is: a stable code, why it exists, a check, and the cases that prove it, all in one file.

It must not know where a DaemonSet came from, nor how findings are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from kubectl_ds.lint.subject import Subject
from kubectl_ds.manifest.edit import Edit
from kubectl_ds.model.kinds import Kind


class Level(str, Enum):
    """How much a finding weighs."""

    ERROR = "error"
    """It cannot work as it is written."""
    WARNING = "warning"
    """It works until the day that the rule's incident tells of."""
    INFO = "info"
    """Worth knowing; never fails a run."""


@dataclass(frozen=True)
class Problem:
    """What a check found at one place."""

    path: str
    """The field as the API server writes it; of what is missing, the place where it belongs."""
    message: str
    suggestion: str = ""
    level: Level | None = None
    """Where it weighs more or less than the rule says by itself."""
    fix: tuple[Edit, ...] = ()
    """The changes that ``--fix`` may make without asking; none where somebody has to decide."""


Check = Callable[[Subject], Iterable[Problem]]


@dataclass(frozen=True)
class Rule:
    """One rule; its module is its documentation."""

    code: str
    """``DS201``: never reused, never renumbered; the first digit is the subject (see ``TOPICS``)."""
    name: str
    """In kebab-case, for people."""
    level: Level
    why: str
    """The docstring of its module: a first line that says what is wrong, then the incident behind it."""
    check: Check
    cases: str
    """YAML: ``good`` and ``bad`` changes to a sound manifest, by the sentence that each proves."""
    needs: tuple[Kind, ...] = ()
    """Kinds of a cluster without which it can say nothing."""
    uses: tuple[Kind, ...] = ()
    """Kinds that it looks at where they are known."""
    fixable: bool = False
    """Whether ``--fix`` can put right some of what it finds in files."""

    @property
    def title(self) -> str:
        """The first line of its documentation, without the full stop."""
        return self.why.strip().partition("\n")[0].rstrip(".")

    @property
    def story(self) -> str:
        """The rest of its documentation."""
        return self.why.strip().partition("\n")[2].strip()


TOPICS = {
    "DS0": "manifest",
    "DS1": "nodes and taints",
    "DS2": "resources and priority",
    "DS3": "rollout and lifecycle",
    "DS4": "the host: ports, folders, network",
    "DS5": "images",
    "DS6": "labels, owners and names",
    "DS7": "admission",
}
"""What the first digit of a code stands for."""
