"""`allswell history verify`: the archive held against its catalogue."""

import argparse
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from allswell.archive import day_file, superset
from allswell.archive.day_file import DayFileDamaged
from allswell.archive.object_store import ObjectStore
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.cli.history import source
from allswell.cli.history.output import carried_out, progress, say
from allswell.cli.history.source import BadInput, Source
from allswell.cli.terminal import FAILED, OK, counted, paint
from allswell.domain import archive, instant
from allswell.domain.archive import LAYOUT, CatalogueEntry, DayFileSelection

DESCRIPTION = """\
Read every day file and hold it against the catalogue: that it is there, its length and SHA-256,
that it unpacks, how many samples it holds and that all are of its day. What is missing or damaged
is noted, so that the operator's metrics show it and the checker, if it still has the samples,
brings them again. Of a file that the catalogue does not name it is said whether another one has all
of its samples: then it may be removed, with a tool of the bucket's own."""
EPILOG = """\
examples:
  allswell history verify
  allswell history verify default/api --from 2026-11-01 --quick

exit codes: 0 all is well, 1 something is missing, damaged or unknown, 2 bad input"""
AT_ONCE = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    source.choosing(parser)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="ask the archive for size and checksum only, read nothing",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    return carried_out(_run, options)


def _run(options: argparse.Namespace, it: Source) -> int:
    if it.shelf is None:
        raise BadInput("there is no archive: set ALLSWELL_ARCHIVE_BUCKET, or give --data FOLDER")
    chosen = source.choice(options, it)
    # Of a bucket that is not there each file would be missing: let it be told, and nothing noted.
    next(it.shelf.names(f"{LAYOUT}/"), None)
    checked, bad = check(it, it.shelf, chosen, quick=options.quick)
    strangers = _strangers(it, it.shelf, quick=options.quick) if chosen.is_all else 0
    words = f"{counted(checked, 'day file')} of the catalogue, {bad} missing or damaged"
    print(f"{words}, {strangers} not in the catalogue")
    return FAILED if bad or strangers else OK


def check(
    it: Source, shelf: ObjectStore, chosen: DayFileSelection, *, quick: bool
) -> tuple[int, int]:
    """Say which files of the catalogue are not what it says, and note it: of how many, how many.

    One that was replaced meanwhile may be gone, and counts as no damage. Raises `Failed`.
    """
    checked, bad, good = 0, 0, list[int]()
    for entry in progress(it.entries(chosen), it.catalogue.count(chosen)[0], "day files"):
        wrong = _size(shelf, entry) if quick else wrong_with(shelf, entry)
        checked += 1
        if wrong and it.catalogue.mark_damaged([entry.id], datetime.now(UTC)):
            say(f"{paint('✗', 'down')} {entry.key}: {wrong}")
            bad += 1
        elif not wrong and not quick:
            good.append(entry.id)
        if len(good) >= AT_ONCE:
            it.catalogue.mark_whole(good, datetime.now(UTC))
            good.clear()
    it.catalogue.mark_whole(good, datetime.now(UTC))
    return checked, bad


def wrong_with(shelf: ObjectStore, entry: CatalogueEntry) -> str:
    """What is wrong with an object; empty for nothing. Raises `Failed`."""
    if shelf.head(entry.key) is None:
        return "it is missing"
    tap = _HashingReader(shelf.stream(entry.key))
    start = instant.day_start(entry.place.day)
    end = start + timedelta(days=1)
    samples = 0
    try:
        for sample in day_file.read(tap):
            samples += 1
            if not start <= sample.started < end:
                return f"sample {samples} is not of its day"
    except DayFileDamaged as problem:
        return str(problem)
    if tap.size != entry.content.size:
        return f"it has {tap.size:,} bytes instead of {entry.content.size:,}"
    if tap.sha256 != entry.content.sha256:
        return "its SHA-256 is another"
    if samples != entry.content.samples:
        return f"it holds {samples:,} samples instead of {entry.content.samples:,}"
    return ""


class _HashingReader:
    """Passes chunks on, and knows afterwards what they were."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            self._digest.update(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _size(shelf: ObjectStore, entry: CatalogueEntry) -> str:
    held = shelf.head(entry.key)
    if held is None:
        return "it is missing"
    if held.size != entry.content.size:
        return f"it has {held.size:,} bytes instead of {entry.content.size:,}"
    if held.sha256 is not None and held.sha256 != entry.content.sha256:
        return "its SHA-256 is another"
    return ""


def _strangers(it: Source, shelf: ObjectStore, *, quick: bool) -> int:
    """Say which objects no catalogue entry names; how many.

    The catalogue is asked after the archive: what was put and recorded meanwhile is no stranger.
    """
    found = 0
    names = progress(shelf.names(f"{LAYOUT}/"), 0, "objects")
    while keys := [named.key for named in islice(names, AT_ONCE)]:
        for key in sorted(set(keys) - it.catalogue.known_keys(keys)):
            found += 1
            what = "" if quick else f"; {_advice(it.catalogue, shelf, key)}"
            say(f"{paint('?', 'unknown')} {key}: it is not in the catalogue{what}")
    return found


def _advice(catalogue: ArchiveCatalogue, shelf: ObjectStore, key: str) -> str:
    """What to do about an object that no catalogue entry names. Raises `Failed`."""
    place = archive.parse(key)
    for entry in () if place is None else catalogue.of_same_day(place):
        if superset.contains(shelf.stream(entry.key), shelf.stream(key)):
            return f"{entry.key} has all of its samples, so it may be removed"
    return "nothing in the catalogue has all of its samples, so keep it"
