"""Provide an archive with days of several monitors, for `allswell history`."""

import io
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from allswell import cli
from allswell.archive import day_file
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.cli.up.data_folder import DataFolder
from allswell.domain import archive, instant
from allswell.domain.archive import DayFileContent, DayFileName
from allswell.domain.sample import Sample
from tests import central_database, postgres, s3server
from tests.central_database import Central

FIRST = date(2026, 3, 2)
DAY = timedelta(days=1)
PREFIX = "acme"


def samples(day: date, seed: int, every: int = 600) -> list[Sample]:
    """Return a day with some failures in it."""
    chance = random.Random(f"{day}{seed}")
    start = instant.day_start(day)
    return [
        Sample(
            start + timedelta(seconds=second, milliseconds=chance.randrange(3)),
            round(chance.lognormvariate(11, 0.4)),
            chance.choices(["", "Timeout", "HTTP 503"], [50, 1, 1])[0],
        )
        for second in range(0, 86_400, every)
    ]


@dataclass(frozen=True, slots=True)
class ArchivedHistory:
    """A database with its catalogue, an archive, and the options that lead to both."""

    central: Central
    root: Path
    options: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def catalogue(self) -> ArchiveCatalogue:
        """Return its catalogue."""
        return ArchiveCatalogue(self.central.engine)

    def put(self, row_id: int, place: DayFileName, day_samples: list[Sample]) -> Path:
        """Put a day file into the archive, record it, and return its path."""
        out = io.BytesIO()
        day_file.write(day_samples, out)
        body = out.getvalue()
        file = self.root / archive.key(place)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        content = DayFileContent(len(body), sha256(body).hexdigest(), len(day_samples))
        self.catalogue.record(row_id, place, content, datetime.now(UTC), whole=True)
        return file

    def fill(self, names: tuple[str, ...], days: int) -> dict[str, list[Sample]]:
        """Archive days of several monitors; return what each has."""
        by_name: dict[str, list[Sample]] = {}
        for seed, name in enumerate(names):
            row = self.central.add(name, instant.day_start(FIRST))
            for number in range(days):
                day = FIRST + number * DAY
                part = samples(day, seed)
                self.put(row.id, DayFileName(row.public_id, day, 1), part)
                by_name.setdefault(name, []).extend(part)
        return by_name

    def run(self, *words: str) -> int:
        """Run `allswell history`; return the exit code."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            return cli.main(["history", *words, *self.options])


@contextmanager
def in_folder(folder: Path) -> Iterator[ArchivedHistory]:
    """Yield an archive in a data folder of `allswell up`."""
    data = DataFolder.open(folder)
    central_database.migrated(data.database)
    with central_database.opened(data.database) as central:
        central.writer.start(instant.day_start(FIRST))
        yield ArchivedHistory(central, data.archive, ("--data", str(folder)), {})
    data.close()


@contextmanager
def in_bucket(server: s3server.Server, database: postgres.Server) -> Iterator[ArchivedHistory]:
    """Yield an archive in a bucket, as the operator has it."""
    url = database.create("history")
    central_database.migrated(url)
    environment = {
        "ALLSWELL_DATABASE_URL": url,
        "ALLSWELL_ARCHIVE_BUCKET": s3server.BUCKET,
        "ALLSWELL_ARCHIVE_PREFIX": PREFIX,
        "ALLSWELL_ARCHIVE_ENDPOINT": server.endpoint,
        "ALLSWELL_ARCHIVE_REGION": "us-east-1",
        "ALLSWELL_ARCHIVE_ACCESS_KEY_ID": s3server.KEY,
        "ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY": s3server.SECRET,
    }
    with central_database.opened(url) as central:
        central.writer.start(instant.day_start(FIRST))
        yield ArchivedHistory(
            central, server.folder / "data" / s3server.BUCKET / PREFIX, (), environment
        )
    database.drop("history")
