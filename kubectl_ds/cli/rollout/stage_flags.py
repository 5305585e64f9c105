"""The flags of ``rollout stage`` as what they mean: what is rolled out, and on which terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubectl_ds.cli.session import Session
from kubectl_ds.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from kubectl_ds.engine.stage.state import Terms
    from kubectl_ds.flow.stage.change import Change


@dataclass(frozen=True)
class StageFlags:
    """As they were given; empty or None where they were not."""

    image: Sequence[str]
    filename: Sequence[str]
    recursive: bool
    patch: str
    waves: str
    by: str
    canary_nodes: str
    order: str
    soak: str
    gate: Sequence[str]
    max_failures: int | None
    max_restarts: int | None
    max_unavailable: str
    evict: bool
    on_failure: str
    progress_deadline: str

    def expect_sense(self, *, resume: bool, undo: bool, adopt: bool) -> None:
        """Refuse what cannot be meant together.

        Raises:
            UsageError: two flags contradict each other.
        """
        if sum(bool(each) for each in (self.image, self.filename, self.patch)) > 1:
            raise UsageError("--image, -f and --patch each say what to roll out; give one of them")
        if self.waves and self.by:
            raise UsageError("--waves and --by both make the waves; give one of them")
        if (undo or adopt) and not resume:
            raise UsageError("--undo and --adopt go with --resume")
        if undo and adopt:
            raise UsageError("--undo goes back, --adopt goes on; give one of them")
        fixed = {
            "--image": self.image,
            "-f": self.filename,
            "--patch": self.patch,
            "--waves": self.waves,
            "--by": self.by,
            "--canary-nodes": self.canary_nodes,
            "--order": self.order,
        }
        given = [flag for flag, value in fixed.items() if value]
        if resume and given:
            raise UsageError(
                f"{given[0]} cannot change under way; --resume goes on with what was begun",
                hint="To begin anew, go back first: --resume --undo",
            )


def change_of(session: Session, flags: StageFlags, name: str) -> Change:
    """What is to be rolled out.

    Raises:
        UsageError: it is written in a form that means nothing.
        ManifestError: the files hold no such DaemonSet.
    """
    from kubectl_ds.flow.stage.change import Change

    if flags.image:
        return Change(images=_images(flags.image))
    if flags.patch:
        return Change(patch=_parsed(flags.patch))
    if flags.filename:
        return Change(template=_template(session, flags, name))
    return Change()


def terms_of(flags: StageFlags, base: Terms) -> Terms:
    """``base``, but for what was given.

    Raises:
        UsageError: a value means nothing.
    """
    from msgspec.structs import replace

    from kubectl_ds.engine.stage.state import OnFailure

    given: dict[str, Any] = {}
    if flags.soak:
        given["soak_seconds"] = seconds(flags.soak, "--soak")
    if flags.progress_deadline:
        given["progress_seconds"] = seconds(flags.progress_deadline, "--progress-deadline")
    if flags.gate:
        given["gates"] = sum(bool(each) for each in flags.gate)
    for flag, field, count in (
        ("--max-failures", "max_failures", flags.max_failures),
        ("--max-restarts", "max_restarts", flags.max_restarts),
    ):
        if count is not None:
            if count < 0:
                raise UsageError(f"{flag}={count} is no count")
            given[field] = count
    if flags.max_unavailable:
        given["max_unavailable"] = _amount(flags.max_unavailable)
    if flags.evict:
        given["evict"] = True
    if flags.on_failure:
        if flags.on_failure not in [each.value for each in OnFailure]:
            raise UsageError(f"--on-failure={flags.on_failure} is not one of undo, pause, ask")
        given["on_failure"] = OnFailure(flags.on_failure)
    return replace(base, **given)


def seconds(text: str, flag: str) -> float:
    """A duration as kubectl writes it.

    Raises:
        UsageError: it is none.
    """
    from kubectl_ds.cluster.timeouts import parse_timeout

    try:
        return parse_timeout(text) or 0.0
    except ConfigError as error:
        raise UsageError(f'invalid argument "{text}" for "{flag}"', hint=f"{flag}=90s, 10m, 1h") from error


def _images(given: Sequence[str]) -> dict[str, str]:
    images: dict[str, str] = {}
    for pair in (part for each in given for part in each.split(",")):
        container, equals, image = pair.partition("=")
        if not equals or not container or not image:
            raise UsageError(f'--image="{pair}" is not CONTAINER=IMAGE', hint="--image=fluentd=fluentd:v1.17")
        if container in images:
            raise UsageError(f'--image names the container "{container}" twice')
        images[container] = image
    return images


def _parsed(text: str) -> Any:
    """The patch, in JSON or YAML as kubectl takes it."""
    import yaml

    try:
        patch = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"--patch is neither JSON nor YAML: {error}") from error
    if not isinstance(patch, dict):
        raise UsageError("--patch is no object", hint='--patch=\'{"spec":{"template":{"spec":{…}}}}\'')
    return patch


def _template(session: Session, flags: StageFlags, name: str) -> Any:
    from kubectl_ds.engine.revisions import template_of
    from kubectl_ds.errors import ManifestError
    from kubectl_ds.flow.foretell import read_daemon_sets

    stdin = session.terminal.stdin.buffer
    found = read_daemon_sets(
        flags.filename, stdin, namespace=session.namespace or "", enforced=True, recursive=flags.recursive
    )
    mine = [each for each in found if each.name == name]
    if len(mine) != 1:
        names = ", ".join(each.name for each in found)
        raise ManifestError(
            f'{len(mine)} of the DaemonSets in these files bear the name "{name}"', hint=f"there are: {names}"
        )
    return template_of(bytes(mine[0].raw))


def _amount(text: str) -> int | str:
    digits = text.removesuffix("%")
    percent = digits != text
    if not digits.isascii() or not digits.isdecimal() or int(digits) == 0 or (percent and int(digits) > 100):
        raise UsageError(f"--max-unavailable={text} is neither a count of nodes nor a percentage from 1% to 100%")
    return text if percent else int(digits)
