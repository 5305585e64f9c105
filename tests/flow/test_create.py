"""All or nothing, in order, through an API server that is a table in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.errors import ConnectionFailed
from kubectl_ds.flow.create import PATIENCE, Created, CreateOptions, Outcome, create
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.refusal import sentences
from kubectl_ds.manifest.documents import read
from tests.cluster.fakes import client, ok, status

GROUPS = {
    "": [("ConfigMap", "configmaps", "Namespaced"), ("Namespace", "namespaces", "Cluster")],
    "apps": [("DaemonSet", "daemonsets", "Namespaced")],
    "apiextensions.k8s.io": [("CustomResourceDefinition", "customresourcedefinitions", "Cluster")],
}


def discovery(*groups: str) -> Response:
    items = [
        {
            "metadata": {"name": group},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        {"resource": plural, "responseKind": {"kind": kind}, "scope": scope}
                        for kind, plural, scope in GROUPS[group]
                    ],
                }
            ],
        }
        for group in groups
    ]
    return ok({"kind": "APIGroupDiscoveryList", "items": items})


@dataclass
class Server:
    """Stores what it is given; ``refuses`` maps a name to the answer for it."""

    namespaces: set[str] = field(default_factory=lambda: {"default"})
    refuses: dict[str, Response] = field(default_factory=dict)
    served_after: dict[str, int] = field(default_factory=dict)
    """By plural: how many requests are answered 404 before the resource is served."""
    stored: list[str] = field(default_factory=list)
    posts: list[tuple[str, bool]] = field(default_factory=list)
    """Path and whether it was a dry run."""
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """Answer as an API server does."""
        if request.method == "GET":
            return discovery("") if request.path == "/api" else discovery(*(group for group in GROUPS if group))
        query = dict(request.query)
        dry = query.get("dryRun") == "All"
        self.posts.append((request.path, dry))
        body = json.loads(request.body or b"")
        self.bodies.append(body)
        plural, name = request.path.rpartition("/")[2], body["metadata"].get("name", "made-up")
        if self.served_after.get(plural, 0) > 0:
            self.served_after[plural] -= 1
            return Response(404, b"404 page not found\n")
        namespace = body["metadata"].get("namespace")
        if name in self.refuses:
            refusal = self.refuses[name]
            return Response(refusal.status, refusal.read(), refusal.headers)
        if namespace and namespace not in self.namespaces:
            details = {"kind": "namespaces", "name": namespace}
            return status(404, "NotFound", f'namespaces "{namespace}" not found', details=details)
        if name in self.stored:
            return status(
                409, "AlreadyExists", f'{plural} "{name}" already exists', details={"kind": plural, "name": name}
            )
        if not dry:
            self.stored.append(name)
            if body["kind"] == "Namespace":
                self.namespaces.add(name)
        return ok(body | {"metadata": {**body["metadata"], "name": name, "uid": "u"}})

    @property
    def created(self) -> list[str]:
        """Paths of what was posted for good."""
        return [path for path, dry in self.posts if not dry]


def config_map(name: str, namespace: str = "") -> str:
    inside = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{inside}}}\n"


NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n"
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions: [{name: v1, served: true}, {name: v0, served: false}]
"""
WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: gear}\n"
INVALID = status(
    422,
    "Invalid",
    'ConfigMap "bad" is invalid: data: Forbidden',
    details={"kind": "ConfigMap", "name": "bad", "causes": [{"field": "data", "message": "Forbidden"}]},
)


def run(
    server: Server, *texts: str, check_only: bool = False, pauses: list[float] | None = None, **options: Any
) -> tuple[Outcome, list[Created]]:
    """Create the documents; what came of it, and what was reported on the way."""
    documents = read("f.yaml", "---\n".join(texts).encode()).documents
    reported: list[Created] = []
    waited = pauses if pauses is not None else []
    outcome = create(
        client(server), documents, CreateOptions(**options), reported.append, waited.append, check_only=check_only
    )
    assert reported == outcome.created
    return outcome, reported


def test_a_single_document_is_one_request_as_kubectl_s() -> None:
    server = Server()
    outcome, reported = run(server, config_map("a"), field_manager="me", validation="Warn")
    assert server.posts == [("/api/v1/namespaces/default/configmaps", False)]
    assert (outcome.refusals, [each.data["metadata"]["uid"] for each in reported]) == ([], ["u"])


def test_several_are_all_tried_before_the_first_is_created() -> None:
    server = Server()
    run(server, config_map("a"), config_map("b"))
    assert [dry for _, dry in server.posts] == [True, True, False, False]
    assert server.stored == ["a", "b"]


def test_one_that_is_refused_keeps_all_from_being_created() -> None:
    server = Server(refuses={"bad": INVALID})
    outcome, _ = run(server, config_map("a"), config_map("bad"), config_map("c"), config_map("a"))
    assert server.created == []
    assert outcome.left == 2
    assert sentences(outcome.refusals) == [
        'Error from server (Invalid): error when creating "f.yaml": ConfigMap "bad" is invalid: data: Forbidden',
        'Error from server (AlreadyExists): error when creating "f.yaml": configmaps "a" already exists',
    ]
    assert [finding.line for refusal in outcome.refusals for finding in refusal.findings] == [5, 15]


def test_a_refusal_alone_is_said_as_kubectl_says_one() -> None:
    outcome, _ = run(Server(refuses={"bad": INVALID}), config_map("bad"))
    assert sentences(outcome.refusals) == ['The ConfigMap "bad" is invalid: data: Forbidden']


def test_keep_going_creates_the_good_ones_one_request_each() -> None:
    server = Server(refuses={"bad": INVALID})
    outcome, reported = run(server, config_map("a"), config_map("bad"), config_map("c"), keep_going=True)
    assert (server.stored, len(reported), len(outcome.refusals)) == (["a", "c"], 2, 1)
    assert len(server.posts) == 3


def test_check_only_finds_what_else_is_wrong_and_creates_nothing() -> None:
    server = Server(refuses={"bad": INVALID})
    outcome, _ = run(server, config_map("a"), config_map("bad"), check_only=True, keep_going=True)
    assert (server.created, len(outcome.refusals), outcome.left) == ([], 1, 1)


def test_what_a_flawed_document_brings_is_not_missed_and_it_is_not_created() -> None:
    server = Server(stored=["there"])
    flawed = NAMESPACE.replace("fresh", "fresh, name: fresh")
    outcome, _ = run(server, flawed, config_map("a", "fresh"), config_map("there"), check_only=True)
    assert (outcome.refusals, outcome.left, server.created) == ([], 2, [])
    outcome, _ = run(server, flawed, config_map("b"), keep_going=True)
    assert (outcome.refusals, server.created) == ([], ["/api/v1/namespaces/default/configmaps"])


def test_a_namespace_of_the_same_input_serves_for_what_comes_after_it() -> None:
    server = Server()
    outcome, _ = run(server, NAMESPACE, config_map("a", "fresh"))
    assert (outcome.refusals, server.stored) == ([], ["fresh", "a"])


def test_before_its_namespace_exists_an_object_is_judged_by_its_text_in_another() -> None:
    server = Server(refuses={})

    def judge(request: Request) -> Response:
        bad = request.method == "POST" and b'"namespace":"default"' in (request.body or b"")
        return Response(422, INVALID.read(), INVALID.headers) if bad else server(request)

    documents = read("f.yaml", f"{NAMESPACE}---\n{config_map('bad', 'fresh')}".encode()).documents
    outcome = create(client(judge), documents, CreateOptions(), lambda _: None, lambda _: None)
    assert len(outcome.refusals) == 1
    assert server.created == []


@pytest.mark.parametrize(
    "answer",
    [
        status(403, "Forbidden", "you may not here"),
        status(409, "AlreadyExists", "there is one here"),
        status(400, "BadRequest", 'admission webhook "x.y.z" denied the request: not here'),
    ],
)
def test_what_only_holds_in_the_other_namespace_is_no_refusal(answer: Response) -> None:
    server = Server()

    def judge(request: Request) -> Response:
        here = request.method == "POST" and b'"namespace":"default"' in (request.body or b"")
        return Response(answer.status, answer.read(), answer.headers) if here else server(request)

    documents = read("f.yaml", f"{NAMESPACE}---\n{config_map('a', 'fresh')}".encode()).documents
    outcome = create(client(judge), documents, CreateOptions(), lambda _: None, lambda _: None)
    assert (outcome.refusals, server.stored) == ([], ["fresh", "a"])


def test_a_namespace_that_nobody_makes_is_a_refusal() -> None:
    outcome, _ = run(Server(), config_map("a", "nowhere"), config_map("b"))
    assert sentences(outcome.refusals) == [
        'Error from server (NotFound): error when creating "f.yaml": namespaces "nowhere" not found'
    ]


def test_a_kind_defined_by_the_same_input_is_waited_for() -> None:
    server = Server(served_after={"widgets": 3})
    pauses: list[float] = []
    outcome, _ = run(server, CRD, WIDGET, pauses=pauses)
    assert outcome.refusals == []
    assert server.created == [
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        *["/apis/example.com/v1/namespaces/default/widgets"] * 4,
    ]
    assert len(pauses) == 3


def test_a_kind_that_never_comes_is_given_up() -> None:
    server = Server(served_after={"widgets": 10_000})
    pauses: list[float] = []
    outcome, reported = run(server, CRD, WIDGET, config_map("after"), pauses=pauses)
    assert len(pauses) == PATIENCE - 1
    assert ([each.place.document.kind for each in reported], outcome.left) == (["CustomResourceDefinition"], 1)
    assert sentences(outcome.refusals) == [
        'Error from server (NotFound): error when creating "f.yaml": the server could not find the requested resource'
    ]


def test_a_version_that_the_definition_does_not_serve_is_unknown() -> None:
    outcome, _ = run(Server(), CRD, WIDGET.replace("v1", "v0"))
    (refusal,) = outcome.refusals
    assert refusal.alone == (
        'error: resource mapping not found for name: "gear" namespace: "" from "f.yaml": '
        'no matches for kind "Widget" in version "example.com/v0"\nensure CRDs are installed first'
    )
    assert refusal.findings[0].suggestion == "write apiVersion: example.com/v1"


def test_a_webhook_that_allows_no_dry_run_stops_nothing() -> None:
    server = Server()

    def hooked(request: Request) -> Response:
        if dict(request.query).get("dryRun"):
            return status(400, "BadRequest", 'admission webhook "x.y.z" does not support dry run')
        return server(request)

    documents = read("f.yaml", f"{config_map('a')}---\n{config_map('b')}".encode()).documents
    outcome = create(client(hooked), documents, CreateOptions(), lambda _: None, lambda _: None)
    assert (outcome.refusals, server.stored) == ([], ["a", "b"])


def test_what_an_earlier_document_brings_is_not_missed_in_the_dry_run() -> None:
    server = Server(refuses={"user": status(403, "Forbidden", 'account "helper" not found')})

    def forgiving(request: Request) -> Response:
        if "helper" in server.stored:
            server.refuses.clear()
        return server(request)

    documents = read("f.yaml", f"{config_map('helper')}---\n{config_map('user')}".encode()).documents
    outcome = create(client(forgiving), documents, CreateOptions(), lambda _: None, lambda _: None)
    assert (outcome.refusals, server.stored) == ([], ["helper", "user"])


def test_the_namespace_of_the_flag_wins_over_none_and_not_over_another() -> None:
    server = Server(namespaces={"here"})
    outcome, _ = run(server, config_map("a"), config_map("b", "there"), namespace="here", enforce_namespace=True)
    assert sentences(outcome.refusals) == [
        'error: the namespace from the provided object "there" does not match the namespace "here". '
        "You must pass '--namespace=there' to perform this operation."
    ]
    assert server.bodies[0]["metadata"]["namespace"] == "here"


def test_objects_that_live_in_no_namespace_are_sent_without_one() -> None:
    server = Server()
    run(server, NAMESPACE.replace("fresh}", "fresh, namespace: x}"), namespace="here", enforce_namespace=True)
    assert server.bodies == [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fresh"}}]


def test_the_same_object_twice_is_found_before_anything_is_created() -> None:
    server = Server()
    outcome, _ = run(server, config_map("a"), config_map("a"))
    assert (server.created, outcome.refusals[0].findings[0].message) == (
        [],
        'configmaps "a" stands in f.yaml:1 already',
    )


def test_generated_names_are_nobody_s_double() -> None:
    generated = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n"
    server = Server()
    outcome, _ = run(server, generated, generated, dry_run=DryRun.SERVER)
    assert (outcome.refusals, len(outcome.created)) == ([], 2)


@pytest.mark.parametrize(
    ("mode", "asked"), [(DryRun.CLIENT, [False, False, False]), (DryRun.SERVER, [True, True, False])]
)
def test_a_dry_run_stores_nothing_and_knows_what_the_server_has_seen(mode: DryRun, asked: list[bool]) -> None:
    server = Server()
    outcome, reported = run(server, NAMESPACE, config_map("a"), config_map("b", "fresh"), dry_run=mode)
    assert (outcome.refusals, server.stored) == ([], [])
    assert [each.asked for each in reported] == asked


def test_a_client_dry_run_minds_the_text_alone() -> None:
    there = Server(stored=["a"], refuses={"secret": status(403, "Forbidden", "no")}, namespaces={"default"})
    outcome, _ = run(there, config_map("a"), config_map("secret"), config_map("b", "nowhere"), dry_run=DryRun.CLIENT)
    assert outcome.refusals == []
    broken, _ = run(Server(refuses={"bad": INVALID}), config_map("bad"), dry_run=DryRun.CLIENT)
    assert len(broken.refusals) == 1


def test_a_client_dry_run_without_validation_asks_the_server_nothing() -> None:
    server = Server(refuses={"bad": INVALID})
    outcome, _ = run(server, config_map("bad"), dry_run=DryRun.CLIENT, validation="Ignore")
    assert (outcome.refusals, server.posts) == ([], [])


def test_a_failure_on_the_way_stops_there() -> None:
    server = Server()

    def failing(request: Request) -> Response:
        if server.stored == ["a"]:
            return status(403, "Forbidden", "exceeded quota")
        return server(request)

    documents = read("f.yaml", "---\n".join(map(config_map, "abcd")).encode()).documents
    outcome = create(client(failing), documents, CreateOptions(), lambda _: None, lambda _: None)
    assert (server.stored, len(outcome.created), outcome.left) == (["a"], 1, 2)


def test_warnings_of_the_server_come_with_the_object() -> None:
    server = Server()

    def warning(request: Request) -> Response:
        answer = server(request)
        return Response(answer.status, answer.read(), (*answer.headers, ("Warning", '299 - "mind the gap"')))

    documents = read("f.yaml", config_map("a").encode()).documents
    outcome = create(client(warning), documents, CreateOptions(), lambda _: None, lambda _: None)
    assert outcome.created[0].warnings == ("mind the gap",)


def test_a_broken_conversation_is_not_repeated() -> None:
    posts = 0

    def breaking(request: Request) -> Response:
        nonlocal posts
        if request.method == "POST":
            posts += 1
            raise ConnectionFailed("broken", reference="broken")
        return Server()(request)

    documents = read("f.yaml", config_map("a").encode()).documents
    with pytest.raises(ConnectionFailed):
        create(client(breaking), documents, CreateOptions(), lambda _: None, lambda _: None)
    assert posts == 1
