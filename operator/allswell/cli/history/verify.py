"""Run `allswell history verify`: compare the archive with its catalogue."""

import argparse
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from allswell.archive import day_file, superset
from allswell.archive.day_file import DayFileDamaged
from allswell.archive.object_store import ObjectStore
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.cli.errors import BadInput
from allswell.cli.history import command_line
from allswell.cli.history.output import print_line, progress, run_on_source
from allswell.cli.history.source import Source
from allswell.cli.terminal import FAILED, OK, count_of, paint
from allswell.domain import archive, instant
from allswell.domain.archive import LAYOUT, CatalogueEntry, DayFileSelection

DESCRIPTION = """\
Read every day file and compare it with the catalogue: that it exists, its length and SHA-256, that
it unpacks, how many samples it holds, and that all are of its day. Missing and damaged files are
recorded, so that the operator's metrics show them and the checker uploads them again if it still
has the samples. For a file that the catalogue does not list, the output says whether another file
holds all of its samples: then it may be removed, with any tool for the bucket."""
EPILOG = """\
examples:
  allswell history verify
  allswell history verify default/api --from 2026-11-01 --quick

exit codes: 0 no differences, 1 something is missing, damaged or not listed, 2 bad input"""
BATCH_SIZE = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    command_line.add_selection(parser)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="compare only size and checksum as the object store reports them",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    return run_on_source(_run, options)


def _run(options: argparse.Namespace, source: Source) -> int:
    if source.archive is None:
        raise BadInput(
            "no archive is configured: set ALLSWELL_ARCHIVE_BUCKET, or give --data FOLDER"
        )
    selection = command_line.parse_selection(options, source)
    # In a bucket that does not exist every file would be missing: fail before any is recorded.
    next(source.archive.list_objects(f"{LAYOUT}/"), None)
    verified, bad = verify(source, source.archive, selection, quick=options.quick)
    unlisted = 0
    if selection.is_all:
        unlisted = _print_unlisted(source, source.archive, quick=options.quick)
    summary = f"{count_of(verified, 'day file')} of the catalogue, {bad} missing or damaged"
    print(f"{summary}, {unlisted} not in the catalogue")
    return FAILED if bad or unlisted else OK


def verify(
    source: Source, object_store: ObjectStore, selection: DayFileSelection, *, quick: bool
) -> tuple[int, int]:
    """Verify the catalogue's files; return how many there are, and how many are bad.

    1. Compare each file with its entry.
    2. Record one that differs as damaged, and print it. One that was replaced meanwhile may be
       missing, and does not count.
    3. Record those that were read and agree as whole, some at a time.

    Raises `ArchiveError`.
    """
    verified, bad, whole = 0, 0, list[int]()
    total = source.catalogue.count(selection)[0]
    for entry in progress(source.entries(selection), total, "day files"):
        problem = _quick_problem(object_store, entry) if quick else problem_of(object_store, entry)
        verified += 1
        if problem and source.catalogue.mark_damaged([entry.id], datetime.now(UTC)):
            print_line(f"{paint('✗', 'down')} {entry.key}: {problem}")
            bad += 1
        elif not problem and not quick:
            whole.append(entry.id)
        if len(whole) >= BATCH_SIZE:
            source.catalogue.mark_whole(whole, datetime.now(UTC))
            whole.clear()
    source.catalogue.mark_whole(whole, datetime.now(UTC))
    return verified, bad


def problem_of(object_store: ObjectStore, entry: CatalogueEntry) -> str:
    """Return what is wrong with an object; empty for nothing. Raises `ArchiveError`."""
    if object_store.head(entry.key) is None:
        return "it is missing"
    chunks = _HashingReader(object_store.stream(entry.key))
    start = instant.day_start(entry.place.day)
    end = start + timedelta(days=1)
    samples = 0
    try:
        for sample in day_file.read(chunks):
            samples += 1
            if not start <= sample.started < end:
                return f"sample {samples} is of another day"
    except DayFileDamaged as error:
        return str(error)
    if chunks.size != entry.content.size:
        return f"it has {chunks.size:,} bytes instead of {entry.content.size:,}"
    if chunks.sha256 != entry.content.sha256:
        return "its SHA-256 differs"
    if samples != entry.content.samples:
        return f"it holds {samples:,} samples instead of {entry.content.samples:,}"
    return ""


class _HashingReader:
    """Yields chunks as they are, and counts and hashes them."""

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


def _quick_problem(object_store: ObjectStore, entry: CatalogueEntry) -> str:
    """Return what is wrong with an object by its size and checksum alone; empty for nothing."""
    head = object_store.head(entry.key)
    if head is None:
        return "it is missing"
    if head.size != entry.content.size:
        return f"it has {head.size:,} bytes instead of {entry.content.size:,}"
    if head.sha256 is not None and head.sha256 != entry.content.sha256:
        return "its SHA-256 differs"
    return ""


def _print_unlisted(source: Source, object_store: ObjectStore, *, quick: bool) -> int:
    """Print the objects that the catalogue does not list; return how many.

    The catalogue is read after the archive: what was uploaded and recorded meanwhile is listed.
    """
    count = 0
    names = progress(object_store.list_objects(f"{LAYOUT}/"), 0, "objects")
    while keys := [listed.key for listed in islice(names, BATCH_SIZE)]:
        for key in sorted(set(keys) - source.catalogue.known_keys(keys)):
            count += 1
            advice = "" if quick else f"; {_advice(source.catalogue, object_store, key)}"
            print_line(f"{paint('?', 'unknown')} {key}: it is not in the catalogue{advice}")
    return count


def _advice(catalogue: ArchiveCatalogue, object_store: ObjectStore, key: str) -> str:
    """Advise what to do about an object that is not listed. Raises `ArchiveError`."""
    place = archive.parse(key)
    for entry in () if place is None else catalogue.of_same_day(place):
        if superset.contains(object_store.stream(entry.key), object_store.stream(key)):
            return f"{entry.key} has all of its samples, so it may be removed"
    return "no file in the catalogue has all of its samples, so keep it"
