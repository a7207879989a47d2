"""`allswell history ls`: what the archive holds, by its catalogue and by itself."""

import argparse
from collections.abc import Mapping

from allswell.archive.object_store import ObjectStore
from allswell.cli.history import source
from allswell.cli.history.output import carried_out, progress, size
from allswell.cli.history.source import Source
from allswell.cli.terminal import OK, complain, counted, paint
from allswell.domain import archive
from allswell.domain.archive import LAYOUT, CatalogueEntry

DESCRIPTION = """\
List the day files of the archive: the day, the monitor, samples, size and name. What only the
catalogue or only the archive knows is marked."""
EPILOG = """\
examples:
  allswell history ls --data ~/.local/share/allswell/status-1a2b3c
  allswell history ls default/api --from 2026-11-01 --to 2026-11-30

marks: ! missing in the archive or of another size, ? not in the catalogue, x known to be damaged
exit codes: 0 listed, 1 the archive or the database does not answer, 2 bad input"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    source.choosing(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    return carried_out(_run, options)


def _run(options: argparse.Namespace, it: Source) -> int:
    chosen = source.choice(options, it)
    ordered = sorted(it.entries(chosen), key=lambda e: (e.place.day, e.namespace, e.name, e.key))
    there = None if it.shelf is None else _there(it.shelf)
    for entry in ordered:
        print(_line(entry, there))
    if there is None:
        complain("no archive is set (ALLSWELL_ARCHIVE_BUCKET), so this is its catalogue alone")
    elif chosen.is_all:
        _list_unknown(it, there)
    samples = sum(entry.content.samples for entry in ordered)
    total = size(sum(entry.content.size for entry in ordered))
    words = f"{counted(len(ordered), 'day file')}, {counted(samples, 'sample')}, {total}"
    print(paint(words, "bold"))
    return OK


def _list_unknown(it: Source, there: Mapping[str, int]) -> None:
    """What is about to be removed is known too."""
    for key in sorted(there.keys() - it.catalogue.known_keys(tuple(there))):
        place = archive.parse(key)
        day = "----------" if place is None else place.day.isoformat()
        print(f"? {day}  {'not in the catalogue':<40} {size(there[key]):>10}  {key}")


def _there(shelf: ObjectStore) -> dict[str, int]:
    """What is in the archive, by name."""
    named = progress(shelf.names(f"{LAYOUT}/"), 0, "objects")
    return {each.key: each.size for each in named}


def _line(entry: CatalogueEntry, there: Mapping[str, int] | None) -> str:
    mark = " "
    if there is not None and there.get(entry.key) != entry.content.size:
        mark = "!"
    elif entry.damaged:
        mark = "x"
    who = f"{entry.namespace}/{entry.name}"
    said = f"{entry.content.samples:>8,} {size(entry.content.size):>10}"
    return f"{mark} {entry.place.day}  {who:<31} {said}  {entry.key}"
