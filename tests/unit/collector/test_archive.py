"""Who may put what where: asked over HTTP, with a folder for an archive, put by the real client."""

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from allswell.archive import day_file
from allswell.archive.local_folder import LocalFolder
from allswell.archive.object_store import ArchiveError, ObjectHead
from allswell.central.archive_catalogue import ArchiveCatalogue, ArchiveTotals
from allswell.checker.errors import UploadFailed
from allswell.checker.object_store_client import HttpUploadTarget, UploadSink
from allswell.collector.archive.backlog import ArchiveBacklog, Backlog
from allswell.collector.archive.executor import MAX_WAITING, NAMESPACE_SHARE, ArchiveExecutor
from allswell.collector.archive.local_uploads import LocalUploads
from allswell.collector.archive.uploads import Uploads
from allswell.collector.authentication import LocalTokens, Sender
from allswell.collector.http_api import HttpApi
from allswell.collector.state import CollectorState
from allswell.domain import archive, archive_upload, instant, report
from allswell.domain.archive import DayFileContent, DayFileName
from allswell.domain.archive_upload import UploadPermit, UploadRequest
from allswell.domain.report import Heartbeat, Hello
from allswell.domain.sample import Sample
from tests import central_database
from tests.central_database import NOON, Central

TOKENS = {
    "acme": Sender("acme"),
    "only db": Sender("acme", "db"),
    "other": Sender("other"),
    "page": Sender("", page=True),
}
TEAMS = tuple(f"team-{number}" for number in range(MAX_WAITING // NAMESPACE_SHARE))
TOKENS |= {team: Sender(team) for team in TEAMS}
BODY = b"a day of results"
CONTENT = DayFileContent(len(BODY), hashlib.sha256(BODY).hexdigest(), 3)
DAY = date(2026, 3, 1)
WANTED = UploadRequest("api", "s1", DAY, CONTENT)


def packed(*minutes: int) -> bytes:
    """Return a day file of so many minutes of the day."""
    out = BytesIO()
    start = instant.day_start(DAY)
    day_file.write((Sample(start + it * timedelta(minutes=1), 1_000) for it in minutes), out)
    return out.getvalue()


THREE, FOUR, OTHER = packed(1, 2, 4), packed(1, 2, 3, 4), packed(3)
Client = TestClient[Request, Application]


def wanted(body: bytes) -> UploadRequest:
    """Return a deposit of these bytes."""
    lines = gzip.decompress(body).count(b"\n")
    return replace(
        WANTED, content=DayFileContent(len(body), hashlib.sha256(body).hexdigest(), lines)
    )


class Slow(LocalFolder):
    """A folder that hangs, or fails, when it is told."""

    goes_on = Event()
    fails = False

    def head(self, key: str) -> ObjectHead | None:
        assert self.goes_on.wait(20)
        if self.fails:
            raise ArchiveError("the store did not answer")
        return super().head(key)


class House:
    """A collector with an archive, and short words for what is asked of it."""

    def __init__(
        self, client: Client, state: CollectorState, folder: Slow, catalogue: ArchiveCatalogue
    ) -> None:
        self.client = client
        self.state = state
        self.folder = folder
        self.catalogue = catalogue
        self.now = NOON

    async def post(self, path: str, body: object, token: str = "acme") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.post(path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def ask(self, wanted: UploadRequest = WANTED, token: str = "acme") -> tuple[int, Any]:
        return await self.post("/v1/archive", archive_upload.request_json(wanted), token)

    async def permit(self, wanted: UploadRequest = WANTED) -> UploadPermit:
        status, body = await self.ask(wanted)
        assert status == 200, body
        return archive_upload.read_permit(body)

    async def put(self, permit: UploadPermit, body: bytes = BODY) -> bool:
        def write(out: UploadSink) -> None:
            out.write(body[:5])
            out.write(body[5:])

        return await asyncio.to_thread(HttpUploadTarget(timeout=5).put, permit, write)

    async def archived(self, wanted: UploadRequest = WANTED, body: bytes = BODY) -> UploadPermit:
        permit = await self.permit(wanted)
        await self.put(permit, body)
        return await self.permit(replace(wanted, revision=permit.revision))

    def names(self) -> list[str]:
        return [named.key.rpartition("/")[2] for named in self.folder.list_objects("")]


Story = Callable[[House], Awaitable[None]]
Serve = Callable[..., None]


@pytest.fixture
def serve(central: Central, tmp_path: Path) -> Iterator[Serve]:
    """Lets a story happen to a collector that listens; its archive hangs if it is told."""
    folder = Slow(tmp_path / "archive")
    folder.goes_on = Event()
    folder.goes_on.set()

    def serve(story: Story, *, patience: float = 8.0) -> None:
        async def told() -> None:
            state = CollectorState(central.writer, archive_backlog=ArchiveBacklog())
            state.start(NOON)
            catalogue = ArchiveCatalogue(central.engine)
            service = ArchiveExecutor(
                Uploads(folder, catalogue),
                state.archive_backlog,
                lambda: house.now,
                local_uploads=LocalUploads(folder, lambda: house.now),
                timeout=patience,
            )
            with ThreadPoolExecutor(1) as writing:
                intake = HttpApi(
                    state, LocalTokens(TOKENS), writing, lambda: house.now, archive=service
                )
                async with TestClient(TestServer(intake.application())) as client:
                    house = House(client, state, folder, catalogue)
                    folder.base_url = str(client.make_url("")).rstrip("/")
                    state.hello(Sender("acme"), [Hello("api", "s1", 0)], NOON)
                    await story(house)
            folder.goes_on.set()
            service.close()

        asyncio.run(told())

    yield serve
    folder.goes_on.set()


def test_a_day_is_permitted_put_verified_and_recorded(serve: Serve) -> None:
    async def story(house: House) -> None:
        permit = await house.permit()
        assert (permit.recorded, permit.revision) == (False, 1)
        assert await house.put(permit)
        assert house.catalogue.entries() == ()
        assert await house.permit(replace(WANTED, revision=1)) == UploadPermit(
            recorded=True, revision=1
        )
        (entry,) = house.catalogue.entries()
        row = house.state.monitor_row(Sender("acme"), "api")
        assert entry.place == DayFileName(row.public_id, DAY, 1)
        assert entry.content == CONTENT
        assert house.names() == [f"{row.public_id}.1.ndjson.gz"]

    serve(story)


def test_what_is_recorded_is_recorded_without_being_put_again(serve: Serve) -> None:
    async def story(house: House) -> None:
        await house.archived()
        assert await house.permit() == UploadPermit(recorded=True, revision=1)

    serve(story)


def test_what_was_put_and_not_recorded_is_found(serve: Serve) -> None:
    async def story(house: House) -> None:
        permit = await house.permit()
        await house.put(permit)
        assert not await house.put(permit)
        assert await house.permit() == UploadPermit(revision=1)

    serve(story)


def test_a_correction_is_a_new_object_and_the_old_one_goes_when_it_is_recorded(
    serve: Serve,
) -> None:
    async def story(house: House) -> None:
        await house.archived(wanted(THREE), THREE)
        permit = await house.permit(wanted(FOUR))
        assert permit.revision == 2
        await house.put(permit, FOUR)
        assert len(house.names()) == 2
        await house.permit(replace(wanted(FOUR), revision=2))
        archiving = Uploads(house.folder, house.catalogue)
        assert archiving.tidy(NOON) == 1
        assert [name.split(".", 1)[1] for name in house.names()] == ["1.r2.ndjson.gz"]
        assert archiving.tidy(NOON) == 0

    serve(story)


def test_what_lacks_a_sample_of_an_object_replaces_it_for_no_promise(serve: Serve) -> None:
    async def story(house: House) -> None:
        await house.archived(wanted(THREE), THREE)
        lie = replace(wanted(OTHER), content=replace(wanted(OTHER).content, samples=10**6))
        assert (await house.archived(lie, OTHER)).revision == 2
        assert Uploads(house.folder, house.catalogue).tidy(NOON) == 0
        assert len(house.names()) == len(house.catalogue.entries()) == 2

    serve(story)


def test_what_is_damaged_is_replaced_by_what_is_whole(serve: Serve) -> None:
    async def story(house: House) -> None:
        await house.archived(wanted(THREE), THREE)
        (entry,) = house.catalogue.entries()
        house.catalogue.mark_damaged([entry.id], NOON)
        assert (await house.archived(wanted(THREE), THREE)).revision == 2
        assert Uploads(house.folder, house.catalogue).tidy(NOON) == 1

    serve(story)


def test_a_name_that_is_taken_by_something_unknown_is_left_alone(serve: Serve) -> None:
    async def story(house: House) -> None:
        row = house.state.monitor_row(Sender("acme"), "api")
        house.folder.put(archive.key(DayFileName(row.public_id, DAY, 1)), b"of somebody else")
        assert (await house.archived()).revision == 2
        Uploads(house.folder, house.catalogue).tidy(NOON)
        assert len(house.names()) == 2

    serve(story)


def test_what_was_not_put_is_not_recorded(serve: Serve) -> None:
    async def story(house: House) -> None:
        assert (await house.ask(replace(WANTED, revision=1)))[0] == 409
        row = house.state.monitor_row(Sender("acme"), "api")
        house.folder.put(archive.key(DayFileName(row.public_id, DAY, 1)), b"x" * len(BODY))
        assert (await house.ask(replace(WANTED, revision=1)))[0] == 409
        assert house.catalogue.entries() == ()

    serve(story)


@pytest.mark.parametrize(
    ("wanted", "token", "status"),
    [
        (WANTED, "nobody", 401),
        (WANTED, "page", 403),
        (WANTED, "other", 410),
        (WANTED, "only db", 410),
        (replace(WANTED, monitor="nothing"), "acme", 410),
        (replace(WANTED, store="unknown"), "acme", 404),
        (replace(WANTED, day=NOON.date()), "acme", 422),
        (replace(WANTED, day=NOON.date() + timedelta(days=1)), "acme", 422),
    ],
)
def test_a_checker_asks_only_for_days_of_its_own_that_are_over(
    serve: Serve, wanted: UploadRequest, token: str, status: int
) -> None:
    async def story(house: House) -> None:
        assert (await house.ask(wanted, token))[0] == status
        assert house.names() == []

    serve(story)


def test_an_address_takes_nothing_but_what_it_is_for(serve: Serve) -> None:
    async def story(house: House) -> None:
        permit = await house.permit()
        for wrong in (
            replace(permit, url=permit.url.replace("2026-03-01", "2026-02-01")),
            replace(permit, url=permit.url.replace("signature=", "signature=0")),
            replace(permit, headers={**permit.headers, "Content-Length": "17"}),
        ):
            with pytest.raises(UploadFailed, match="403"):
                await house.put(wrong, BODY + (b"!" if wrong.headers != permit.headers else b""))
        with pytest.raises(UploadFailed, match="400"):
            await house.put(permit, b"x" * len(BODY))
        house.now = NOON + timedelta(seconds=301)
        with pytest.raises(UploadFailed, match="403"):
            await house.put(permit)
        async with ClientSession() as session, session.get(permit.url) as answer:
            assert answer.status == 405
        assert house.names() == []

    serve(story)


def test_a_bucket_that_hangs_delays_no_beat_and_no_report(serve: Serve) -> None:
    async def story(house: House) -> None:
        house.folder.goes_on.clear()
        stuck = [asyncio.create_task(house.ask()) for _ in range(2 * NAMESPACE_SHARE)]
        done, waiting = await asyncio.wait(stuck, timeout=0.3)
        assert {task.result()[0] for task in done} == {503}
        assert len(waiting) == NAMESPACE_SHARE
        beat = report.heartbeats_json([Heartbeat("api", "s1", NOON, NOON)])
        sent = {"sent_at": instant.text(NOON)}
        hello = report.hello_json([Hello("api", "s1", 0)])
        async with asyncio.timeout(2):
            assert (await house.post("/v1/beat", {**beat, **sent}))[0] == 200
            assert (await house.post("/v1/hello", hello))[0] == 200
            rolled = central_database.day_report(DAY)
            told = {**report.envelope_json(rolled), **sent}
            assert (await house.post("/v1/report", told))[0] == 201
        assert {(await task)[0] for task in waiting} == {503}
        house.folder.goes_on.set()
        async with asyncio.timeout(10):
            while (await house.ask())[0] != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    serve(story, patience=0.5)


def test_a_namespace_that_asks_without_end_keeps_no_other_from_the_archive(
    serve: Serve, central: Central
) -> None:
    for team in TEAMS:
        central.writer.register(
            central_database.monitor(namespace=team), namespace_uid=team, now=NOON
        )

    async def story(house: House) -> None:
        for team in TEAMS:
            house.state.hello(Sender(team), [Hello("api", "s1", 0)], NOON)
        house.folder.goes_on.clear()
        stuck = [asyncio.create_task(house.ask()) for _ in range(2 * NAMESPACE_SHARE)]
        others = [
            asyncio.create_task(house.ask(token=team))
            for team in TEAMS
            for _ in range(2 * NAMESPACE_SHARE)
        ]
        asked = [*stuck, *others]
        refused = len(asked) - MAX_WAITING
        async with asyncio.timeout(20):
            while sum(task.done() for task in asked) < refused:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        assert sum(task.done() for task in asked) == refused
        assert sum(not task.done() for task in stuck) == NAMESPACE_SHARE
        house.folder.goes_on.set()
        await asyncio.gather(*asked)

    serve(story, patience=30)


def test_an_archive_that_fails_is_a_fault_that_may_pass(serve: Serve) -> None:
    async def story(house: House) -> None:
        house.folder.fails = True
        status, body = await house.ask()
        assert (status, body) == (503, {"error": "the store did not answer"})

    serve(story)


def test_a_beats_answer_tells_of_the_archive_and_of_what_it_has_lost(serve: Serve) -> None:
    async def story(house: House) -> None:
        row = house.state.monitor_row(Sender("acme"), "api")
        house.state.archive_backlog.damaged = {row.id: (DAY,), row.id + 99: (DAY,)}
        beats = [Heartbeat("api", "s1", NOON, NOON, (), 3, DAY)]
        pulse = house.state.heartbeat(Sender("acme"), beats, NOON, NOON)
        assert (pulse.archive, pulse.damaged) == (True, (("api", DAY),))
        assert house.state.archive_backlog.total() == Backlog(3, DAY)
        losing = [Heartbeat("api", "s1", NOON, NOON, losing=True)]
        house.state.heartbeat(Sender("acme"), losing, NOON, NOON)
        assert house.state.archive_backlog.losing == {row.id}
        house.state.heartbeat(Sender("acme"), [Heartbeat("api", "s1", NOON, NOON)], NOON, NOON)
        assert house.state.archive_backlog.total() is None

    serve(story)


def test_a_day_that_was_lost_is_told_of_until_it_is_recorded_anew(serve: Serve) -> None:
    async def story(house: House) -> None:
        row = house.state.monitor_row(Sender("acme"), "api")
        other = DAY - timedelta(days=1)
        house.state.archive_backlog.damaged = {row.id: (other, DAY)}
        permit = await house.permit()
        await house.put(permit)
        assert house.state.archive_backlog.damaged[row.id] == (other, DAY)
        await house.permit(replace(WANTED, revision=permit.revision))
        assert house.state.archive_backlog.damaged == {row.id: (other,)}

    serve(story)


def test_without_an_archive_nothing_can_be_put(central: Central) -> None:
    async def told() -> None:
        state = CollectorState(central.writer)
        state.start(NOON)
        with ThreadPoolExecutor(1) as writing:
            intake = HttpApi(state, LocalTokens(TOKENS), writing, clock)
            async with TestClient(TestServer(intake.application())) as client:
                headers = {"Authorization": "Bearer acme"}
                body = archive_upload.request_json(WANTED)
                async with client.post("/v1/archive", json=body, headers=headers) as answer:
                    assert answer.status == 404
                async with client.put("/v1/archive/object/x") as answer:
                    assert answer.status == 404

    def clock() -> datetime:
        return NOON

    asyncio.run(told())


def test_keeping_order_removes_counts_seldom_and_tells_what_is_damaged(
    central: Central, tmp_path: Path
) -> None:
    folder, catalogue = LocalFolder(tmp_path), ArchiveCatalogue(central.engine)
    central.writer.hello(1, "s1", NOON)
    row = central.writer.living()[0]
    place = DayFileName(row.public_id, DAY, 1)
    folder.put(archive.key(place), BODY)
    entry = catalogue.record(row.id, place, CONTENT, NOON, whole=True)
    catalogue.mark_damaged([entry.id], NOON)
    now, news = [NOON], ArchiveBacklog()
    counted: list[ArchiveTotals] = []
    archiving = Uploads(folder, catalogue, timedelta(days=1))
    service = ArchiveExecutor(archiving, news, lambda: now[0], on_totals=counted.append)
    assert not service.tidy()
    assert news.damaged == {row.id: (DAY,)}
    assert [totals.damaged for totals in counted] == [1]
    service.tidy()
    assert len(counted) == 1
    catalogue.mark_whole([entry.id], NOON)
    service.tidy()
    assert [totals.damaged for totals in counted] == [1, 0]
    central.writer.hide([row.id], NOON)
    now[0] = NOON + timedelta(days=2)
    service.tidy()
    assert [totals.objects for totals in counted] == [1, 1, 1]
    assert list(folder.list_objects("")) == []
    assert catalogue.totals().objects == 0
    service.close()


def test_an_archive_that_is_away_does_not_end_the_keeping_of_order(
    central: Central, tmp_path: Path
) -> None:
    class Away(LocalFolder):
        def remove(self, names: object) -> None:  # noqa: ARG002
            raise ArchiveError("the store did not answer")

    catalogue = ArchiveCatalogue(central.engine)
    row = central.writer.living()[0]
    central.writer.hello(row.id, "s1", NOON)
    catalogue.record(row.id, DayFileName(row.public_id, DAY, 1), CONTENT, NOON, whole=True)
    central.writer.hide([row.id], NOON - timedelta(days=9))
    archiving = Uploads(Away(tmp_path), catalogue, timedelta(days=1))
    service = ArchiveExecutor(archiving, ArchiveBacklog(), lambda: NOON)

    async def story() -> None:
        task = asyncio.create_task(service.run())
        async with asyncio.timeout(10):
            while not catalogue.marked_for_removal(1):  # noqa: ASYNC110 - another thread does it
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        assert not task.done()
        task.cancel()

    asyncio.run(story())
    service.close()
    assert len(catalogue.marked_for_removal(1)) == 1
