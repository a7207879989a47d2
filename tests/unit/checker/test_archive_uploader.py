"""When a day is brought to the archive, and what becomes of one that cannot be."""

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from allswell.checker.archive_uploader import ArchiveUploader
from allswell.checker.collector_client import CollectorReply, CollectorUnreachable
from allswell.checker.object_store_client import UploadFailed, Write
from allswell.checker.registration import Registration
from allswell.checker.schedule import phase
from allswell.domain import archive_upload, rollup
from allswell.domain.archive_upload import UploadPermit, UploadRequest
from allswell.domain.report import DayReport, Json
from allswell.domain.sample import Sample
from allswell.store import Store
from tests.unit.checker.fakes import NOON, clock, keeper_of, kept, opened, run, subject

TODAY = NOON.date()
DAY = timedelta(days=1)
HALF_A_DAY = 12 * 3600.0


@dataclass(slots=True)
class Office:
    """A collector that permits, and a bucket that takes; or not."""

    answer: Callable[[UploadRequest], CollectorReply | None] = lambda _: None
    refuses: bool = False
    asked: list[UploadRequest] = field(default_factory=list)
    held: dict[tuple[str, date], bytes] = field(default_factory=dict)

    async def post(self, path: str, message: Json) -> CollectorReply:
        assert path == "/v1/archive"
        wanted = archive_upload.read_request(message)
        self.asked.append(wanted)
        await asyncio.sleep(0.01)
        told = self.answer(wanted)
        if told is not None:
            return told
        permit = UploadPermit(revision=1, url=f"http://b/{wanted.monitor}/{wanted.day}")
        if wanted.revision:
            permit = UploadPermit(recorded=True, revision=wanted.revision)
        return CollectorReply(200, archive_upload.permit_json(permit))

    def put(self, permit: UploadPermit, write: Write) -> bool:
        if self.refuses:
            raise UploadFailed("the store answers 503")
        body = _Body()
        write(body)
        _, monitor, day = permit.url.rsplit("/", 2)
        self.held[monitor, date.fromisoformat(day)] = bytes(body.content)
        return True


@dataclass(slots=True)
class _Body:
    content: bytearray = field(default_factory=bytearray)

    def write(self, chunk: bytes) -> int:
        self.content += chunk
        return len(chunk)


def archivist_of(
    folder: Path, office: Office, *names: str, days: int = 1
) -> tuple[ArchiveUploader, Store]:
    """An archivist of monitors that have been greeted and have sealed days up to today."""
    store = opened(folder)
    keeper, _ = keeper_of(store)
    subjects = {name: subject(store, name) for name in names or ("api",)}
    for it in subjects.values():
        it.greeted = True
        for back in range(days):
            at = Sample(NOON - back * DAY, 1_000)
            store.commit([kept(it, second=-back * 86_400)])
            report = DayReport(it.name, it.store, 1, rollup.of_day(at.started.date(), [at]))
            store.seal(it.number, report)
    archivist = ArchiveUploader(
        keeper, office, clock(), Registration(keeper, office, subjects), office
    )
    archivist.wanted = True
    return archivist, store


async def at_midnight(seconds: float = 0.0) -> None:
    """Let it be so many seconds after the end of today."""
    await asyncio.sleep(HALF_A_DAY + seconds - asyncio.get_running_loop().time())


def test_a_day_is_archived_in_its_monitors_own_minute_of_the_first_hour(tmp_path: Path) -> None:
    async def story() -> None:
        office = Office()
        archivist, store = archivist_of(tmp_path, office)
        own = phase("acme", "api") * 3600
        await at_midnight(own - 1)
        assert await archivist.round()
        assert office.asked == []
        await at_midnight(own + 1)
        assert await archivist.round()
        assert [(it.revision, it.whole) for it in office.asked] == [(0, True), (1, True)]
        assert gzip.decompress(office.held["api", TODAY]).count(b"\n") == 1
        assert store.counts().unarchived == 0
        assert archivist.archived == 1

    run(story())


def test_the_oldest_day_goes_first_one_at_a_time(tmp_path: Path) -> None:
    async def story() -> None:
        office = Office()
        archivist, _ = archivist_of(tmp_path, office, "api", "web", days=3)
        await at_midnight(3600)
        assert await archivist.round()
        days = [it.day for it in office.asked if it.revision]
        assert len(days) == 6
        assert days == sorted(days)
        assert [it.revision for it in office.asked] == [0, 1] * 6

    run(story())


@pytest.mark.parametrize("wanted", [None, False])
def test_without_an_archive_nothing_is_asked(tmp_path: Path, *, wanted: bool | None) -> None:
    async def story() -> None:
        office = Office()
        archivist, _ = archivist_of(tmp_path, office)
        archivist.wanted = wanted
        await at_midnight(3600)
        assert await archivist.round()
        assert office.asked == []

    run(story())


def test_what_the_archive_has_already_is_not_sent(tmp_path: Path) -> None:
    async def story() -> None:
        office = Office(
            answer=lambda _: CollectorReply(
                200, archive_upload.permit_json(UploadPermit(recorded=True, revision=4))
            )
        )
        archivist, store = archivist_of(tmp_path, office)
        await at_midnight(3600)
        assert await archivist.round()
        assert (len(office.asked), office.held) == (1, {})
        assert store.counts().unarchived == 0

    run(story())


def test_a_day_is_noted_as_archived_only_when_it_is_recorded(tmp_path: Path) -> None:
    async def story() -> None:
        def forgetful(wanted: UploadRequest) -> CollectorReply | None:
            return (
                CollectorReply(200, archive_upload.permit_json(UploadPermit(revision=1)))
                if wanted.revision
                else None
            )

        office = Office(answer=forgetful)
        archivist, store = archivist_of(tmp_path, office)
        await at_midnight(3600)
        assert not await archivist.round()
        assert office.held
        assert store.counts().unarchived == 1

    run(story())


def broken(_: UploadRequest) -> CollectorReply:
    raise CollectorUnreachable("nobody answers")


@pytest.mark.parametrize(
    "office",
    [
        Office(refuses=True),
        Office(answer=broken),
        Office(answer=lambda _: CollectorReply(503)),
        Office(answer=lambda _: CollectorReply(200, "nonsense")),
    ],
)
def test_what_cannot_be_done_is_tried_later_each_time(tmp_path: Path, office: Office) -> None:
    async def story() -> None:
        archivist, store = archivist_of(tmp_path, office)
        await at_midnight(3600)
        task = asyncio.create_task(archivist.run())
        await asyncio.sleep(3600)
        failures = archivist.failed
        assert 12 <= failures <= 80
        assert store.counts().unarchived == 1
        assert archivist.trouble
        office.refuses, office.answer = False, lambda _: None
        await asyncio.sleep(400)
        assert (archivist.failures, archivist.trouble) == (0, "")
        assert store.counts().unarchived == 0
        task.cancel()

    run(story())


def test_a_day_that_is_unwelcome_holds_up_no_other(tmp_path: Path) -> None:
    async def story() -> None:
        office = Office(answer=lambda it: CollectorReply(422) if it.day < TODAY else None)
        archivist, store = archivist_of(tmp_path, office, days=3)
        await at_midnight(3600)
        assert await archivist.round()
        assert list(office.held) == [("api", TODAY)]
        assert await archivist.round()
        assert len(office.asked) == 4
        await asyncio.sleep(3600)
        office.answer = lambda _: None
        assert await archivist.round()
        assert store.counts().unarchived == 0

    run(story())


def test_a_sample_that_comes_while_a_day_is_sent_leaves_it_due(tmp_path: Path) -> None:
    async def story() -> None:
        store: Store

        def late(wanted: UploadRequest) -> CollectorReply | None:
            if not wanted.revision:
                store.commit([kept(archivist.greeter.subjects["api"], second=9)])
            return None

        office = Office(answer=late)
        archivist, store = archivist_of(tmp_path, office)
        await at_midnight(3600)
        await archivist.round()
        (day,) = store.days(1)
        assert (day.archived, day.changed) == (False, True)

    run(story())


def test_a_monitor_that_is_gone_or_not_greeted_is_not_asked_for(tmp_path: Path) -> None:
    async def story() -> None:
        office = Office()
        archivist, _ = archivist_of(tmp_path, office, "api", "web")
        archivist.greeter.subjects["api"].gone = True
        archivist.greeter.subjects["web"].greeted = False
        await at_midnight(3600)
        assert await archivist.round()
        assert office.asked == []
        assert archivist.waiting(archivist.greeter.subjects["api"]) == (TODAY,)

    run(story())


def test_a_day_that_the_archive_has_lost_is_brought_again(tmp_path: Path) -> None:
    async def story() -> None:
        office = Office()
        archivist, _ = archivist_of(tmp_path, office)
        await at_midnight(3600)
        await archivist.round()
        office.held.clear()
        archivist.told(wanted=True, damaged=[("api", TODAY), ("api", TODAY - DAY), ("x", TODAY)])
        await archivist.round()
        assert list(office.held) == [("api", TODAY)]

    run(story())


def test_a_monitor_that_is_greeted_after_the_first_look_is_not_kept_waiting(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        office = Office()
        archivist, _ = archivist_of(tmp_path, office)
        subjects = dict(archivist.greeter.subjects)
        archivist.greeter.subjects.clear()
        archivist.wanted = None
        await at_midnight(3600)
        task = asyncio.create_task(archivist.run())
        archivist.told(wanted=True, damaged=())
        await asyncio.sleep(1)
        archivist.greeter.subjects.update(subjects)
        archivist.told(wanted=True, damaged=())
        await asyncio.sleep(1)
        assert list(office.held) == [("api", TODAY)]
        task.cancel()

    run(story())
