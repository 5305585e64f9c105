"""``kubectl ds create NAME --image=IMG``, which is also ``kubectl create daemonset``: a manifest from flags."""

from __future__ import annotations

from kubectl_ds.cli.create_flags import blueprint
from kubectl_ds.cli.create_outlook import agreed
from kubectl_ds.cli.create_report import DAEMON_SETS, Report
from kubectl_ds.cli.session import Session
from kubectl_ds.errors import ApiError, DsError, ExitCode, ManifestError, UsageError
from kubectl_ds.flow.create import Created
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.resolve import Place
from kubectl_ds.manifest.build import build
from kubectl_ds.manifest.documents import Document, read
from kubectl_ds.manifest.finding import Severity
from kubectl_ds.manifest.submission import as_sent
from kubectl_ds.manifest.validate import validate


def create_named(
    session: Session,
    names: list[str],
    mode: DryRun,
    validation: str,
    field_manager: str,
    report: Report,
    *,
    outlook: bool,
    save_config: bool,
    yes: bool,
) -> int:
    """Create the DaemonSet that the command line describes.

    Raises:
        UsageError: the command line cannot be meant so.
        ManifestError: the server would refuse the object, or has refused it; in kubectl's words.
    """
    document = _document(session, names)
    namespace = session.invocation.text("namespace")
    if mode is DryRun.CLIENT:
        place = Place(document, DAEMON_SETS, namespace)
        report(Created(place, as_sent(document, namespace=namespace, save_config=save_config), asked=False))
        _hint(session, document)
        return ExitCode.OK
    import msgspec

    from kubectl_ds.cluster import writes

    client = session.client
    namespace = client.connection.namespace
    if outlook and not agreed(session, (document,), namespace, asks=not yes and mode is DryRun.NONE):
        return ExitCode.ERROR
    try:
        answer = writes.create(
            client,
            DAEMON_SETS,
            namespace,
            msgspec.json.encode(as_sent(document, namespace=namespace, save_config=save_config), order="sorted"),
            field_manager=field_manager,
            field_validation=validation,
            dry_run=mode is DryRun.SERVER,
        )
    except ApiError as error:
        raise DsError(f"failed to create daemonset: {error.message}", reference=error.reason) from error
    data = msgspec.json.decode(answer.body)
    report(Created(Place(document, DAEMON_SETS, namespace), data, asked=True, warnings=answer.warnings))
    _hint(session, document)
    return ExitCode.OK


def _document(session: Session, words: list[str]) -> Document:
    after = session.invocation.after_dashes
    names = words[: len(words) - len(after)] if after else words
    if len(names) != 1:
        raise UsageError(
            f"exactly one NAME is required, got {len(names)}",
            hint="kubectl ds create NAME --image=IMAGE -- COMMAND ARGUMENTS",
        )
    plan = blueprint(session.invocation, names[0], after or ())
    if not plan.image:
        raise UsageError('required flag(s) "image" not set')
    import msgspec

    (document,) = read("the command line", msgspec.json.encode(build(plan))).documents
    wrong = [each for each in validate((document,)) if each.severity is Severity.ERROR]
    if wrong:
        words = [each.message if each.field in each.message else f"{each.field}: {each.message}" for each in wrong]
        raise ManifestError(f"failed to create daemonset: {'; '.join(words)}")
    return document


def _hint(session: Session, document: Document) -> None:
    """On a terminal: what was not asked for and is missed later; nothing is invented."""
    (container,) = document.data["spec"]["template"]["spec"]["containers"]
    if session.terminal.interactive and not container.get("resources", {}).get("requests"):
        session.terminal.say(
            "hint: without requests the pods are the first to be evicted when a node runs short: "
            "--requests=cpu=50m,memory=64Mi"
        )
