"""`allswell history ls`: what the archive holds, by its catalogue and by itself."""

import argparse

from allswell.cli.history import source
from allswell.cli.history.source import Source
from allswell.cli.history.telling import carried_out, progress, size
from allswell.cli.terminal import OK, counted, paint
from allswell.domain import archive
from allswell.domain.archive import LAYOUT, Entry

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
    parser.add_argument("monitor", nargs="?", help="only this one: namespace/name")
    parser.add_argument("--from", dest="first", metavar="DAY", help="the first UTC day")
    parser.add_argument("--to", dest="last", metavar="DAY", help="the last UTC day")
    source.arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    return carried_out(_run, options)


def _run(options: argparse.Namespace, it: Source) -> int:
    namespace, name = source.monitor(options.monitor) if options.monitor else (None, None)
    first = source.moment(options.first).date() if options.first else None
    last = source.moment(options.last).date() if options.last else None
    known = {entry.key: entry for entry in it.entries(namespace, name, first, last)}
    there = _there(it)
    ordered = sorted(known.values(), key=lambda e: (e.place.day, e.namespace, e.name, e.key))
    for entry in ordered:
        print(_line(entry, there))
    unknown = []
    if namespace is None and first is None and last is None:
        unknown = sorted(there.keys() - {entry.key for entry in it.entries()})
    for key in unknown:
        place = archive.parse(key)
        day = "----------" if place is None else place.day.isoformat()
        print(f"? {day}  {'not in the catalogue':<40} {size(there[key]):>10}  {key}")
    samples = sum(entry.content.samples for entry in ordered)
    total = size(sum(entry.content.size for entry in ordered))
    words = f"{counted(len(ordered), 'day file')}, {counted(samples, 'sample')}, {total}"
    print(paint(words, "bold"))
    return OK


def _there(it: Source) -> dict[str, int]:
    """What is in the archive, by name."""
    if it.shelf is None:
        return {}
    named = progress(it.shelf.names(f"{LAYOUT}/"), 0, "objects")
    return {each.key: each.size for each in named}


def _line(entry: Entry, there: dict[str, int]) -> str:
    mark = " "
    if there.get(entry.key) != entry.content.size:
        mark = "!"
    elif entry.damaged:
        mark = "x"
    who = f"{entry.namespace}/{entry.name}"
    said = f"{entry.content.samples:>8,} {size(entry.content.size):>10}"
    return f"{mark} {entry.place.day}  {who:<31} {said}  {entry.key}"
