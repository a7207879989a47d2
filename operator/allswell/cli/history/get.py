"""`allswell history get`: a monitor's raw results, from checkers' files and archive together."""

import argparse
import csv
import sys
from datetime import UTC, datetime

from allswell.archive import day_file
from allswell.central import history
from allswell.cli.history import source
from allswell.cli.history.output import carried_out, progress
from allswell.cli.history.source import BadInput, Source
from allswell.cli.terminal import OK
from allswell.domain import instant
from allswell.domain.archive import DayFileSelection

DESCRIPTION = """\
Print every raw result of a monitor in a range of time, one a line, each once, the oldest first.
On one machine checkers' own files are read too; elsewhere give one with --store."""
EPILOG = """\
examples:
  allswell history get default/api --data FOLDER | jq .latency_us
  allswell history get default/api --from 2026-11-01 --to 2026-12-01 --format csv > november.csv

times: a UTC day (2026-11-23), or a moment with its zone (2026-11-23T15:00:00Z);
what began at --to or later is left out
exit codes: 0 printed, 1 something could not be read, 2 bad input"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("monitor", help="namespace/name, or name in the namespace default")
    parser.add_argument("--from", dest="start", metavar="TIME", help="default: its birth")
    parser.add_argument("--to", dest="end", metavar="TIME", help="default: now")
    parser.add_argument(
        "--format", choices=("ndjson", "csv"), default="ndjson", help="default: ndjson"
    )
    source.arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    return carried_out(_run, options)


def _run(options: argparse.Namespace, it: Source) -> int:
    namespace, name = source.monitor(options.monitor)
    end = source.moment(options.end) if options.end else datetime.now(UTC)
    known = history.read(it.engine, namespace, name, end)
    entries = list(it.entries(DayFileSelection(namespace, name)))
    if known is None and not entries:
        raise BadInput(f"there is no monitor {namespace}/{name}, and no history of one")
    start = source.moment(options.start) if options.start else None
    if start is None:
        days = [instant.day_start(entry.place.day) for entry in entries]
        start = min([*days, *([known.born] if known else ())])
    if start >= end:
        raise BadInput("--from must be before --to")
    found = it.samples(namespace, name, start, end)
    if not sys.stdout.isatty():
        found = progress(found, it.expected(namespace, name, start, end), "samples")
    if options.format == "csv":
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(["started", "latency_us", "reason"])
        for sample in found:
            table.writerow([instant.text(sample.started), sample.latency_us, sample.reason])
        return OK
    for sample in found:
        sys.stdout.write(day_file.line(sample).decode())
    return OK
