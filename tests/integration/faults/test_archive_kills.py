"""Test with real processes and a real S3 server that no kill, at any step, loses a sample.

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
from tests.integration.faults import fault_proxy, installation
from tests.integration.faults.fault_proxy import FaultProxy, Step
from tests.integration.faults.fork_server import ForkedProcess, ForkServer
from tests.integration.faults.installation import QUICK, Installation, wait_until
from tests.integration.faults.target import Target

pytestmark = [pytest.mark.integration, pytest.mark.needs("versitygw")]

DAY = timedelta(days=1)
A_DAY = 720
DAYS = 2
LONG = 60.0


@dataclass(slots=True)
class ArchiveSetup:
    """All programs, and the proxies at whose steps one of them is killed."""

    installation: Installation
    bucket: s3server.Server
    to_bucket: FaultProxy
    to_collector: FaultProxy
    programs: dict[str, ForkedProcess] = field(default_factory=dict)
    database: postgres.Server | None = None
    kills: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start the programs that do not run."""
        if self.programs.get("collector") is None:
            self.programs["collector"] = self.installation.start_collector()
        if self.programs.get("checker") is None:
            self.programs["checker"] = self.installation.start_checker("default")

    def kill(self, program: str) -> None:
        """End one of them by SIGKILL."""
        if program == "bucket":
            self.bucket.end(signal.SIGKILL)
        elif program == "database":
            assert self.database is not None
            self.database.stop()
        else:
            self.programs.pop(program).kill()
        self.kills.append(program)

    def restart(self) -> None:
        """Start again what was killed."""
        if "bucket" in self.kills:
            self.bucket.start()
        if "database" in self.kills and self.database is not None:
            self.database.start()
        self.start()

    def stop(self) -> None:
        """End the programs in order."""
        for program in ("checker", "collector"):
            if program in self.programs:
                self.programs.pop(program).stop()

    @property
    def file(self) -> Path:
        """Return the checker's file."""
        return self.installation.folder / "default" / STORE

    def archived(self) -> Counter[datetime]:
        """Return the starts of the samples that a reader of the bucket finds, and how often."""
        running: Counter[datetime] = Counter()
        for name in self.bucket.names():
            content = (self.bucket.folder / "data" / s3server.BUCKET / name).read_bytes()
            for line in gzip.decompress(content).splitlines():
                running[instant.parse(json.loads(line)["started"])] += 1
        return running

    def stored(self) -> set[datetime]:
        """Return the starts of the prepared days' samples in the checker's closed file."""
        store = Store.open(self.file, now=datetime.now(UTC))
        try:
            number = store.enroll("api", "whatever is checked").number
            first, end = instant.day_start(days()[0]), instant.day_start(days()[-1] + DAY)
            return {sample.started for sample in store.samples(number, first, end)}
        finally:
            store.close()

    def is_done(self) -> bool:
        """Tell whether the catalogue has all of the prepared days."""
        return (
            len(
                ArchiveCatalogue(self.installation.engine).entries(
                    DayFileSelection(last=days()[-1])
                )
            )
            == DAYS
        )


def days() -> tuple[date, ...]:
    """Return days that have been over for longer than any monitor's offset."""
    today = datetime.now(UTC).date()
    return tuple(today - back * DAY for back in range(DAYS + 1, 1, -1))


def prepared(file: Path, monitor: Monitor) -> set[datetime]:
    """Put results of some days into a checker's file, and seal them; when they began."""
    running: set[datetime] = set()
    store = Store.open(file, now=datetime.now(UTC))
    enrolled = store.enroll(monitor.meta.name, target_hash(monitor))
    for day in days():
        start = instant.day_start(day)
        samples = [Sample(start + n * DAY / A_DAY, 1_000 + n) for n in range(A_DAY)]
        store.commit(
            [
                BatchItem(
                    enrolled.number,
                    sample,
                    Health(),
                    Observation(sample.started, sample.started, sample.started),
                )
                for sample in samples
            ]
        )
        rolled = rollup.of_day(day, samples)
        store.seal(enrolled.number, DayReport(monitor.meta.name, enrolled.store, 1, rolled))
        running |= {sample.started for sample in samples}
    store.close()
    return running


@contextmanager
def set_up(folder: Path, fork_server: ForkServer, database: str = "") -> Iterator[ArchiveSetup]:
    """Yield an installation with proxies whose programs do not run yet."""
    with ExitStack() as stack:
        bucket = stack.enter_context(s3server.running())
        running_installation = stack.enter_context(
            installation.opened(folder / "installation", fork_server, database=database, pace=QUICK)
        )
        to_bucket = stack.enter_context(fault_proxy.running(bucket.port))
        to_collector = stack.enter_context(fault_proxy.running(running_installation.port))
        running_installation.collector_port = to_collector.port
        running_installation.archive = {
            "ALLSWELL_ARCHIVE_BUCKET": s3server.BUCKET,
            "ALLSWELL_ARCHIVE_ENDPOINT": f"http://127.0.0.1:{to_bucket.port}",
            "ALLSWELL_ARCHIVE_REGION": "us-east-1",
            "ALLSWELL_ARCHIVE_ACCESS_KEY_ID": s3server.KEY,
            "ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY": s3server.SECRET,
        }
        setup = ArchiveSetup(running_installation, bucket, to_bucket, to_collector)
        try:
            yield setup
        finally:
            for program in setup.programs.values():
                program.kill()


def kill_once(
    setup: ArchiveSetup, program: str, when: Callable[[Step, str, str], bool]
) -> Callable[[Step, str, str], bool]:
    """Return an action that kills once, at the step that `when` selects, and disconnects."""
    one = Lock()

    def act(step: Step, method: str, path: str) -> bool:
        with one:
            if setup.kills or not when(step, method, path):
                return True
            setup.kill(program)
            return False

    return act


def first_request(at_step: Step, method: str) -> Callable[[Step, str, str], bool]:
    """Select the first request of a method, at a step."""
    return lambda step, asked, _: (step, asked) == (at_step, method)


def nth_archive_request(number: int, at_step: Step) -> Callable[[Step, str, str], bool]:
    """Select the n-th archive request to the collector, at a step."""
    asked = [0]

    def when(step: Step, _: str, path: str) -> bool:
        asked[0] += path == "/v1/archive" and step == "before"
        return path == "/v1/archive" and step == at_step and asked[0] == number

    return when


BUCKET_STEPS = {
    "before the upload": first_request("before", "PUT"),
    "in the middle of the upload": first_request("middle", "PUT"),
    "after the upload, before the record": first_request("after", "PUT"),
}
COLLECTOR_STEPS = {
    "before the address": lambda: nth_archive_request(1, "before"),
    "after the address": lambda: nth_archive_request(1, "after"),
    "after the record, before the prune": lambda: nth_archive_request(2, "after"),
}


def check_nothing_is_lost(setup: ArchiveSetup, everything: set[datetime]) -> None:
    """Check that nothing is lost, and that after a restart nothing is in the archive twice."""
    assert wait_until(LONG, lambda: bool(setup.kills)), setup.installation.log()[-3_000:]
    if "checker" not in setup.programs:
        assert set(setup.archived()) | setup.stored() == everything
    setup.restart()
    assert wait_until(LONG, setup.is_done), setup.installation.log()[-3_000:]
    setup.stop()
    archived = setup.archived()
    assert set(archived) == everything
    assert set(archived.values()) == {1}
    assert setup.stored() == everything
    entries = ArchiveCatalogue(setup.installation.engine).entries()
    assert sum(entry.content.samples for entry in entries) == len(everything)


@pytest.mark.parametrize("step", sorted(BUCKET_STEPS))
@pytest.mark.parametrize("program", ["checker", "collector", "bucket"])
def test_who_dies_over_an_upload_costs_no_sample(
    tmp_path: Path, fork_server: ForkServer, target: Target, step: str, program: str
) -> None:
    with set_up(tmp_path, fork_server) as setup:
        monitor = installation.monitor("api", target.url("api"))
        setup.installation.register("default", [monitor])
        everything = prepared(setup.file, monitor)
        setup.to_bucket.act = kill_once(setup, program, BUCKET_STEPS[step])
        setup.start()
        check_nothing_is_lost(setup, everything)


@pytest.mark.parametrize("step", sorted(COLLECTOR_STEPS))
@pytest.mark.parametrize("program", ["checker", "collector"])
def test_who_dies_over_a_question_costs_no_sample(
    tmp_path: Path, fork_server: ForkServer, target: Target, step: str, program: str
) -> None:
    with set_up(tmp_path, fork_server) as setup:
        monitor = installation.monitor("api", target.url("api"))
        setup.installation.register("default", [monitor])
        everything = prepared(setup.file, monitor)
        setup.to_collector.act = kill_once(setup, program, COLLECTOR_STEPS[step]())
        setup.start()
        check_nothing_is_lost(setup, everything)


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("step", sorted(BUCKET_STEPS))
def test_a_database_that_dies_over_an_upload_costs_no_sample(
    tmp_path: Path, fork_server: ForkServer, target: Target, step: str
) -> None:
    with (
        postgres.running() as server,
        set_up(tmp_path, fork_server, server.create("archive")) as setup,
    ):
        setup.database = server
        monitor = installation.monitor("api", target.url("api"))
        setup.installation.register("default", [monitor])
        everything = prepared(setup.file, monitor)
        setup.to_bucket.act = kill_once(setup, "database", BUCKET_STEPS[step])
        setup.start()
        check_nothing_is_lost(setup, everything)
