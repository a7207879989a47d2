"""Run `allswell history ls`: list the day files of the archive and of its catalogue."""

import argparse
from collections.abc import Mapping

from allswell.archive.object_store import ObjectStore
from allswell.cli.history import command_line
from allswell.cli.history.output import format_size, progress, run_on_source
from allswell.cli.history.source import Source
from allswell.cli.terminal import OK, count_of, paint, print_error
from allswell.domain import archive
from allswell.domain.archive import LAYOUT, CatalogueEntry

DESCRIPTION = """\
List the day files of the archive: the day, the monitor, samples, size and key. Files that only the
catalogue or only the archive has are marked."""
EPILOG = """\
examples:
  allswell history ls --data ~/.local/share/allswell/status-1a2b3c
  allswell history ls default/api --from 2026-11-01 --to 2026-11-30

marks: ! missing in the archive or of another size, ? not in the catalogue, x known to be damaged
exit codes: 0 listed, 1 the archive or the database cannot be read, 2 bad input"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    command_line.add_selection(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    return run_on_source(_run, options)


def _run(options: argparse.Namespace, source: Source) -> int:
    selection = command_line.parse_selection(options, source)
    entries = sorted(
        source.entries(selection), key=lambda e: (e.place.day, e.namespace, e.name, e.key)
    )
    sizes = None if source.archive is None else _sizes(source.archive)
    for entry in entries:
        print(_format(entry, sizes))
    if sizes is None:
        print_error(
            "no archive is configured (ALLSWELL_ARCHIVE_BUCKET): this is the catalogue only"
        )
    elif selection.is_all:
        _print_unknown(source, sizes)
    samples = sum(entry.content.samples for entry in entries)
    total = format_size(sum(entry.content.size for entry in entries))
    summary = f"{count_of(len(entries), 'day file')}, {count_of(samples, 'sample')}, {total}"
    print(paint(summary, "bold"))
    return OK


def _print_unknown(source: Source, sizes: Mapping[str, int]) -> None:
    """Print the objects that the catalogue does not know; it knows those due for removal."""
    for key in sorted(sizes.keys() - source.catalogue.known_keys(tuple(sizes))):
        place = archive.parse(key)
        day = "----------" if place is None else place.day.isoformat()
        print(f"? {day}  {'not in the catalogue':<40} {format_size(sizes[key]):>10}  {key}")


def _sizes(object_store: ObjectStore) -> dict[str, int]:
    """Return the size of each object in the archive, by key."""
    objects = progress(object_store.list_objects(f"{LAYOUT}/"), 0, "objects")
    return {listed.key: listed.size for listed in objects}


def _format(entry: CatalogueEntry, sizes: Mapping[str, int] | None) -> str:
    mark = " "
    if sizes is not None and sizes.get(entry.key) != entry.content.size:
        mark = "!"
    elif entry.damaged:
        mark = "x"
    monitor = f"{entry.namespace}/{entry.name}"
    content = f"{entry.content.samples:>8,} {format_size(entry.content.size):>10}"
    return f"{mark} {entry.place.day}  {monitor:<31} {content}  {entry.key}"
