"""``get``: from the server's table, from the objects alone, and in full, our bytes are kubectl's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from msgspec.structs import replace

from kubectl_ds.render import object_output
from kubectl_ds.render.kubectl_get import TableOptions, TablePrinter, nothing_found, table_of
from kubectl_ds.render.tabwriter import TabWriter

from .client import path
from .kubectl_bytes import assert_same, fill, kubectl, run_kubectl
from .objects import daemon_set
from .resources import BY_PLURAL

if TYPE_CHECKING:
    from datetime import datetime

    from .cluster import Cluster

Object = dict[str, Any]
Names = tuple[str, ...]

TABLE_ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

FORMS: tuple[tuple[Names, TableOptions], ...] = (
    ((), TableOptions()),
    (("-o", "wide"), TableOptions(wide=True)),
    (("--no-headers",), TableOptions(no_headers=True)),
    (("--no-headers", "-o", "wide"), TableOptions(no_headers=True, wide=True)),
    (("--show-labels",), TableOptions(show_labels=True)),
    (("-L", "app,kubernetes.io/none,tier"), TableOptions(label_columns=("app", "kubernetes.io/none", "tier"))),
    (("-L", "tier", "--show-labels", "-o", "wide"), TableOptions(label_columns=("tier",), show_labels=True, wide=True)),
    (("--show-kind",), TableOptions(with_kind=True)),
)
"""The flags of kubectl, and what they mean to us."""

FULL = {"json": object_output.json_text, "yaml": object_output.yaml_text}


def served(
    cluster: Cluster,
    options: TableOptions,
    now: datetime,
    names: Names = (),
    labels: str | None = None,
    limit: int = 500,
) -> str:
    """Our text of the server's tables: of all DaemonSets page by page, or one for each name."""
    space = None if options.with_namespace else cluster.namespace
    found: list[Object] = []
    for name in names or (None,):
        token: str | None = None
        while token != "":
            query = {} if name else {"labelSelector": labels, "limit": str(limit), "continue": token}
            target = path(BY_PLURAL["daemonsets"], space, name)
            found.append(cluster.client.request("GET", target, query=query, accept=TABLE_ACCEPT))
            token = found[-1]["metadata"].get("continue", "")
    return printed(found, options, now)


def rebuilt(cluster: Cluster, options: TableOptions, now: datetime) -> str:
    """Our text of the table that we make of the objects."""
    space = None if options.with_namespace else cluster.namespace
    return printed([table_of(cluster.client.list("daemonsets", space), now)], options, now)


def printed(tables: list[Object], options: TableOptions, now: datetime) -> str:
    """Tables below each other."""
    printer, out = TablePrinter(options, lambda: now), TabWriter.of_kubectl()
    for each in tables:
        printer.print(each, out)
    return out.text()


def in_full(cluster: Cluster, form: str, names: Names, managed_fields: bool, now: datetime) -> str:
    """Our text of the objects of these names."""
    objects = [cluster.client.get("daemonsets", name, cluster.namespace) for name in names]
    return FULL[form](objects, len(names) == 1, managed_fields)


def test_tables_are_kubectls_in_every_form(cluster: Cluster) -> None:
    names = fill(cluster)
    asked: tuple[tuple[Names, Names, str | None], ...] = (
        ((), (), None),
        (names[3:4], names[3:4], None),
        ((names[5], names[2], names[5]), (names[5], names[2], names[5]), None),
        (("-l", "app in (plain,terminal)"), (), "app in (plain,terminal)"),
    )
    for flags, options in FORMS:
        for arguments, wanted, labels in asked:
            ours = partial(served, cluster, options, names=wanted, labels=labels)
            assert_same(cluster, ("get", "ds", *arguments, *flags), ours)


def test_tables_of_all_namespaces_are_kubectls(cluster: Cluster) -> None:
    fill(cluster)
    cluster.create(daemon_set("elsewhere", "default", image="é:1"), daemon_set("plain", "kube-system"))
    for flags, options in FORMS:
        ours = partial(served, cluster, replace(options, with_namespace=True))
        assert_same(cluster, ("get", "ds", "-A", *flags), ours)


def test_tables_made_of_the_objects_alone_are_kubectls(cluster: Cluster) -> None:
    fill(cluster)
    cluster.create(daemon_set("elsewhere", "default", image="é:1"))
    for flags, options in FORMS:
        assert_same(cluster, ("get", "ds", *flags), partial(rebuilt, cluster, options))
        ours = partial(rebuilt, cluster, replace(options, with_namespace=True))
        assert_same(cluster, ("get", "ds", "-A", *flags), ours)


def test_columns_stay_aligned_where_kubectl_writes_its_rows_in_pieces(cluster: Cluster) -> None:
    for at in range(230):
        cluster.create(daemon_set(f"set-{'x' * (at % 40)}-{at}", cluster.namespace, image=f"é{'é' * (at // 8)}"))
    cluster.settle()
    for flags, options in FORMS[:4]:
        assert_same(cluster, ("get", "ds", *flags), partial(served, cluster, options))
        assert_same(cluster, ("get", "ds", *flags, "--chunk-size=70"), partial(served, cluster, options, limit=70))


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_objects_in_full_are_kubectls(cluster: Cluster, form: str) -> None:
    names = fill(cluster)
    for wanted in (*((name,) for name in names), (names[4], names[1])):
        assert_same(cluster, ("get", "ds", *wanted, "-o", form), partial(in_full, cluster, form, wanted, False))
    with_managers = ("get", "ds", names[0], "-o", form, "--show-managed-fields")
    assert_same(cluster, with_managers, partial(in_full, cluster, form, names[:1], True))
    listed = cluster.client.list("daemonsets", cluster.namespace)
    assert not any("kind" in one for one in listed), "in a list the server leaves it to the list"
    assert_same(cluster, ("get", "ds", "-o", form), lambda _: FULL[form](listed, False))
    assert_same(cluster, ("get", "ds", "-l", "app=nobody", "-o", form), lambda _: FULL[form]([], False))


def test_names_are_kubectls(cluster: Cluster) -> None:
    names = fill(cluster)
    listed = cluster.client.list("daemonsets", cluster.namespace)
    assert_same(cluster, ("get", "ds", "-o", "name"), lambda _: object_output.name_text(listed))
    one = [each for each in listed if each["metadata"]["name"] == names[0]]
    assert_same(cluster, ("get", "ds", names[0], "-o", "name"), lambda _: object_output.name_text(one))
    assert_same(cluster, ("get", "ds", "-l", "app=nobody", "-o", "name"), lambda _: object_output.name_text([]))


def test_an_empty_answer_is_said_in_kubectls_words(cluster: Cluster) -> None:
    here, everywhere = run_kubectl(cluster, "get", "ds"), run_kubectl(cluster, "get", "ds", "-A")
    assert here.stdout == everywhere.stdout == b""
    assert here.stderr.decode() == f"{nothing_found(cluster.namespace)}\n"
    assert everywhere.stderr.decode() == f"{nothing_found(None)}\n"
    assert_same(cluster, ("get", "ds"), partial(served, cluster, TableOptions()))


def test_yaml_stays_true_where_kubectl_loses_or_refuses_a_character(cluster: Cluster) -> None:
    """It reads its own JSON back as YAML, to which U+0085 is a line break and U+007F no character at all."""
    texts = {"folded": "next\u0085line", "refused": "delete\u007f"}
    cluster.create(*(daemon_set(name, cluster.namespace, annotations={"text": text}) for name, text in texts.items()))
    lossy = yaml.safe_load(kubectl(cluster, "get", "ds", "folded", "-o", "yaml"))
    assert lossy["metadata"]["annotations"]["text"] == "next line"
    assert b"control characters are not allowed" in run_kubectl(cluster, "get", "ds", "refused", "-o", "yaml").stderr
    for name, text in texts.items():
        daemon_set_found = cluster.client.get("daemonsets", name, cluster.namespace)
        ours = yaml.safe_load(object_output.yaml_text([daemon_set_found], True))
        assert ours["metadata"]["annotations"]["text"] == text
