"""Open an installation's history: the catalogue, the archive, and checkers' own files."""

import argparse
import asyncio
import heapq
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from allswell.archive import bucket_settings, day_file
from allswell.archive.bucket import S3Bucket
from allswell.archive.day_file import DayFileDamaged
from allswell.archive.local_folder import LocalFolder
from allswell.archive.object_store import ObjectStore
from allswell.central import engine as engines
from allswell.central import history
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.central.engine import Engine
from allswell.cli.errors import BadInput
from allswell.controller.bootstrap import database_password
from allswell.domain import instant
from allswell.domain.archive import CatalogueEntry, DayFileSelection
from allswell.domain.sample import Sample
from allswell.kube import access, client
from allswell.kube.errors import KubeError
from allswell.kube.kinds import SECRET
from allswell.kube.secret import SecretView
from allswell.store import readonly

DAY = timedelta(days=1)
PAGE_SIZE = 5_000
STORE = "checker.sqlite"


@dataclass(frozen=True, slots=True)
class Source:
    """An installation's history. `archive` is None where none is configured.

    `stores` are checkers' files; `folder` is the data folder of an `allswell up`, if it is one.
    """

    engine: Engine
    archive: ObjectStore | None
    stores: tuple[Path, ...] = ()
    folder: Path | None = None

    @property
    def catalogue(self) -> ArchiveCatalogue:
        """Return the catalogue, which lists what the archive should hold."""
        return ArchiveCatalogue(self.engine)

    def entries(self, selection: DayFileSelection) -> Iterator[CatalogueEntry]:
        """Yield the catalogue's entries, read a page at a time. Raises `CentralError`."""
        after = 0
        while True:
            page = self.catalogue.entries(selection, after=after, limit=PAGE_SIZE)
            yield from page
            if len(page) < PAGE_SIZE:
                return
            after = page[-1].id

    def is_known(self, namespace: str, name: str) -> bool:
        """Tell whether there is such a monitor, or was one of which something is kept."""
        if self.catalogue.count(DayFileSelection(namespace, name))[0]:
            return True
        return history.read(self.engine, namespace, name, datetime.now(UTC)) is not None

    def expected(self, namespace: str, name: str, start: datetime, end: datetime) -> int:
        """Estimate how many samples there are in [start, end) from the days that are archived.

        0 where none of the days is archived.
        """
        first, last = instant.day_of(start), instant.day_of(end - timedelta(milliseconds=1))
        objects, samples = self.catalogue.count(DayFileSelection(namespace, name, first, last))
        return round(samples / objects * ((end - start) / DAY)) if objects else 0

    def samples(
        self, namespace: str, name: str, start: datetime, end: datetime
    ) -> Iterator[Sample]:
        """Yield a monitor's samples in [start, end), each once, by start; read a day at a time.

        Raises `CentralError`, `ArchiveError`, `DayFileDamaged` and `StoreError`.
        """
        first, last = instant.day_of(start), instant.day_of(end - timedelta(milliseconds=1))
        by_day: dict[date, list[CatalogueEntry]] = {}
        for entry in self.entries(DayFileSelection(namespace, name, first, last)):
            by_day.setdefault(entry.place.day, []).append(entry)
        files = tuple(self._files(namespace))
        for day in (first + DAY * number for number in range((last - first).days + 1)):
            streams = [self._archived(entry) for entry in by_day.get(day, ())]
            begin = max(start, instant.day_start(day))
            finish = min(end, instant.day_start(day + DAY))
            streams += [readonly.read(file, name, begin, finish) for file in files]
            yield from _merge(streams, begin, finish)

    def _files(self, namespace: str) -> Iterator[Path]:
        yield from self.stores
        if self.folder is not None:
            file = self.folder / "checkers" / namespace / STORE
            if file.exists():
                yield file

    def _archived(self, entry: CatalogueEntry) -> Iterator[Sample]:
        if self.archive is None:
            raise BadInput(
                "the catalogue lists day files, but no archive is configured to read them"
            )
        try:
            yield from day_file.read(self.archive.stream(entry.key))
        except DayFileDamaged as error:
            reason = "it is missing" if self.archive.head(entry.key) is None else str(error)
            advice = "`allswell history verify` records this"
            raise DayFileDamaged(f"{entry.key}: {reason}; {advice}") from error


def _merge(streams: Sequence[Iterator[Sample]], start: datetime, end: datetime) -> Iterator[Sample]:
    """Merge the streams in order; a sample in several of them is yielded once."""
    previous: Sample | None = None
    for sample in heapq.merge(*streams, key=_order):
        if start <= sample.started < end and sample != previous:
            previous = sample
            yield sample


def _order(sample: Sample) -> tuple[datetime, int, str]:
    return sample.started, sample.latency_us, sample.reason


@contextmanager
def open_source(options: argparse.Namespace) -> Iterator[Source]:
    """Open the chosen installation, and close it at the end.

    Raises `BadInput`, `BadDatabaseUrl` and `ArchiveError`.
    """
    source = _find(options)
    try:
        yield source
    finally:
        source.engine.dispose()


def _find(options: argparse.Namespace) -> Source:
    stores = tuple(options.store)
    for file in stores:
        if not file.is_file():
            raise BadInput(f"{file} does not exist: give --store a checker's checker.sqlite")
    if options.data is not None:
        database = options.data / "central.sqlite"
        if not database.exists():
            raise BadInput(f"{options.data} is not a data folder of allswell up")
        archive = LocalFolder(options.data / "archive")
        return Source(engines.connect(f"sqlite:///{database}"), archive, stores, options.data)
    problems: list[str] = []
    settings = bucket_settings.read(os.environ, "ALLSWELL_ARCHIVE_", problems)
    if problems:
        raise BadInput("\n".join(problems))
    bucket = None if settings is None else S3Bucket(settings)
    return Source(engines.connect(_database_url()), bucket, stores)


def _database_url() -> str:
    file = os.environ.get("ALLSWELL_DATABASE_URL_FILE")
    try:
        url = Path(file).read_text("utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read") from error
    url = os.environ.get("ALLSWELL_DATABASE_URL", "") or url
    if not url:
        raise BadInput("no installation given: use --data FOLDER, or set ALLSWELL_DATABASE_URL")
    secret = os.environ.get("ALLSWELL_DATABASE_SECRET", "")
    return asyncio.run(_with_password(url, secret)) if secret else url


async def _with_password(url: str, secret: str) -> str:
    """Return the URL with the password that a Secret holds, as the operator's pod has it."""
    try:
        cluster = access.find(os.environ, lambda: datetime.now(UTC))
        await cluster.log_in()
        async with client.connected(cluster.configuration) as api:
            manifest = await api.get(SECRET, os.environ.get("ALLSWELL_NAMESPACE", ""), secret)
        if manifest is None:
            raise BadInput(f"there is no Secret {secret} with the database's password")
        password = database_password.read(SecretView.parse(manifest))
        return database_password.with_password(url, password)
    except (database_password.BadPasswords, KubeError) as error:
        raise BadInput(f"the database's password cannot be read: {error}") from error
