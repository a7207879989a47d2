"""Real processes and a real S3 server: whoever is killed, at whatever step, no sample is lost.

Two days with results are put into a checker's file, and sealed, before it starts: real clocks have
no midnight for a test. Everything else is real: the checker sends them, the collector signs and
verifies, and what a test kills dies by SIGKILL exactly where a request has come to.
"""

import gzip
import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock

import pytest

from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.checker.main import STORE
from allswell.checker.monitor_runtime import target_hash
from allswell.domain import instant, rollup
from allswell.domain.archive import DayFileSelection
from allswell.domain.cover import Observation
from allswell.domain.health import Health
from allswell.domain.report import DayReport
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Monitor
from allswell.store import BatchItem, Store
from tests import postgres, s3server
from tests.integration.faults import between, house
from tests.integration.faults.between import Between, Step
from tests.integration.faults.house import QUICK, House, within
from tests.integration.faults.nursery import Forked, Nursery
from tests.integration.faults.target import Target

pytestmark = [pytest.mark.integration, pytest.mark.needs("versitygw")]

DAY = timedelta(days=1)
A_DAY = 720
DAYS = 2
LONG = 60.0


@dataclass(slots=True)
class Scene:
    """All programs, and the moments of a request at which one of them dies."""

    house: House
    bucket: s3server.Server
    to_bucket: Between
    to_collector: Between
    programs: dict[str, Forked] = field(default_factory=dict)
    database: postgres.Server | None = None
    deaths: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start whatever does not run."""
        if self.programs.get("collector") is None:
            self.programs["collector"] = self.house.start_collector()
        if self.programs.get("checker") is None:
            self.programs["checker"] = self.house.start_checker("default")

    def kill(self, who: str) -> None:
        """End one of them by SIGKILL."""
        if who == "bucket":
            self.bucket.end(signal.SIGKILL)
        elif who == "database":
            assert self.database is not None
            self.database.stop()
        else:
            self.programs.pop(who).kill()
        self.deaths.append(who)

    def again(self) -> None:
        """Start anew what has died."""
        if "bucket" in self.deaths:
            self.bucket.start()
        if "database" in self.deaths and self.database is not None:
            self.database.start()
        self.start()

    def stop(self) -> None:
        """End the programs in order."""
        for who in ("checker", "collector"):
            if who in self.programs:
                self.programs.pop(who).stop()

    @property
    def file(self) -> Path:
        """The checker's file."""
        return self.house.folder / "default" / STORE

    def archived(self) -> Counter[datetime]:
        """The starts of the samples that a reader of the bucket finds, and how often."""
        found: Counter[datetime] = Counter()
        for name in self.bucket.names():
            content = (self.bucket.folder / "data" / s3server.BUCKET / name).read_bytes()
            for line in gzip.decompress(content).splitlines():
                found[instant.parse(json.loads(line)["started"])] += 1
        return found

    def stored(self) -> set[datetime]:
        """The starts of the prepared days' samples in the checker's file, which nobody uses."""
        store = Store.open(self.file, now=datetime.now(UTC))
        try:
            number = store.enroll("api", "whatever is checked").number
            first, end = instant.day_start(days()[0]), instant.day_start(days()[-1] + DAY)
            return {sample.started for sample in store.samples(number, first, end)}
        finally:
            store.close()

    def is_done(self) -> bool:
        """Whether the catalogue has all of the prepared days."""
        return (
            len(ArchiveCatalogue(self.house.engine).entries(DayFileSelection(last=days()[-1])))
            == DAYS
        )


def days() -> tuple[date, ...]:
    """Days that are over for longer than any monitor waits."""
    today = datetime.now(UTC).date()
    return tuple(today - back * DAY for back in range(DAYS + 1, 1, -1))


def prepared(file: Path, monitor: Monitor) -> set[datetime]:
    """Put results of some days into a checker's file, and seal them; when they began."""
    found: set[datetime] = set()
    store = Store.open(file, now=datetime.now(UTC))
    enrolled = store.enroll(monitor.meta.name, target_hash(monitor))
    for day in days():
        start = instant.day_start(day)
        samples = [Sample(start + n * DAY / A_DAY, 1_000 + n) for n in range(A_DAY)]
        store.commit(
            [
                BatchItem(
                    enrolled.number, it, Health(), Observation(it.started, it.started, it.started)
                )
                for it in samples
            ]
        )
        rolled = rollup.of_day(day, samples)
        store.seal(enrolled.number, DayReport(monitor.meta.name, enrolled.store, 1, rolled))
        found |= {sample.started for sample in samples}
    store.close()
    return found


@contextmanager
def staged(folder: Path, nursery: Nursery, database: str = "") -> Iterator[Scene]:
    """A scene whose programs do not run yet."""
    with ExitStack() as stack:
        bucket = stack.enter_context(s3server.running())
        there = stack.enter_context(
            house.opened(folder / "house", nursery, database=database, pace=QUICK)
        )
        to_bucket = stack.enter_context(between.standing(bucket.port))
        to_collector = stack.enter_context(between.standing(there.port))
        there.front = to_collector.port
        there.archive = {
            "ALLSWELL_ARCHIVE_BUCKET": s3server.BUCKET,
            "ALLSWELL_ARCHIVE_ENDPOINT": f"http://127.0.0.1:{to_bucket.port}",
            "ALLSWELL_ARCHIVE_REGION": "us-east-1",
            "ALLSWELL_ARCHIVE_ACCESS_KEY_ID": s3server.KEY,
            "ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY": s3server.SECRET,
        }
        scene = Scene(there, bucket, to_bucket, to_collector)
        try:
            yield scene
        finally:
            for program in scene.programs.values():
                program.kill()


def dies(
    scene: Scene, who: str, when: Callable[[Step, str, str], bool]
) -> Callable[[Step, str, str], bool]:
    """What kills once, at the moment that `when` tells; the connection ends there."""
    one = Lock()

    def act(step: Step, method: str, path: str) -> bool:
        with one:
            if scene.deaths or not when(step, method, path):
                return True
            scene.kill(who)
            return False

    return act


def at(wanted: Step, method: str) -> Callable[[Step, str, str], bool]:
    """The first request of a method, at a step."""
    return lambda step, asked, _: (step, asked) == (wanted, method)


def nth_question(number: int, wanted: Step) -> Callable[[Step, str, str], bool]:
    """The n-th question about the archive to the collector, at a step."""
    asked = [0]

    def when(step: Step, _: str, path: str) -> bool:
        asked[0] += path == "/v1/archive" and step == "before"
        return path == "/v1/archive" and step == wanted and asked[0] == number

    return when


BUCKET_STEPS = {
    "before the upload": at("before", "PUT"),
    "in the middle of the upload": at("middle", "PUT"),
    "after the upload, before the record": at("after", "PUT"),
}
COLLECTOR_STEPS = {
    "before the address": lambda: nth_question(1, "before"),
    "after the address": lambda: nth_question(1, "after"),
    "after the record, before the prune": lambda: nth_question(2, "after"),
}


def told(scene: Scene, everything: set[datetime]) -> None:
    """Whoever died: nothing is lost now, and after the survivors have gone on nothing is twice."""
    assert within(LONG, lambda: bool(scene.deaths)), scene.house.log()[-3_000:]
    if "checker" not in scene.programs:
        assert set(scene.archived()) | scene.stored() == everything
    scene.again()
    assert within(LONG, scene.is_done), scene.house.log()[-3_000:]
    scene.stop()
    archived = scene.archived()
    assert set(archived) == everything
    assert set(archived.values()) == {1}
    assert scene.stored() == everything
    entries = ArchiveCatalogue(scene.house.engine).entries()
    assert sum(entry.content.samples for entry in entries) == len(everything)


@pytest.mark.parametrize("step", sorted(BUCKET_STEPS))
@pytest.mark.parametrize("who", ["checker", "collector", "bucket"])
def test_who_dies_over_an_upload_costs_no_sample(
    tmp_path: Path, nursery: Nursery, target: Target, step: str, who: str
) -> None:
    with staged(tmp_path, nursery) as scene:
        monitor = house.monitor("api", target.url("api"))
        scene.house.register("default", [monitor])
        everything = prepared(scene.file, monitor)
        scene.to_bucket.act = dies(scene, who, BUCKET_STEPS[step])
        scene.start()
        told(scene, everything)


@pytest.mark.parametrize("step", sorted(COLLECTOR_STEPS))
@pytest.mark.parametrize("who", ["checker", "collector"])
def test_who_dies_over_a_question_costs_no_sample(
    tmp_path: Path, nursery: Nursery, target: Target, step: str, who: str
) -> None:
    with staged(tmp_path, nursery) as scene:
        monitor = house.monitor("api", target.url("api"))
        scene.house.register("default", [monitor])
        everything = prepared(scene.file, monitor)
        scene.to_collector.act = dies(scene, who, COLLECTOR_STEPS[step]())
        scene.start()
        told(scene, everything)


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("step", sorted(BUCKET_STEPS))
def test_a_database_that_dies_over_an_upload_costs_no_sample(
    tmp_path: Path, nursery: Nursery, target: Target, step: str
) -> None:
    with (
        postgres.running() as server,
        staged(tmp_path, nursery, server.create("archive")) as scene,
    ):
        scene.database = server
        monitor = house.monitor("api", target.url("api"))
        scene.house.register("default", [monitor])
        everything = prepared(scene.file, monitor)
        scene.to_bucket.act = dies(scene, "database", BUCKET_STEPS[step])
        scene.start()
        told(scene, everything)
