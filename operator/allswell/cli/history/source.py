"""Where history is read: the catalogue, the archive, and checkers' own files."""

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
PAGE = 5_000
STORE = "checker.sqlite"


class BadInput(Exception):
    """What was asked for cannot be found; the text says what to write."""


@dataclass(frozen=True, slots=True)
class Source:
    """An installation's history. `shelf` is None where there is no archive.

    `stores` are checkers' files; `folder` is the data folder of an `allswell up`, if it is one.
    """

    engine: Engine
    shelf: ObjectStore | None
    stores: tuple[Path, ...] = ()
    folder: Path | None = None

    @property
    def catalogue(self) -> ArchiveCatalogue:
        """What the archive should hold."""
        return ArchiveCatalogue(self.engine)

    def entries(self, chosen: DayFileSelection) -> Iterator[CatalogueEntry]:
        """The catalogue, a part at a time. Raises `CentralError`."""
        after = 0
        while True:
            found = self.catalogue.entries(chosen, after=after, limit=PAGE)
            yield from found
            if len(found) < PAGE:
                return
            after = found[-1].id

    def is_known(self, namespace: str, name: str) -> bool:
        """Whether there is such a monitor, or was one of which something is kept."""
        if self.catalogue.count(DayFileSelection(namespace, name))[0]:
            return True
        return history.read(self.engine, namespace, name, datetime.now(UTC)) is not None

    def expected(self, namespace: str, name: str, start: datetime, end: datetime) -> int:
        """About how many samples there are in [start, end): as on the days that are archived.

        0 where no day of them is.
        """
        first, last = instant.day_of(start), instant.day_of(end - timedelta(milliseconds=1))
        objects, samples = self.catalogue.count(DayFileSelection(namespace, name, first, last))
        return round(samples / objects * ((end - start) / DAY)) if objects else 0

    def samples(
        self, namespace: str, name: str, start: datetime, end: datetime
    ) -> Iterator[Sample]:
        """A monitor's samples in [start, end), each once, by start; a day at a time.

        Raises `CentralError`, `Failed`, `Damaged` and `StoreError`.
        """
        first, last = instant.day_of(start), instant.day_of(end - timedelta(milliseconds=1))
        kept: dict[date, list[CatalogueEntry]] = {}
        for entry in self.entries(DayFileSelection(namespace, name, first, last)):
            kept.setdefault(entry.place.day, []).append(entry)
        files = tuple(self._files(namespace))
        for day in (first + DAY * number for number in range((last - first).days + 1)):
            streams = [self._archived(entry) for entry in kept.get(day, ())]
            begin = max(start, instant.day_start(day))
            finish = min(end, instant.day_start(day + DAY))
            streams += [readonly.read(file, name, begin, finish) for file in files]
            yield from _once(streams, begin, finish)

    def _files(self, namespace: str) -> Iterator[Path]:
        yield from self.stores
        if self.folder is not None:
            file = self.folder / "checkers" / namespace / STORE
            if file.exists():
                yield file

    def _archived(self, entry: CatalogueEntry) -> Iterator[Sample]:
        if self.shelf is None:
            raise BadInput("the catalogue names day files, and no archive is given to read them")
        try:
            yield from day_file.read(self.shelf.stream(entry.key))
        except DayFileDamaged as error:
            why = "it is missing" if self.shelf.head(entry.key) is None else str(error)
            raise DayFileDamaged(f"{entry.key}: {why}; allswell history verify notes it") from error


def _once(streams: Sequence[Iterator[Sample]], start: datetime, end: datetime) -> Iterator[Sample]:
    """All of them in order, and what several hold once."""
    before: Sample | None = None
    for sample in heapq.merge(*streams, key=_order):
        if start <= sample.started < end and sample != before:
            before = sample
            yield sample


def _order(sample: Sample) -> tuple[datetime, int, str]:
    return sample.started, sample.latency_us, sample.reason


def choice(options: argparse.Namespace, it: Source) -> DayFileSelection:
    """What was chosen. Raises `BadInput`, also for a monitor that there never was."""
    first = moment(options.first).date() if options.first else None
    last = moment(options.last).date() if options.last else None
    if first and last and first > last:
        raise BadInput("--from must not be after --to")
    if not options.monitor:
        return DayFileSelection(first=first, last=last)
    namespace, name = monitor(options.monitor)
    if not it.is_known(namespace, name):
        raise BadInput(f"there is no monitor {namespace}/{name}, and no history of one")
    return DayFileSelection(namespace, name, first, last)


def choosing(parser: argparse.ArgumentParser) -> None:
    """Declare how day files are chosen."""
    parser.add_argument("monitor", nargs="?", help="only this one: namespace/name")
    parser.add_argument("--from", dest="first", metavar="DAY", help="the first UTC day")
    parser.add_argument("--to", dest="last", metavar="DAY", help="the last UTC day")
    installation(parser)


def installation(parser: argparse.ArgumentParser) -> None:
    """Declare how an installation is named."""
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="the data folder of an allswell up"
    )
    parser.set_defaults(store=[])


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how an installation is named, and what else is read beside its archive."""
    installation(parser)
    parser.add_argument(
        "--store",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checker's own file to read too (may be repeated)",
    )


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Source]:
    """The installation that is meant, while it lasts. Raises `BadInput`, `BadAddress`, `Failed`."""
    it = _found(options)
    try:
        yield it
    finally:
        it.engine.dispose()


def _found(options: argparse.Namespace) -> Source:
    stores = tuple(options.store)
    for file in stores:
        if not file.is_file():
            raise BadInput(f"{file} is not there: give --store a checker's checker.sqlite")
    if options.data is not None:
        database = options.data / "central.sqlite"
        if not database.exists():
            raise BadInput(f"{options.data} is no data folder of an allswell up")
        shelf = LocalFolder(options.data / "archive")
        return Source(engines.connect(f"sqlite:///{database}"), shelf, stores, options.data)
    problems: list[str] = []
    found = bucket_settings.read(os.environ, "ALLSWELL_ARCHIVE_", problems)
    if problems:
        raise BadInput("\n".join(problems))
    bucket = None if found is None else S3Bucket(found)
    return Source(engines.connect(_database()), bucket, stores)


def _database() -> str:
    file = os.environ.get("ALLSWELL_DATABASE_URL_FILE")
    try:
        url = Path(file).read_text("utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read") from error
    url = os.environ.get("ALLSWELL_DATABASE_URL", "") or url
    if not url:
        raise BadInput("which installation? give --data FOLDER, or set ALLSWELL_DATABASE_URL")
    secret = os.environ.get("ALLSWELL_DATABASE_SECRET", "")
    return asyncio.run(_with_password(url, secret)) if secret else url


async def _with_password(url: str, secret: str) -> str:
    """The address with the password that a Secret keeps, as the operator's pod has it."""
    try:
        cluster = access.find(os.environ, lambda: datetime.now(UTC))
        await cluster.log_in()
        async with client.connected(cluster.configuration) as api:
            found = await api.get(SECRET, os.environ.get("ALLSWELL_NAMESPACE", ""), secret)
        if found is None:
            raise BadInput(f"there is no Secret {secret} with the database's password")
        password = database_password.read(SecretView.parse(found))
        return database_password.with_password(url, password)
    except (database_password.BadPasswords, KubeError) as error:
        raise BadInput(f"the database's password cannot be read: {error}") from error


def monitor(text: str) -> tuple[str, str]:
    """A monitor as `namespace/name`, or `name` in the namespace default. Raises `BadInput`."""
    namespace, _, name = text.rpartition("/")
    if not name or "/" in namespace:
        raise BadInput(f"{text!r} is no monitor: write namespace/name")
    return namespace or "default", name


def moment(text: str) -> datetime:
    """A UTC day or a moment with its zone. Raises `BadInput`."""
    try:
        return instant.day_start(date.fromisoformat(text))
    except ValueError:
        pass
    try:
        return instant.parse(text)
    except ValueError as error:
        raise BadInput(f"{text!r}: write a day like 2026-11-23, or 2026-11-23T15:00:00Z") from error
