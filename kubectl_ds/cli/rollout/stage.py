"""``kubectl ds rollout stage``: canaries and waves on a plain DaemonSet, with no controller in the cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ds.cli.rollout.stage_flags import StageFlags, change_of, terms_of
from kubectl_ds.cli.rollout.targets import Targets, asked_for
from kubectl_ds.cli.session import Session
from kubectl_ds.engine.stage.events import Outcome, StageEvent, Told
from kubectl_ds.engine.stage.state import Phase, StageState, Terms
from kubectl_ds.errors import DsError, ExitCode, UsageError
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.render.fold import fold_names
from kubectl_ds.render.rows import counted
from kubectl_ds.render.stage import event_text, plan_text
from kubectl_ds.render.stage_document import event_line, plan_document
from kubectl_ds.render.structured import as_json
from kubectl_ds.render.theme import clean

if TYPE_CHECKING:
    from kubectl_ds.flow.stage.driver import Answer
    from kubectl_ds.flow.stage.gates import Facts
    from kubectl_ds.flow.stage.hold import Hold
    from kubectl_ds.flow.stage.prepare import Prepared

EXAMPLES = (
    (
        "One node, a tenth, half, all; each wave available for ten minutes before the next",
        "kubectl ds rollout stage fluentd -n logging --image fluentd=fluentd:v1.17 --soak 10m",
    ),
    ("See the waves, and change nothing", "kubectl ds rollout stage fluentd -n logging -f fluentd.yaml --plan"),
    (
        "Zone by zone, canaries first, back by itself when a check does not agree",
        "kubectl ds rollout stage fluentd --image fluentd=fluentd:v1.17 --by topology.kubernetes.io/zone "
        "--canary-nodes canary=true --gate './check.sh $KUBECTL_DS_NODES' --on-failure undo",
    ),
    ("Go on where a run was killed or has stopped", "kubectl ds rollout stage fluentd -n logging --resume"),
    ("Go back instead", "kubectl ds rollout stage fluentd -n logging --resume --undo"),
)
_GOES_ON = (Outcome.FAILED, Outcome.STALLED, Outcome.TEMPLATE_CHANGED)
"""Ends after which there is something to go on with."""
_CODES = {
    Outcome.COMPLETE: ExitCode.OK,
    Outcome.UNDONE: ExitCode.WRONG,
    Outcome.FAILED: ExitCode.WRONG,
    Outcome.STALLED: ExitCode.BLOCKED,
}


def command(
    ctx: typer.Context,
    names: Targets = None,
    image: Annotated[
        list[str] | None,
        typer.Option("--image", metavar="CONTAINER=IMAGE", help="Roll out this image; * is every container."),
    ] = None,
    filename: Annotated[
        list[str] | None, typer.Option("-f", "--filename", metavar="FILE", help="Roll out this manifest's template.")
    ] = None,
    recursive: Annotated[bool, typer.Option("-R", "--recursive", help="Read folders with all below them.")] = False,
    patch: Annotated[
        str, typer.Option("-p", "--patch", metavar="PATCH", help="Roll out what this strategic merge patch makes.")
    ] = "",
    waves: Annotated[
        str,
        typer.Option(
            "--waves", metavar="BORDERS", help="Where each wave ends, of all nodes.  [default: 1,10%,50%,100%]"
        ),
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="LABEL", help="A wave for each value of this node label.")] = "",
    canary_nodes: Annotated[
        str, typer.Option("--canary-nodes", metavar="SELECTOR", help="Nodes that make up a first wave.")
    ] = "",
    order: Annotated[
        str,
        typer.Option("--order", metavar="names|load|label=KEY", help="Load: least loaded first.  [default: names]"),
    ] = "",
    soak: Annotated[
        str, typer.Option("--soak", metavar="DURATION", help="How long a wave must have been available: 90s, 10m.")
    ] = "",
    gate: Annotated[
        list[str] | None,
        typer.Option("--gate", metavar="COMMAND", help="Its exit code decides after each wave; may be repeated."),
    ] = None,
    max_failures: Annotated[
        int | None, typer.Option("--max-failures", metavar="COUNT", help="Nodes that may fail.  [default: 0]")
    ] = None,
    max_restarts: Annotated[
        int | None,
        typer.Option("--max-restarts", metavar="COUNT", help="Restarts after which a new pod fails.  [default: 2]"),
    ] = None,
    max_unavailable: Annotated[
        str,
        typer.Option(
            "--max-unavailable", metavar="COUNT", help="In place of the DaemonSet's own: a count or percentage."
        ),
    ] = "",
    evict: Annotated[
        bool, typer.Option("--evict", help="Evict pods, as disruption budgets let them go, rather than delete them.")
    ] = False,
    on_failure: Annotated[
        str, typer.Option("--on-failure", metavar="undo|pause|ask", help="When it fails.  [default: pause]")
    ] = "",
    progress_deadline: Annotated[
        str,
        typer.Option(
            "--progress-deadline", metavar="DURATION", help="A new pod not ready by then fails.  [default: 10m]"
        ),
    ] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Print the waves, and change nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a rollout was left, from anywhere.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="With --resume: go back rather than on.")] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="With --resume: go on with the template that somebody else has set.")
    ] = False,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FORMAT", help="json: one document a line for all that happens.")
    ] = "",
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="3 when the revision fails, 5 when nothing moves.")
    ] = False,
) -> int:
    """Roll out a new template wave by wave, watch it, and go back when it fails.

    Pods are deleted as the DaemonSet's own maxUnavailable allows, under OnDelete; its strategy is kept in an annotation
    and put back in the end. A run that is killed leaves everything as it is: --resume goes on from any machine.
    """
    session: Session = ctx.obj
    flags = StageFlags(
        image=image or (),
        filename=filename or (),
        recursive=recursive,
        patch=patch,
        waves=waves,
        by=by,
        canary_nodes=canary_nodes,
        order=order,
        soak=soak,
        gate=gate or (),
        max_failures=max_failures,
        max_restarts=max_restarts,
        max_unavailable=max_unavailable,
        evict=evict,
        on_failure=on_failure,
        progress_deadline=progress_deadline,
    )
    flags.expect_sense(resume=resume, undo=undo, adopt=adopt)
    if output not in ("", "json"):
        raise UsageError(f"-o {output} is not json")
    asked = asked_for(session, names, "")
    if len(asked.queries) != 1 or not asked.by_name:
        raise UsageError("a staged rollout is of one DaemonSet; give its name")
    run = _Run(session, asked.queries[0].namespace or "", asked.queries[0].names[0], flags, output)
    if plan:
        return run.show_plan(resume=resume)
    if resume:
        return run.resume(undo=undo, adopt=adopt, exit_code=exit_code)
    return run.begin(exit_code=exit_code)


class _Run:
    """One call of the command."""

    def __init__(self, session: Session, namespace: str, name: str, flags: StageFlags, output: str) -> None:
        from kubectl_ds.flow.stage.clock import ServerClock
        from kubectl_ds.flow.stage.writes import Writer

        self._session = session
        self._client = session.client
        self._namespace, self._name = namespace, name
        self._flags = flags
        self._output = output
        self._clock = ServerClock(session.client, time.monotonic)
        self._writer = Writer(session.client, time.sleep)

    def show_plan(self, *, resume: bool) -> int:
        """Print the waves."""
        leaving: tuple[str, ...] = ()
        joining: tuple[str, ...] = ()
        if resume:
            from kubectl_ds.engine.stage.steps import limit
            from kubectl_ds.flow.stage.entry import read_staged

            _, state = read_staged(self._client, self._namespace, self._name)
            waves, most = state.waves, limit(state, sum(len(wave.nodes) for wave in state.waves))
        else:
            prepared = self._prepared(only_look=True)
            waves, most = prepared.state.waves, prepared.limit
            leaving, joining = prepared.leaving, prepared.joining
        if self._output:
            document = plan_document(self._namespace, self._name, waves, most, leaving, joining)
            self._session.terminal.write(as_json(document))
        else:
            self._session.terminal.write(plan_text(self._name, waves, most, self._session.theme))
        return ExitCode.OK

    def begin(self, *, exit_code: bool) -> int:
        """A new rollout."""
        from kubectl_ds.cli.rollout.change import say_opponents
        from kubectl_ds.engine.field_managers import STRATEGY, TEMPLATE
        from kubectl_ds.flow.rights import user_name
        from kubectl_ds.flow.stage.entry import begin

        prepared = self._prepared(only_look=False)
        for field in (TEMPLATE, STRATEGY):
            say_opponents(self._session, prepared.before, field)
        user = user_name(self._client)
        with self._held(prepared.before, user) as hold:
            daemon_set, state = begin(self._client, self._writer, prepared, user, self._clock.now())
            return self._drive(hold, daemon_set, state, Told.BEGUN, exit_code=exit_code)

    def resume(self, *, undo: bool, adopt: bool, exit_code: bool) -> int:
        """A rollout that is under way."""
        from kubectl_ds.flow.rights import expect_rights, user_name
        from kubectl_ds.flow.stage.entry import go_on, read_staged
        from kubectl_ds.flow.stage.prepare import rights

        daemon_set, state = read_staged(self._client, self._namespace, self._name)
        judges = state.phase is Phase.ROLLING and not undo
        terms = self._terms(state.terms) if judges else terms_of(self._flags, state.terms)
        expect_rights(self._client, rights(self._namespace, self._name, terms))
        with self._held(daemon_set, user_name(self._client)) as hold:
            daemon_set, state = read_staged(self._client, self._namespace, self._name)
            daemon_set, state = go_on(self._client, self._writer, daemon_set, state, terms, adopt=adopt)
            return self._drive(hold, daemon_set, state, Told.RESUMED, undo=undo, exit_code=exit_code)

    def _terms(self, base: Terms) -> Terms:
        """The terms, as far as this run can fulfil them: commands are not kept in the cluster.

        Whoever goes back judges nothing any more, and needs none of it.
        """
        terms = terms_of(self._flags, base)
        if base.gates and not self._flags.gate:
            raise UsageError(
                f"this rollout has {counted(base.gates, 'gate')}, and commands are not kept in the cluster",
                hint="give each again by --gate=COMMAND, or --gate= to go on without",
            )
        if terms.on_failure.value == "ask" and not self._session.terminal.stdin.isatty():
            raise UsageError("--on-failure=ask needs a terminal to ask on", hint="--on-failure=undo or pause")
        return terms

    def _prepared(self, *, only_look: bool) -> Prepared:
        """All that can be known before anything is changed."""
        from kubectl_ds.cluster.selectors import parse_selector
        from kubectl_ds.engine.stage.plan import USUAL, parse_borders, parse_order
        from kubectl_ds.engine.stage.state import Terms
        from kubectl_ds.flow.stage.prepare import Wanted, prepare

        flags = self._flags
        wanted = Wanted(
            namespace=self._namespace,
            name=self._name,
            change=change_of(self._session, flags, self._name),
            terms=self._terms(Terms()),
            borders=parse_borders(flags.waves or USUAL),
            by=flags.by,
            canaries=parse_selector(flags.canary_nodes) if flags.canary_nodes else None,
            order=parse_order(flags.order or "names"),
        )
        prepared = prepare(self._client, wanted, only_look=only_look)
        for nodes, words in (
            (prepared.leaving, "the new template leaves out, and whose pods the controller takes at once"),
            (prepared.joining, "the new template adds, and where the controller makes pods at once"),
        ):
            if nodes:
                self._say(f"Warning: {counted(len(nodes), 'node')} that {words}: {fold_names(nodes)}")
        return prepared

    def _held(self, daemon_set: DaemonSet, user: str) -> Hold:
        from kubectl_ds.flow.stage.hold import Hold
        from kubectl_ds.flow.stage.holder import this_run

        return Hold(self._client, daemon_set, this_run(user), self._clock.now, time.monotonic, time.sleep, self._say)

    def _drive(
        self,
        hold: Hold,
        daemon_set: DaemonSet,
        state: StageState,
        first: Told,
        *,
        undo: bool = False,
        exit_code: bool,
    ) -> int:
        """To its end; whatever ends it early, how to go on is said."""
        from kubectl_ds.flow.stage.driver import Driver, Means
        from kubectl_ds.flow.stage.explain import explain
        from kubectl_ds.flow.stage.world import World

        means = Means(
            tell=self._tell,
            gates=tuple(command for command in self._flags.gate if command),
            run_gate=self._run_gate,
            ask=self._ask,
            explain=lambda nodes: explain(self._client, daemon_set, nodes),
        )
        world = World(self._client, daemon_set, state, self._clock.now)
        try:
            outcome = Driver(world, self._writer, hold, means).run(first, undo=undo)
        except KeyboardInterrupt:
            self._say(self._ways())
            raise
        except DsError as error:
            error.hint = "\n".join(each for each in (error.hint, self._ways()) if each)
            raise
        if outcome in _GOES_ON:
            self._say(self._ways(adopt=outcome is Outcome.TEMPLATE_CHANGED))
        return _CODES.get(outcome, ExitCode.ERROR) if exit_code else min(ExitCode.ERROR, _CODES.get(outcome, 1))

    def _ways(self, *, adopt: bool = False) -> str:
        again = f"kubectl ds rollout stage {self._name} -n {self._namespace}{self._session.again} --resume"
        ways = [f"go on:   {again}", *([f"adopt:   {again} --adopt"] if adopt else []), f"go back: {again} --undo"]
        return "\n".join(ways)

    def _tell(self, event: StageEvent) -> None:
        terminal = self._session.terminal
        if self._output:
            terminal.write(event_line(self._namespace, self._name, event))
        else:
            terminal.write(event_text(self._name, event, self._session.theme))
        terminal.stdout.flush()

    def _run_gate(self, command: str, facts: Facts) -> int:
        from kubectl_ds.flow.stage.gates import run_gate

        return run_gate(command, facts, self._session.terminal.environ, lambda line: self._say(clean(line)))

    def _ask(self, event: StageEvent) -> Answer:
        """Until it is one of the three."""
        from kubectl_ds.flow.stage.driver import Answer

        terminal = self._session.terminal
        while True:
            terminal.stderr.write("undo, pause or retry? ")
            terminal.stderr.flush()
            line = terminal.stdin.readline()
            found = [each for each in Answer if line.strip() and each.value.startswith(line.strip().lower())]
            if found or not line:
                return found[0] if found else Answer.PAUSE

    def _say(self, text: str) -> None:
        self._session.terminal.say(text)
