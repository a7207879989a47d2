import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from allswell.central import engine
from allswell.central.writer import CentralWriter
from allswell.checker import config
from allswell.checker.config import CheckerConfig
from allswell.cli.manifests import Resource
from allswell.cli.secret import Secret
from allswell.cli.up import apply
from allswell.cli.up.data_folder import DataFolder
from allswell.domain.spec import monitor, page
from allswell.domain.spec.http import SecretKey
from allswell.domain.spec.page import StatusPage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
API = "allswell.dev/v1alpha1"


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataFolder]:
    opened = DataFolder.open(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def writer(data: DataFolder) -> Iterator[CentralWriter]:
    central = engine.connect(data.database)
    engine.migrate(central)
    yield CentralWriter(central)
    central.dispose()


def watch(name: str, namespace: str = "default", port: int = 80) -> Resource:
    meta = {"name": name, "namespace": namespace}
    spec = {"tcp": {"host": "127.0.0.1", "port": port}}
    return monitor.read({"apiVersion": API, "kind": "Monitor", "metadata": meta, "spec": spec})


def status(name: str, *monitors: str) -> Resource:
    groups = [{"name": "All", "monitors": [{"name": word} for word in monitors]}]
    meta, spec = {"name": name}, {"title": "Acme", "groups": groups}
    return page.read({"apiVersion": API, "kind": "StatusPage", "metadata": meta, "spec": spec})


def living(writer: CentralWriter) -> list[tuple[str, str]]:
    return [(row.namespace, row.name) for row in writer.living()]


def listed(data: DataFolder, namespace: str) -> CheckerConfig:
    return config.parse((data.checker(namespace) / config.FILE).read_text())


def test_the_database_holds_what_is_wanted_and_no_more(writer: CentralWriter) -> None:
    first = apply.by_kind((watch("a"), watch("b", "edge"), status("acme", "a")))
    apply.write_rows(writer, first, NOON)
    assert living(writer) == [("default", "a"), ("edge", "b")]
    assert [row.name for row in writer.pages()] == ["acme"]
    apply.write_rows(writer, apply.by_kind((watch("a"),)), NOON)
    assert living(writer) == [("default", "a")]
    assert writer.pages() == ()


def test_on_one_machine_a_page_has_the_names_that_it_lists(writer: CentralWriter) -> None:
    hosts = ("status.acme.com", "up.acme.com")
    for listed in (hosts, hosts[:1]):
        shown = status("acme", "a")
        assert isinstance(shown, StatusPage)
        objects = apply.DesiredObjects((), (replace(shown, hostnames=listed),), ())
        for _ in range(2):
            apply.write_rows(writer, objects, NOON)
            actual = [(row.hostnames, row.served) for row in writer.pages()]
            assert actual == [(listed, listed)]
            assert tuple(holder.host for holder in writer.claims.holders()) == listed


def test_what_comes_back_has_the_identity_that_it_had(writer: CentralWriter) -> None:
    objects = apply.by_kind((watch("a"),))
    apply.write_rows(writer, objects, NOON)
    (before,) = writer.living()
    apply.write_rows(writer, apply.by_kind(()), NOON + timedelta(minutes=1))
    assert living(writer) == []
    apply.write_rows(writer, objects, NOON + timedelta(minutes=2))
    (after,) = writer.living()
    assert (after.id, after.public_id) == (before.id, before.public_id)


def test_each_namespace_has_a_list_of_its_own_with_the_rules_of_all(data: DataFolder) -> None:
    objects = apply.by_kind((watch("a"), watch("b", "edge")))
    assert objects.namespaces == ("default", "edge")
    rules = CheckerConfig(references=(("192.0.2.1", 443),), beat_every=timedelta(seconds=7))
    apply.write_lists(data, objects, objects.namespaces, rules)
    for namespace, name in (("default", "a"), ("edge", "b")):
        actual = listed(data, namespace)
        assert [entry.meta.name for entry in actual.monitors] == [name]
        assert actual.references == rules.references
        assert actual.beat_every == rules.beat_every
        assert actual.allow_loopback


def test_a_namespace_without_monitors_any_more_has_an_empty_list(data: DataFolder) -> None:
    apply.write_lists(data, apply.by_kind(()), ["edge"], CheckerConfig())
    assert listed(data, "edge").monitors == ()


def test_a_checker_is_given_its_namespaces_secrets_and_loses_those_that_are_gone(
    data: DataFolder,
) -> None:
    one = Secret("default", "api", {"token": "line\n", "other": "x"})
    two = Secret("edge", "api", {"token": "not yours"})
    objects = apply.by_kind((watch("a"), one, two))
    apply.write_lists(data, objects, ["default"], CheckerConfig())
    folder = config.ConfigFolder(data.checker("default"))
    folder.read_changes()
    assert folder.secrets == {
        SecretKey("api", "token"): "line\n",
        SecretKey("api", "other"): "x",
    }
    apply.write_lists(data, apply.by_kind((watch("a"),)), ["default"], CheckerConfig())
    folder.read_changes()
    assert folder.secrets == {}
    assert not any("line" in file.read_text() for file in data.path.rglob("token"))


def test_a_list_holds_no_secret(data: DataFolder) -> None:
    objects = apply.by_kind((watch("a"), Secret("default", "api", {"token": "hunter2"})))
    apply.write_lists(data, objects, ["default"], CheckerConfig())
    text = (data.checker("default") / config.FILE).read_text()
    assert json.loads(text)["monitors"]
    assert "hunter2" not in text
