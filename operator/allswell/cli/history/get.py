"""Run `allswell history get`: print a monitor's raw results, from checkers' files and archive."""

import argparse
import csv
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from allswell.archive import day_file
from allswell.central import history
from allswell.cli.errors import BadInput
from allswell.cli.history import command_line
from allswell.cli.history.output import progress, run_on_source
from allswell.cli.history.source import Source
from allswell.cli.terminal import OK
from allswell.domain import instant
from allswell.domain.archive import DayFileSelection
from allswell.domain.sample import Sample

DESCRIPTION = """\
Print every raw result of a monitor in a range of time, one per line, each once, the oldest first.
On one machine checkers' own files are read as well; elsewhere give one with --store."""
EPILOG = """\
examples:
  allswell history get default/api --data FOLDER | jq .latency_us
  allswell history get default/api --from 2026-11-01 --to 2026-12-01 --format csv > november.csv

times: a UTC day (2026-11-23), or a time with its zone (2026-11-23T15:00:00Z);
results that began at --to or later are not printed
exit codes: 0 printed, 1 something could not be read, 2 bad input"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    command_line.add_monitor(parser)
    parser.add_argument(
        "--format", choices=("ndjson", "csv"), default="ndjson", help="the format, default ndjson"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    return run_on_source(_run, options)


def _run(options: argparse.Namespace, source: Source) -> int:
    namespace, name = command_line.parse_monitor(options.monitor)
    end = command_line.parse_time(options.end) if options.end else datetime.now(UTC)
    start = command_line.parse_time(options.start) if options.start else None
    start = _first(source, namespace, name, end, start)
    if start >= end:
        raise BadInput("--from must be before --to")
    samples = source.samples(namespace, name, start, end)
    if not sys.stdout.isatty():
        samples = progress(samples, source.expected(namespace, name, start, end), "samples")
    _print(samples, options.format)
    return OK


def _first(
    source: Source, namespace: str, name: str, end: datetime, start: datetime | None
) -> datetime:
    """Return `start`, or else when the monitor's results begin. Raises `BadInput` for none."""
    monitor = history.read(source.engine, namespace, name, end)
    entries = list(source.entries(DayFileSelection(namespace, name)))
    if monitor is None and not entries:
        raise BadInput(f"there is no monitor {namespace}/{name}, and no history of one")
    if start is not None:
        return start
    starts = [instant.day_start(entry.place.day) for entry in entries]
    if monitor is not None:
        starts.append(monitor.born)
    return min(starts)


def _print(samples: Iterable[Sample], output_format: str) -> None:
    if output_format == "csv":
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(["started", "latency_us", "reason"])
        for sample in samples:
            table.writerow([instant.text(sample.started), sample.latency_us, sample.reason])
        return
    for sample in samples:
        sys.stdout.write(day_file.line(sample).decode())
