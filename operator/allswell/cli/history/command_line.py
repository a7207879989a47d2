"""Declare and parse the arguments that the history subcommands share."""

import argparse
from datetime import date, datetime
from pathlib import Path

from allswell.cli.errors import BadInput
from allswell.cli.history.source import Source
from allswell.domain import instant
from allswell.domain.archive import DayFileSelection


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare how day files are selected."""
    parser.add_argument(
        "monitor", nargs="?", help="only this monitor: namespace/name, or name in default"
    )
    parser.add_argument("--from", dest="first", metavar="DAY", help="the first UTC day")
    parser.add_argument("--to", dest="last", metavar="DAY", help="the last UTC day")
    add_installation(parser)


def add_installation(parser: argparse.ArgumentParser) -> None:
    """Declare how an installation is chosen."""
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="the data folder of an allswell up"
    )
    parser.set_defaults(store=[])


def add_monitor(parser: argparse.ArgumentParser) -> None:
    """Declare a monitor, a range of time, and where the results are read."""
    parser.add_argument("monitor", help="namespace/name, or name in the namespace default")
    parser.add_argument(
        "--from", dest="start", metavar="TIME", help="the start, default: the monitor's first day"
    )
    parser.add_argument("--to", dest="end", metavar="TIME", help="the end, default: now")
    add_installation(parser)
    parser.add_argument(
        "--store",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checker's own file to read as well (may be repeated)",
    )


def parse_selection(options: argparse.Namespace, source: Source) -> DayFileSelection:
    """Parse which day files are selected. Raises `BadInput`, also for an unknown monitor."""
    first = parse_time(options.first).date() if options.first else None
    last = parse_time(options.last).date() if options.last else None
    if first and last and first > last:
        raise BadInput("--from must not be after --to")
    if not options.monitor:
        return DayFileSelection(first=first, last=last)
    namespace, name = parse_monitor(options.monitor)
    if not source.is_known(namespace, name):
        raise BadInput(f"there is no monitor {namespace}/{name}, and no history of one")
    return DayFileSelection(namespace, name, first, last)


def parse_monitor(text: str) -> tuple[str, str]:
    """Parse `namespace/name`, or `name` in the namespace default. Raises `BadInput`."""
    namespace, _, name = text.rpartition("/")
    if not name or "/" in namespace:
        raise BadInput(f"{text!r} is not a monitor: write namespace/name")
    return namespace or "default", name


def parse_time(text: str) -> datetime:
    """Parse a UTC day or a time with its zone. Raises `BadInput`."""
    try:
        return instant.day_start(date.fromisoformat(text))
    except ValueError:
        pass
    try:
        return instant.parse(text)
    except ValueError as error:
        raise BadInput(f"{text!r}: write a day like 2026-11-23, or 2026-11-23T15:00:00Z") from error
