"""Whatever comes late, is dropped, passes away or dies half-way: each result is somewhere, once.

Real are the checker's file, the collector's judgement, the catalogue and a folder for an archive.
"""

import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from allswell.archive import day_file
from allswell.archive.local_folder import LocalFolder
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.central.writer import MonitorRow
from allswell.checker.archive_uploader import measure
from allswell.checker.day_rollup import seal_days
from allswell.checker.monitor_runtime import MonitorRuntime, runtime_of, target_hash
from allswell.collector.archive.uploads import Uploads
from allswell.domain import archive, instant
from allswell.domain.archive import DayFileName
from allswell.domain.archive_upload import UploadRequest
from allswell.domain.cover import Observation
from allswell.domain.health import Health
from allswell.domain.sample import Sample
from allswell.store import BatchItem, Store, Unarchived, samples
from tests import central_database, thoroughness
from tests.central_database import Central
from tests.simulation.conftest import do_not_sync

FIRST = date(2026, 3, 2)
DAYS = 2
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STEPS = ("it is there", "it was only read", "it was only put", "it was only recorded", "one came")

MINUTES = st.integers(0, 30)

Action = tuple[str, int, int]
actions = st.lists(
    st.one_of(
        st.tuples(st.just("checked"), st.integers(0, DAYS - 1), MINUTES),
        st.tuples(st.just("sealed"), st.just(0), st.just(0)),
        st.tuples(st.just("archived"), st.sampled_from((0, 0, 0, 0, 1, 2, 3, 4)), MINUTES),
        st.tuples(st.just("passed"), st.integers(1, DAYS + 1), st.just(0)),
        st.tuples(st.just("pressed"), st.integers(1, 3), st.just(0)),
    ),
    min_size=6,
    max_size=40,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("central") / "template.db"
    central_database.migrated(f"sqlite:///{path}")
    return path


@dataclass(slots=True)
class Model:
    """A checker's file and an archive, and when each check began."""

    store: Store
    subject: MonitorRuntime
    folder: LocalFolder
    archiving: Uploads
    row: MonitorRow
    checked: set[datetime] = field(default_factory=set)

    def do(self, action: Action) -> None:
        word, one, other = action
        if word == "checked":
            self.check(FIRST + one * DAY, other)
        elif word == "sealed":
            seal_days(self.store, self.subject, FIRST + DAYS * DAY)
        elif word == "archived":
            self.bring(STEPS[one], other)
        elif word == "passed":
            kept = {self.subject.number: NOW - instant.day_start(FIRST + one * DAY)}
            self.store.prune(kept, NOW, archived_only=True)
        else:
            self.store._run(lambda connection: samples.drop_oldest(connection, one))

    def check(self, day: date, minute: int) -> None:
        at = instant.day_start(day) + timedelta(minutes=minute)
        if at in self.checked:
            return
        self.checked.add(at)
        seen = Observation(at, at, at)
        self.store.commit([BatchItem(self.subject.number, Sample(at, 1_000), Health(), seen)])

    def bring(self, step: str, minute: int) -> None:
        """Bring the first day that is due, as the archivist does, or only so far."""
        for day in self.store.unarchived(NOW.date(), 1):
            if day.whole or step not in ("it was only put", "it was only recorded"):
                self._bring(day, step, minute)

    def _bring(self, day: Unarchived, step: str, minute: int) -> None:
        self.store.mark_gathered(day)
        out = BytesIO()
        content = measure(lambda into: self._written(day, into))
        self._written(day, out)
        if step == "it was only read" or not content.samples:
            return
        wanted = UploadRequest(day.monitor, day.store, day.day, content, day.whole)
        permit = self.archiving.handle(self.row, wanted, NOW)
        if permit.url:
            place = DayFileName(self.row.public_id, day.day, 1, permit.revision)
            assert self.folder.put(archive.key(place), out.getvalue())
        if step == "it was only put":
            return
        if not permit.recorded:
            put = UploadRequest(
                day.monitor, day.store, day.day, content, day.whole, permit.revision
            )
            assert self.archiving.handle(self.row, put, NOW).recorded
        if step == "it was only recorded":
            return
        if step == "one came":
            self.check(day.day, minute)
        self.store.mark_archived(day)

    def _written(self, day: Unarchived, out: object) -> int:
        start = instant.day_start(day.day)
        found = self.store.samples(day.number, start, start + DAY)
        return day_file.write(found, out)  # type: ignore[arg-type]

    def archived(self) -> Counter[datetime]:
        """Return what a reader finds who goes by the catalogue."""
        found: Counter[datetime] = Counter()
        for entry in self.archiving.catalogue.entries():
            content = gzip.decompress(b"".join(self.folder.stream(entry.key)))
            found.update(instant.parse(json.loads(it)["started"]) for it in content.splitlines())
        return found

    def stored(self) -> set[datetime]:
        start = instant.day_start(FIRST)
        found = self.store.samples(self.subject.number, start, start + DAYS * DAY)
        return {sample.started for sample in found}


@contextmanager
def modelled(template: Path) -> Iterator[Model]:
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        with central_database.opened(central_database.copied(template, here)) as central:
            event.listen(central.engine, "connect", do_not_sync)
            store = Store.open(here / "checker.sqlite", max_bytes=2**24, now=NOW)
            try:
                yield made(here, central, store)
            finally:
                store.close()


def made(here: Path, central: Central, store: Store) -> Model:
    monitor = central_database.monitor("api")
    subject = runtime_of(monitor, store.enroll("api", target_hash(monitor)))
    row = central.writer.register(monitor, namespace_uid="ns", now=NOW)
    central.writer.hello(row.id, subject.store, NOW)
    folder = LocalFolder(here / "archive")
    return Model(store, subject, folder, Uploads(folder, ArchiveCatalogue(central.engine)), row)


@settings(
    max_examples=thoroughness.of(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(
    done=[
        ("checked", 1, 0),
        ("checked", 1, 2),
        ("sealed", 0, 0),
        ("archived", 0, 0),
        ("checked", 1, 1),
        ("pressed", 1, 0),
    ]
)
@given(done=actions)
def test_each_result_is_in_the_file_or_the_archive_or_was_counted_as_lost(
    template: Path, done: Sequence[Action]
) -> None:
    with modelled(template) as model:
        for action in done:
            model.do(action)
            archived, stored = model.archived(), model.stored()
            missing = model.checked - set(archived) - stored
            assert len(missing) <= model.store.counts().raw_lost
        model.do(("sealed", 0, 0))
        for _ in range(2 * DAYS):
            model.bring(STEPS[0], 0)
        while model.archiving.tidy(NOW):
            pass
        archived, stored = model.archived(), model.stored()
        # What came late to a day whose rows then went for want of room stands beside the whole day.
        short = {it.day for it in model.store.days(model.subject.number) if it.lost}
        assert {at.date() for at, count in archived.items() if count > 1} <= short
        assert stored <= set(archived)
        assert len(model.checked) - len(archived) <= model.store.counts().raw_lost
        assert model.store.unarchived(NOW.date(), 10) == ()
