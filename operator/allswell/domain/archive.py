"""Name the archive's day files, and describe them as the catalogue does.

A name is below the archive's own prefix: `v1/date=2026-11-23/<public id>.<store>.ndjson.gz`, for a
later revision `….r2.ndjson.gz`. The day comes first, so that one partition is one day of all
monitors; the number of the store keeps what two volumes held of one day apart.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

LAYOUT = "v1"
SUFFIX = ".ndjson.gz"
CONTENT_TYPE = "application/gzip"
_NAME = re.compile(
    rf"{LAYOUT}/date=(\d{{4}}-\d{{2}}-\d{{2}})/([a-z0-9]+)\.([1-9]\d*)(?:\.r([1-9]\d*))?\.ndjson\.gz",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class DayFileName:
    """The name of a day file: a monitor's public id, a UTC day, a store's number, a revision.

    Stores are numbered from 1 in the order of their first hello, revisions from 1.
    """

    public_id: str
    day: date
    store: int
    revision: int = 1


@dataclass(frozen=True, slots=True)
class DayFileContent:
    """The content of a day file: compressed bytes, their SHA-256 in hex, how many samples."""

    size: int
    sha256: str
    samples: int


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A day file in the catalogue, complete also after its monitor was purged.

    `key` is the object's name below the archive's prefix. `recorded` is when the collector
    first saw that the archive holds exactly this content, `verified` when it last did. `damaged`
    says that it was found missing or changed since.
    """

    id: int
    monitor: int
    namespace: str
    name: str
    place: DayFileName
    key: str
    content: DayFileContent
    recorded: datetime
    verified: datetime
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class DayFileSelection:
    """A selection of day files: of a monitor, of the UTC days `first` to `last`; or of all."""

    namespace: str | None = None
    name: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def is_all(self) -> bool:
        """Tell whether it selects every day file."""
        return self == ALL


ALL = DayFileSelection()


def key(place: DayFileName) -> str:
    """Return the name of a day file."""
    revision = "" if place.revision == 1 else f".r{place.revision}"
    return f"{partition(place.day)}{place.public_id}.{place.store}{revision}{SUFFIX}"


def partition(day: date) -> str:
    """Return the prefix of the names of all day files of a UTC day."""
    return f"{LAYOUT}/date={day.isoformat()}/"


def parse(name: str) -> DayFileName | None:
    """Parse a name; return None when it is no day file's."""
    if (match := _NAME.fullmatch(name)) is None:
        return None
    day, public_id, store, revision = match.groups()
    try:
        place = DayFileName(public_id, date.fromisoformat(day), int(store), int(revision or 1))
    except ValueError:
        return None
    return place if key(place) == name else None
