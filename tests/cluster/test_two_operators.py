"""A second operator of one installation waits, on a real API server and one PostgreSQL."""

import json
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.cluster import operator_process
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.operator_process import OperatorProcess, wait_until_quiet

pytestmark = pytest.mark.needs("postgresql")
NAMES = tuple(f"m{number}" for number in range(6))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two operators that were told the same, the first at work; and the tenant's namespace."""

    cluster: Cluster
    one: OperatorProcess
    other: OperatorProcess
    acme: str

    def read(self, kind: str) -> dict[str, Any]:
        """Return all objects of a kind in the tenant's namespace, by name."""
        text = self.cluster.kubectl("get", kind, "-n", self.acme, "-o", "json")
        return {item["metadata"]["name"]: item for item in json.loads(text)["items"]}

    def versions(self) -> dict[str, str]:
        """Return the versions of all that the operator writes."""
        return {
            f"{kind}/{name}": item["metadata"]["resourceVersion"]
            for kind in ("monitors", "sts", "configmaps")
            for name, item in self.read(kind).items()
        }


@pytest.fixture
def pair(cluster: Cluster, tmp_path: Path) -> Iterator[Pair]:
    folder = tmp_path / "other"
    folder.mkdir()
    with (
        operator_process.namespaces(cluster, "home", "acme") as (home, acme),
        postgres.running() as server,
    ):
        told = {
            "ALLSWELL_DATABASE_URL": server.create("central"),
            "ALLSWELL_COLLECTOR_URL": "https://collector.example:8443",
            "ALLSWELL_IDENTITY": "one",
        }
        with operator_process.running(cluster, home, tmp_path, acme, settings=told) as one:
            other = second(one, folder)
            try:
                other.launch()
                yield Pair(cluster, one, other, acme)
            finally:
                other.stop()


def second(one: OperatorProcess, folder: Path) -> OperatorProcess:
    """Return another operator that was told the same."""
    port, status_port = operator_process.free_port(), operator_process.free_port()
    environment = {
        **one.environment,
        "ALLSWELL_IDENTITY": "other",
        "ALLSWELL_COLLECTOR_BIND": f"127.0.0.1:{port}",
        "ALLSWELL_STATUS_BIND": f"127.0.0.1:{status_port}",
    }
    return OperatorProcess(folder, environment, port, status_port)


def has_waited(operator: OperatorProcess) -> bool:
    return "waiting, the Lease is held by one" in operator.log()


def test_a_second_operator_waits_and_takes_over_when_the_first_ends(pair: Pair) -> None:
    wait_until(lambda: has_waited(pair.other), what="the other waits")
    # Of one that is not paused it would be said after a while that there is no node for its pod.
    paused = [operator_process.monitor(name, paused=True) for name in NAMES]
    pair.cluster.apply(*paused, namespace=pair.acme)
    wait_until(lambda: len(pair.read("sts")) == len(NAMES), what="the StatefulSets are there")
    assert wait_until_quiet(pair.one)["StatefulSet apply"] == len(NAMES)
    assert not pair.other.is_ready()

    before = pair.versions()
    pair.one.stop()
    wait_until(pair.other.is_ready, what="the other has taken over", limit=20)
    assert sum(wait_until_quiet(pair.other, 5).values()) == 0
    assert pair.versions() == before

    changed = [operator_process.monitor(name, interval="10s", paused=True) for name in NAMES]
    pair.cluster.apply(*changed, namespace=pair.acme)
    wait_until(
        lambda: all(item["metadata"]["generation"] == 2 for item in pair.read("sts").values()),
        what="every StatefulSet is changed",
    )
    pair.cluster.kubectl("delete", "monitors", "--all", "-n", pair.acme)
    wait_until(lambda: not pair.other.monitors(), what="all are hidden", limit=60)
    wait_until(lambda: not pair.read("sts"), what="nothing is left")


def test_one_that_freezes_is_followed_and_stops_when_it_thaws(pair: Pair) -> None:
    wait_until(lambda: has_waited(pair.other), what="the other waits")
    frozen = pair.one.process
    assert frozen is not None
    frozen.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    wait_until(pair.other.is_ready, what="the other has taken over", limit=60)
    assert time.monotonic() - began > 15
    frozen.send_signal(signal.SIGCONT)
    assert frozen.wait(30) == 1
    assert "lost the Lease to other" in pair.one.log()
    pair.one.process = None
    assert pair.other.is_ready()
