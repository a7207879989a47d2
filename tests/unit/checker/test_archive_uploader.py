"""Test when a day is uploaded to the archive, and what becomes of one that cannot be."""

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from allswell.checker.archive_uploader import ArchiveUploader
from allswell.checker.collector_client import CollectorReply
from allswell.checker.errors import CollectorUnreachable, UploadFailed
from allswell.checker.object_store_client import Write
from allswell.checker.registration import Registration
from allswell.checker.schedule import phase
from allswell.domain import archive_upload, rollup
from allswell.domain.archive_upload import UploadPermit, UploadRequest
from allswell.domain.report import DayReport, Json
from allswell.domain.sample import Sample
from allswell.store import Store
from tests.unit.checker.fakes import NOON, clock, enroll, item, open_store, run, running_writer

TODAY = NOON.date()
DAY = timedelta(days=1)
HALF_A_DAY = 12 * 3600.0


@dataclass(slots=True)
class FakeArchive:
    """A collector that permits uploads and a bucket that takes them, unless set otherwise."""

    answer: Callable[[UploadRequest], CollectorReply | None] = lambda _: None
    refuses: bool = False
    requests: list[UploadRequest] = field(default_factory=list)
    objects: dict[tuple[str, date], bytes] = field(default_factory=dict)

    async def post(self, path: str, message: Json) -> CollectorReply:
        assert path == "/v1/archive"
        request = archive_upload.read_request(message)
        self.requests.append(request)
        await asyncio.sleep(0.01)
        reply = self.answer(request)
        if reply is not None:
            return reply
        permit = UploadPermit(revision=1, url=f"http://b/{request.monitor}/{request.day}")
        if request.revision:
            permit = UploadPermit(recorded=True, revision=request.revision)
        return CollectorReply(200, archive_upload.permit_json(permit))

    def put(self, permit: UploadPermit, write: Write) -> bool:
        if self.refuses:
            raise UploadFailed("the store answers 503")
        body = _Body()
        write(body)
        _, monitor, day = permit.url.rsplit("/", 2)
        self.objects[monitor, date.fromisoformat(day)] = bytes(body.content)
        return True


@dataclass(slots=True)
class _Body:
    content: bytearray = field(default_factory=bytearray)

    def write(self, chunk: bytes) -> int:
        self.content += chunk
        return len(chunk)


def uploader_of(
    folder: Path, archive: FakeArchive, *names: str, days: int = 1
) -> tuple[ArchiveUploader, Store]:
    """Return an uploader of registered monitors with sealed days up to today."""
    store = open_store(folder)
    writer, _ = running_writer(store)
    runtimes = {name: enroll(store, name) for name in names or ("api",)}
    for runtime in runtimes.values():
        runtime.registered = True
        for back in range(days):
            at = Sample(NOON - back * DAY, 1_000)
            store.commit([item(runtime, second=-back * 86_400)])
            report = DayReport(
                runtime.name, runtime.store, 1, rollup.of_day(at.started.date(), [at])
            )
            store.seal(runtime.number, report)
    uploader = ArchiveUploader(
        writer, archive, clock(), Registration(writer, archive, runtimes), archive
    )
    uploader.configured = True
    return uploader, store


async def at_midnight(seconds: float = 0.0) -> None:
    """Sleep until so many seconds after the end of today."""
    await asyncio.sleep(HALF_A_DAY + seconds - asyncio.get_running_loop().time())


def test_a_day_is_archived_in_its_monitors_own_minute_of_the_first_hour(tmp_path: Path) -> None:
    async def story() -> None:
        archive = FakeArchive()
        uploader, store = uploader_of(tmp_path, archive)
        own = phase("acme", "api") * 3600
        await at_midnight(own - 1)
        assert await uploader.upload_due()
        assert archive.requests == []
        await at_midnight(own + 1)
        assert await uploader.upload_due()
        assert [(it.revision, it.whole) for it in archive.requests] == [(0, True), (1, True)]
        assert gzip.decompress(archive.objects["api", TODAY]).count(b"\n") == 1
        assert store.counts().unarchived == 0
        assert uploader.archived == 1

    run(story())


def test_the_oldest_day_goes_first_one_at_a_time(tmp_path: Path) -> None:
    async def story() -> None:
        archive = FakeArchive()
        uploader, _ = uploader_of(tmp_path, archive, "api", "web", days=3)
        await at_midnight(3600)
        assert await uploader.upload_due()
        days = [it.day for it in archive.requests if it.revision]
        assert len(days) == 6
        assert days == sorted(days)
        assert [it.revision for it in archive.requests] == [0, 1] * 6

    run(story())


@pytest.mark.parametrize("configured", [None, False])
def test_without_an_archive_nothing_is_asked(tmp_path: Path, *, configured: bool | None) -> None:
    async def story() -> None:
        archive = FakeArchive()
        uploader, _ = uploader_of(tmp_path, archive)
        uploader.configured = configured
        await at_midnight(3600)
        assert await uploader.upload_due()
        assert archive.requests == []

    run(story())


def test_what_the_archive_has_already_is_not_sent(tmp_path: Path) -> None:
    async def story() -> None:
        archive = FakeArchive(
            answer=lambda _: CollectorReply(
                200, archive_upload.permit_json(UploadPermit(recorded=True, revision=4))
            )
        )
        uploader, store = uploader_of(tmp_path, archive)
        await at_midnight(3600)
        assert await uploader.upload_due()
        assert (len(archive.requests), archive.objects) == (1, {})
        assert store.counts().unarchived == 0

    run(story())


def test_a_day_is_noted_as_archived_only_when_it_is_recorded(tmp_path: Path) -> None:
    async def story() -> None:
        def forgetful(request: UploadRequest) -> CollectorReply | None:
            return (
                CollectorReply(200, archive_upload.permit_json(UploadPermit(revision=1)))
                if request.revision
                else None
            )

        archive = FakeArchive(answer=forgetful)
        uploader, store = uploader_of(tmp_path, archive)
        await at_midnight(3600)
        assert not await uploader.upload_due()
        assert archive.objects
        assert store.counts().unarchived == 1

    run(story())


def broken(_: UploadRequest) -> CollectorReply:
    raise CollectorUnreachable("connection refused")


@pytest.mark.parametrize(
    "archive",
    [
        FakeArchive(refuses=True),
        FakeArchive(answer=broken),
        FakeArchive(answer=lambda _: CollectorReply(503)),
        FakeArchive(answer=lambda _: CollectorReply(200, "nonsense")),
    ],
)
def test_what_cannot_be_done_is_tried_later_each_time(tmp_path: Path, archive: FakeArchive) -> None:
    async def story() -> None:
        uploader, store = uploader_of(tmp_path, archive)
        await at_midnight(3600)
        task = asyncio.create_task(uploader.run())
        await asyncio.sleep(3600)
        failures = uploader.failed
        assert 12 <= failures <= 80
        assert store.counts().unarchived == 1
        assert uploader.last_error
        archive.refuses, archive.answer = False, lambda _: None
        await asyncio.sleep(400)
        assert (uploader.failures, uploader.last_error) == (0, "")
        assert store.counts().unarchived == 0
        task.cancel()

    run(story())


def test_a_day_that_is_deferred_holds_up_no_other(tmp_path: Path) -> None:
    async def story() -> None:
        archive = FakeArchive(
            answer=lambda request: CollectorReply(422) if request.day < TODAY else None
        )
        uploader, store = uploader_of(tmp_path, archive, days=3)
        await at_midnight(3600)
        assert await uploader.upload_due()
        assert list(archive.objects) == [("api", TODAY)]
        assert await uploader.upload_due()
        assert len(archive.requests) == 4
        await asyncio.sleep(3600)
        archive.answer = lambda _: None
        assert await uploader.upload_due()
        assert store.counts().unarchived == 0

    run(story())


def test_a_sample_that_comes_while_a_day_is_sent_leaves_it_due(tmp_path: Path) -> None:
    async def story() -> None:
        store: Store

        def late(request: UploadRequest) -> CollectorReply | None:
            if not request.revision:
                store.commit([item(uploader.registration.runtimes["api"], second=9)])
            return None

        archive = FakeArchive(answer=late)
        uploader, store = uploader_of(tmp_path, archive)
        await at_midnight(3600)
        await uploader.upload_due()
        (day,) = store.days(1)
        assert (day.archived, day.changed) == (False, True)

    run(story())


def test_a_monitor_that_is_gone_or_not_registered_uploads_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        archive = FakeArchive()
        uploader, _ = uploader_of(tmp_path, archive, "api", "web")
        uploader.registration.runtimes["api"].gone = True
        uploader.registration.runtimes["web"].registered = False
        await at_midnight(3600)
        assert await uploader.upload_due()
        assert archive.requests == []
        assert uploader.unarchived_days(uploader.registration.runtimes["api"]) == (TODAY,)

    run(story())


def test_a_day_that_the_archive_has_lost_is_uploaded_again(tmp_path: Path) -> None:
    async def story() -> None:
        archive = FakeArchive()
        uploader, _ = uploader_of(tmp_path, archive)
        await at_midnight(3600)
        await uploader.upload_due()
        archive.objects.clear()
        uploader.update(
            configured=True, damaged=[("api", TODAY), ("api", TODAY - DAY), ("x", TODAY)]
        )
        await uploader.upload_due()
        assert list(archive.objects) == [("api", TODAY)]

    run(story())


def test_a_monitor_that_is_registered_after_the_first_round_is_not_kept_waiting(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        archive = FakeArchive()
        uploader, _ = uploader_of(tmp_path, archive)
        runtimes = dict(uploader.registration.runtimes)
        uploader.registration.runtimes.clear()
        uploader.configured = None
        await at_midnight(3600)
        task = asyncio.create_task(uploader.run())
        uploader.update(configured=True, damaged=())
        await asyncio.sleep(1)
        uploader.registration.runtimes.update(runtimes)
        uploader.update(configured=True, damaged=())
        await asyncio.sleep(1)
        assert list(archive.objects) == [("api", TODAY)]
        task.cancel()

    run(story())
