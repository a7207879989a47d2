"""Add an archive to the simulated world: a real folder that may fail in every way a bucket can."""

import asyncio
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from allswell.archive.local_folder import PATH, LocalFolder
from allswell.archive.object_store import ArchiveError, ListedObject, ObjectHead, UploadUrl
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.checker.config import CheckerConfig
from allswell.checker.errors import UploadFailed
from allswell.checker.object_store_client import Write
from allswell.collector.archive.uploads import Uploads
from allswell.collector.authentication import Sender
from allswell.collector.messages import MessageReply
from allswell.domain import archive_upload, instant
from allswell.domain.archive import DayFileContent
from allswell.domain.archive_upload import UploadPermit
from tests.central_database import Central
from tests.simulation.target import LATENCY, Outage
from tests.simulation.world import Answer, CheckerProcess, CollectorProcess, Killed, World

# Days have to pass; so checks, beats and looks are rare.
INTERVAL = 600.0
CHECKS_A_DAY = 144
RETENTION_DAYS = 2


class Bucket:
    """An archive that can be away, and the target of permitted uploads."""

    def __init__(self, root: Path) -> None:
        self._folder = LocalFolder(root, "http://bucket")
        self.root = root
        self.is_away = False
        self.dies_at = ""
        self.on_death = lambda: None
        self.puts: list[str] = []

    def put(self, permit: UploadPermit, write: Write) -> bool:
        """Take a day file, unless its sender is killed."""
        self._raise_if_away(UploadFailed("the bucket is away"))
        self._die_at("before the upload")
        body = bytearray()
        write(_Body(body))
        self._die_at("in the middle of the upload")
        parts = urlsplit(permit.url)
        key = unquote(parts.path.removeprefix(PATH))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert self._folder.is_signed(
            key, len(body), query["sha256"], int(query["until"]), query["signature"]
        )
        self.puts.append(key)
        is_new = self._folder.put(key, bytes(body))
        self._die_at("after the upload")
        return is_new

    def upload_url(self, key: str, content: DayFileContent, now: datetime) -> UploadUrl:
        return self._folder.upload_url(key, content, now)

    def head(self, key: str) -> ObjectHead | None:
        self._raise_if_away(ArchiveError("the bucket is away"))
        return self._folder.head(key)

    def stream(self, key: str) -> Iterator[bytes]:
        self._raise_if_away(ArchiveError("the bucket is away"))
        return self._folder.stream(key)

    def list_objects(self, prefix: str) -> Iterator[ListedObject]:
        return self._folder.list_objects(prefix)

    def remove(self, names: Iterable[str]) -> None:
        self._raise_if_away(ArchiveError("the bucket is away"))
        self._folder.remove(names)

    def _raise_if_away(self, error: Exception) -> None:
        if self.is_away:
            raise error

    def _die_at(self, point: str) -> None:
        if self.dies_at == point:
            self.dies_at = ""
            raise Killed


class _Body:
    def __init__(self, into: bytearray) -> None:
        self._into = into

    def write(self, chunk: bytes) -> int:
        self._into += chunk
        return len(chunk)


class ArchivingCollector(CollectorProcess):
    """A collector that signs for the bucket."""

    def __init__(self, world: "ArchivedWorld", watch_every: float) -> None:
        super().__init__(world, watch_every)
        self.uploads = Uploads(world.bucket, world.catalogue, world.delete_after)
        self.state.archive_backlog.configured = True
        self.fatal_request = 0
        self.on_request: Callable[[], None] = lambda: None
        self._tidy_task = asyncio.create_task(self._tidy(world))

    async def _tidy(self, world: "ArchivedWorld") -> None:
        while True:
            await asyncio.sleep(INTERVAL / 2)
            if world.bucket.is_away or world.database_is_away:
                continue
            self.uploads.tidy(world.wall.now())
            self.state.archive_backlog.damaged = {
                monitor: tuple(entry.place.day for entry in entries)
                for monitor, entries in world.catalogue.damaged().items()
            }

    def answers(self) -> dict[str, Answer]:
        return {**super().answers(), "/v1/archive": self._archive}

    def _archive(self, sender: Sender, body: object, received: datetime) -> MessageReply:
        request = archive_upload.read_request(body)
        row = self.state.monitor_row(sender, request.monitor)
        self.on_request()
        self.fatal_request -= 1
        if self.fatal_request == 0:
            self.dies_before_answering = "/v1/archive"
        return MessageReply(
            200, archive_upload.permit_json(self.uploads.handle(row, request, received))
        )

    def kill(self) -> None:
        self._tidy_task.cancel()
        super().kill()


class ArchivedWorld(World):
    """A world with a bucket."""

    delete_after: timedelta | None = None

    def __init__(self, central: Central, folder: Path, *outages: Outage) -> None:
        super().__init__(central, folder, *outages, interval=INTERVAL)
        self.bucket = Bucket(folder / "bucket")
        self.upload_target = self.bucket
        self.catalogue = ArchiveCatalogue(central.engine)

    async def check(
        self, name: str = "one", config: CheckerConfig | None = None, latency: float = LATENCY
    ) -> CheckerProcess:
        """Start a checker that keeps samples for two days."""
        monitor = replace(self.monitor, retention_days=RETENTION_DAYS)
        usual = CheckerConfig((monitor,), beat_every=timedelta(seconds=INTERVAL / 2))
        return await super().check(name, config or usual, latency)

    def collect(self, watch_every: float = INTERVAL / 2) -> ArchivingCollector:
        collector = ArchivingCollector(self, watch_every)
        self.collector = collector
        return collector

    def lose_database_after_upload(self) -> None:
        """Take the database away as soon as something was uploaded."""
        self.database_is_away = bool(self.bucket.puts)

    def archived_starts(self) -> Counter[datetime]:
        """Return the starts of all samples that a reader of the bucket finds, and how often."""
        starts: Counter[datetime] = Counter()
        for named in self.bucket.list_objects("v1/"):
            for line in gzip.decompress((self.bucket.root / named.key).read_bytes()).splitlines():
                starts[started(json.loads(line))] += 1
        return starts

    def stored_starts(self, checker: CheckerProcess) -> Counter[datetime]:
        """Return the starts of all samples in a checker's file."""
        enrolled = checker.store.enroll("api", "")
        far = timedelta(days=4_000)
        samples = checker.store.samples(enrolled.number, self.begin - far, self.begin + far)
        return Counter(sample.started for sample in samples)

    def checked_starts(self, checker: CheckerProcess) -> set[datetime]:
        """Return when each check began."""
        return {
            instant.floor(self.begin + timedelta(seconds=second)) for second in checker.probe.checks
        }


def started(fields: dict[str, str]) -> datetime:
    """Return when a line's sample began."""
    return instant.parse(fields["started"])
