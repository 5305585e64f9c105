"""Where we do not do as kubectl does, on purpose: the one table, each row with its reason and the test that holds it.

``DIFFERENCES.md`` is this table for readers; ``python -m tests.test_differences`` writes it.
"""

from __future__ import annotations

from dataclasses import dataclass

_CASES = "tests/controlplane/conformance/test_conformance.py::test_a_wanted_difference_is_as_it_is_told"
"""Runs kubectl and us on every case of the conformance table that bears the row's key."""


@dataclass(frozen=True)
class Difference:
    """One row."""

    key: str
    topic: str
    kubectl: str
    """What kubectl 1.37.2 does."""
    ours: str
    reason: str
    test: str = _CASES
    """``file::function``."""


CONNECTION = "Connection and credentials"
WORDS = "Words of an error that has the same exit code"
READING = "get, describe"
WRITING = "create"
ROLLOUT = "rollout"

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "redirects",
        CONNECTION,
        "follows a redirect to another host, port or scheme, and sends the bearer token there, even in clear",
        "follows redirects on the same server only; any other is an error that names it",
        "credentials belong to the server of the kubeconfig",
    ),
    Difference(
        "plugin-refresh",
        CONNECTION,
        "after a 401 runs the credential plugin again, and gives the request up",
        "runs it again, and repeats the request once",
        "what was fetched is of use only when it is used",
    ),
    Difference(
        "plugin-once",
        CONNECTION,
        "runs a plugin that fails five times, and shows five times what it says",
        "runs it once",
        "a plugin may open a browser or lock an account",
    ),
    Difference(
        "oidc-in-memory",
        CONNECTION,
        "writes a refreshed id-token into the kubeconfig",
        "keeps it in memory, and says so in a warning",
        "a kubeconfig is never written: it may be shared, mounted read-only or kept in git",
    ),
    Difference(
        "nowhere",
        CONNECTION,
        "goes to http://localhost:8080 when no cluster is configured",
        "says what is missing, and what there is instead",
        "nobody means localhost:8080, and whoever listens there learns what was asked",
    ),
    Difference(
        "in-cluster",
        CONNECTION,
        "in a pod, goes to http://localhost:8080 as soon as --as or --request-timeout is given",
        "uses the service account of the pod with every flag but --server, --context, --cluster and --user",
        "a flag should change what it names, not where the request goes",
        "tests/cluster/test_connect.py::test_without_a_kubeconfig_a_pod_uses_its_service_account",
    ),
    Difference(
        "no-credentials",
        CONNECTION,
        "asks for a user name on standard input when the user has no credentials",
        "says which user has none, and how to give some",
        "a prompt in a script waits for ever or eats its input",
    ),
    Difference(
        "token-file-warning",
        CONNECTION,
        "passes in silence over a tokenFile that is missing or empty when a token stands beside it",
        "does so with a warning",
        "the older token is seldom meant",
    ),
    Difference(
        "malformed-extra",
        CONNECTION,
        "drops an --as-user-extra without an equals sign in silence",
        "refuses it",
        "the answer would be that of another user",
    ),
    Difference(
        "odd-tokens",
        CONNECTION,
        "sends a token with a byte order mark, and shows the 401",
        "refuses a token that is not ASCII, and says where to look",
        "no such token is valid, and 401 does not tell why",
    ),
    Difference(
        "url-credentials",
        CONNECTION,
        "sends the name and the password of the server's URL, even in clear",
        "does not send them",
        "over http they can be read, and over https kubectl demands other credentials anyway",
    ),
    Difference(
        "proxy-password",
        CONNECTION,
        "shows the name and the password of a proxy-url that cannot be used",
        "masks them",
        "errors are pasted into chats and issues",
    ),
    Difference(
        "negative-timeout",
        CONNECTION,
        "takes a negative --request-timeout for no limit",
        "refuses it",
        "it cannot be meant",
    ),
    Difference(
        "namespace-names",
        CONNECTION,
        "refuses a namespace with a slash or a percent sign before it asks",
        "sends it encoded; it cannot lead elsewhere, and the server finds nothing there",
        "the server knows what a name is",
    ),
    Difference(
        "discovery",
        CONNECTION,
        "asks what the server serves before it asks for DaemonSets, and fails there",
        "asks for DaemonSets at once",
        "two requests less; apps/v1 has been served since 2017",
    ),
    Difference(
        "retries",
        CONNECTION,
        "tries up to eleven times after 429 and 5xx with Retry-After, however long that takes",
        "tries up to five times within --request-timeout, or a minute; changes are never sent twice",
        "a command that says nothing for minutes is taken for dead",
        "tests/cluster/test_retry.py::test_a_wait_beyond_the_deadline_is_not_begun",
    ),
    Difference(
        "own-name",
        CONNECTION,
        "sends User-Agent kubectl/…, Kubectl-Command and Kubectl-Session",
        "sends User-Agent kubectl-ds/VERSION",
        "audit logs should tell who asked",
        "tests/cluster/test_transport.py::test_a_request_carries_its_query_encoded_and_says_who_asks",
    ),
    Difference(
        "log-bodies",
        CONNECTION,
        "shows the bodies of answers from -v 8 on",
        "shows heads only",
        "lists are read as they stream, and hold what containers are told in their environment",
        "tests/cluster/test_transport.py::test_a_log_tells_as_much_as_was_asked_for_and_no_secret",
    ),
    Difference(
        "network-words",
        WORDS,
        "says what Go's network and TLS libraries say",
        "begins with the same words, then says which server or proxy it was, and what happened",
        "the libraries are others",
    ),
    Difference(
        "file-words",
        WORDS,
        "says what Go's YAML and JSON decoders say of a broken kubeconfig",
        "begins with the same words, then names line and column, or the field",
        "a struct of Go is no help to somebody who looks for a bracket",
    ),
    Difference(
        "header-words",
        WORDS,
        "says that a header value is invalid",
        "says which token or flag holds a line break, or which file is empty",
        "the header is not what the user wrote",
    ),
    Difference(
        "pem-words",
        WORDS,
        "says what Go's crypto/tls says of a certificate or key that is none",
        "says which file it is, and what is wrong with it",
        "the same sentence for every file does not tell which",
    ),
    Difference(
        "plugin-words",
        WORDS,
        "says what Go's decoder says of a plugin's output, and may quote it",
        "says that it is no ExecCredential, and never quotes it",
        "the output may hold a token",
    ),
    Difference(
        "oidc-words",
        WORDS,
        "says that the API server refused the connection when the issuer of tokens did",
        "says that it was the issuer, and what it answered",
        "another machine has to be looked at",
    ),
    Difference(
        "server-words",
        WORDS,
        "finds out as it dials that a server's URL has a scheme or port that cannot be",
        "says before it dials that it is no URL",
        "nothing has to be tried for that",
    ),
    Difference(
        "broken-kuberc",
        CONNECTION,
        "runs any plugin when the kuberc that should forbid it cannot be understood",
        "runs none",
        "what was written to forbid must not permit",
    ),
    Difference(
        "usage-words",
        WORDS,
        "exits 1 for a command line that cannot be meant",
        "exits 2, and names the flag that may have been meant",
        "scripts can tell a slip from a failure",
    ),
    Difference(
        "yaml-characters",
        READING,
        "loses U+0085 and refuses U+007F in -o yaml",
        "prints them escaped",
        "what is read back must be what is there",
        "tests/controlplane/test_get_bytes.py::test_yaml_stays_true_where_kubectl_loses_or_refuses_a_character",
    ),
    Difference(
        "jsonpath-order",
        READING,
        "prints what a wildcard or a descent finds in a map in another order each time",
        "prints it in the order of the keys",
        "the same question should have the same answer",
        "tests/render/test_jsonpath.py::test_a_template_prints_what_it_finds",
    ),
    Difference(
        "sort-by-syntax",
        READING,
        "says that no resources are found when --sort-by cannot be parsed, and exits zero",
        "says what is wrong with it, and fails",
        "there are resources",
        "tests/render/test_printers.py::test_a_path_that_is_none_is_an_error_even_where_nothing_is_to_be_sorted",
    ),
    Difference(
        "watch-goes-on",
        READING,
        "ends get -w in silence when the server ends the watch, after an hour at the latest, or the connection breaks",
        "goes on where it ended, and tells each change once",
        "nobody asked for it to end",
        "tests/cluster/test_watch.py::test_it_goes_on_where_a_connection_ended",
    ),
    Difference(
        "watch-columns",
        READING,
        "shows nothing but EVENT for --watch-only --output-watch-events with one name",
        "shows the row",
        "kubectl has thrown the columns away with the object that it was not to show",
        "tests/controlplane/test_get_watch_through_kubectl.py::test_every_change_is_printed_as_kubectl_prints_it",
    ),
    Difference(
        "broken-manifests",
        READING,
        "says of get -f what its decoder says of a document that is none",
        "says where in the file it is, and what to write instead",
        "the others are shown by both",
        "tests/controlplane/test_get_through_kubectl.py::"
        "test_a_manifest_that_cannot_be_read_keeps_no_other_from_being_shown",
    ),
    Difference(
        "describe-goes-on",
        READING,
        "ends describe with the events",
        "goes on below all that kubectl says: strategy, coverage, the events of the pods",
        "it is what describe is asked for; whoever reads kubectl's part finds it at the beginning, to the byte",
        "tests/controlplane/test_describe_through_kubectl.py::test_describe_begins_as_kubectls_in_every_form",
    ),
    Difference(
        "describe-kinds",
        READING,
        "describes whatever a manifest holds",
        "describes its DaemonSets, and says what it leaves out",
        "it knows no other kind",
        "tests/controlplane/test_describe_through_kubectl.py::test_of_a_manifest_describe_shows_the_daemon_sets_alone",
    ),
    Difference(
        "duplicate-keys",
        WRITING,
        "takes the last of two equal keys in silence, for the server never sees the first",
        "refuses it, and names both lines",
        "one of them is a mistake",
        "tests/controlplane/test_create_refusals.py::test_duplicate_keys_are_refused_though_kubectl_takes_the_last",
    ),
    Difference(
        "all-or-nothing",
        WRITING,
        "creates the good documents of a file and refuses the others",
        "creates nothing unless all are good, or --keep-going is given",
        "half an agent is worse than none",
        "tests/controlplane/test_create.py::"
        "test_a_bad_document_keeps_the_good_ones_from_being_created_unless_asked_to_keep_going",
    ),
    Difference(
        "rollout-on-delete",
        ROLLOUT,
        "refuses rollout status of a DaemonSet that is OnDelete",
        "tells how far it is and who has to be deleted, and exits zero where it is complete",
        "such an update has an end, too",
        "tests/controlplane/test_rollout_status.py::test_each_phase_is_recognised_with_its_fault",
    ),
    Difference(
        "rollout-revision",
        ROLLOUT,
        "says of any --revision of a DaemonSet in rollout status that it is rolled out",
        "says that another revision is running, in the words that kubectl has for Deployments",
        "the question was about that revision",
        "tests/controlplane/test_rollout_follow.py::test_a_revision_that_is_no_longer_current_is_told",
    ),
    Difference(
        "rollout-pause",
        ROLLOUT,
        "refuses rollout pause and resume of DaemonSets",
        "pauses by OnDelete, and puts the strategy back",
        "updates of agents need a brake",
        "tests/controlplane/test_rollout_pause.py::test_a_paused_update_replaces_nothing_and_goes_on_with_the_very_same_strategy",
    ),
    Difference(
        "rollout-dry-restart",
        ROLLOUT,
        "has no --dry-run for rollout restart",
        "has client and server",
        "whoever restarts agents on all nodes may want to try it first",
        "tests/controlplane/test_rollout_differs.py::test_a_restart_can_be_tried_and_changes_nothing",
    ),
    Difference(
        "rollout-names",
        ROLLOUT,
        "takes neither a name nor -l in rollout without the word daemonset",
        "takes both",
        "there is but one kind here",
        "tests/controlplane/test_rollout_differs.py::test_a_name_and_labels_need_no_type_word",
    ),
    Difference(
        "rollout-history-wide",
        ROLLOUT,
        "has no -o wide for rollout history",
        "shows age, pods, images and who made each revision",
        "the table of kubectl says little more than how many there are",
        "tests/controlplane/test_rollout_differs.py::test_history_has_a_wide_table",
    ),
    Difference(
        "rollout-format",
        ROLLOUT,
        "restarts or undoes, then says that there is no such format of -o",
        "refuses it before anything is changed",
        "a slip should change nothing",
        "tests/controlplane/test_rollout_differs.py::test_a_format_that_there_is_not_is_refused_before_anything_is_changed",
    ),
    Difference(
        "rollout-rights",
        ROLLOUT,
        "restarts those of several DaemonSets that it may, then fails at the others",
        "asks first whether all may be changed, and changes none otherwise",
        "nothing half-done",
        "tests/controlplane/test_rollout_pause.py::test_what_may_not_be_done_is_told_before_anything_is_changed",
    ),
    Difference(
        "rollout-asks",
        ROLLOUT,
        "restarts, however many pods are down already",
        "on a terminal asks first where more would be taken down; undo never asks",
        "a second bad update takes down the rest",
        "tests/controlplane/test_rollout_differs.py::test_a_restart_asks_on_a_terminal_before_it_takes_down_more_than_is_down",
    ),
)
