"""Which cluster the tests get; nobody's own is taken by accident."""

from pathlib import Path

import pytest

from tests.cluster.lab.machine import Choice, Machine, choose
from tests.cluster.lab.processes import Failed

ABLE = Machine(lacks_for_node=(), has_go=True, system="Linux")
PLAIN = Machine(lacks_for_node=("only root may start containers",), has_go=True, system="Linux")
BARE = Machine(lacks_for_node=("no Go",), has_go=False, system="Darwin")


def kubeconfig(folder: Path, context: str) -> str:
    path = folder / "config"
    path.write_text(f"current-context: {context}\n", encoding="utf-8")
    return str(path)


def test_a_machine_that_can_run_pods_gets_a_node() -> None:
    assert choose({}, ABLE).kind == "node"


def test_a_machine_that_cannot_is_told_why() -> None:
    reason = "pods cannot run here: only root may start containers"
    assert choose({}, PLAIN) == Choice("control-plane", reason)


def test_a_smaller_cluster_can_be_asked_for() -> None:
    assert choose({"CLUSTER": "control-plane"}, ABLE).kind == "control-plane"


def test_a_node_that_cannot_be_had_is_refused_rather_than_replaced() -> None:
    with pytest.raises(Failed, match="CLUSTER=node cannot be had here: only root"):
        choose({"CLUSTER": "node"}, PLAIN)


def test_a_machine_without_go_is_told_of_kind() -> None:
    with pytest.raises(Failed, match="kind create cluster"):
        choose({}, BARE)


def test_a_cluster_of_kind_is_taken_where_kubeconfig_names_it(tmp_path: Path) -> None:
    environ = {"KUBECONFIG": kubeconfig(tmp_path, "kind-allswell")}
    assert choose(environ, BARE).kind == "existing"


def test_a_cluster_that_may_be_in_use_is_refused(tmp_path: Path) -> None:
    environ = {"KUBECONFIG": kubeconfig(tmp_path, "production")}
    with pytest.raises(Failed, match="is production, and tests do not touch"):
        choose(environ, ABLE)


def test_a_cluster_is_taken_if_its_context_is_named(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path, "staging")
    environ = {"KUBECONFIG": config, "ALLSWELL_TEST_CONTEXT": "other staging"}
    assert choose(environ, ABLE).kind == "existing"


def test_a_context_that_is_named_in_part_is_refused(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path, "production")
    with pytest.raises(Failed, match="do not touch"):
        choose({"KUBECONFIG": config, "ALLSWELL_TEST_CONTEXT": "production-copy"}, ABLE)


def test_a_kubeconfig_without_a_context_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="do not touch"):
        choose({"KUBECONFIG": kubeconfig(tmp_path, "")}, ABLE)


def test_an_unknown_kind_of_cluster_is_refused() -> None:
    with pytest.raises(Failed, match="CLUSTER=moon is none of control-plane, node, existing"):
        choose({"CLUSTER": "moon"}, ABLE)
