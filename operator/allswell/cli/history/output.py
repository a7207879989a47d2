"""Print what the history subcommands share: errors, sizes, and a progress bar on a terminal."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from allswell.archive.day_file import DayFileDamaged
from allswell.archive.object_store import ArchiveError
from allswell.central.errors import BadDatabaseUrl, CentralError
from allswell.cli.errors import BadInput
from allswell.cli.history import source as sources
from allswell.cli.history.source import Source
from allswell.cli.terminal import BAD_INPUT, FAILED, print_error
from allswell.store import StoreError

T = TypeVar("T")
INTERVAL = 0.1
WIDTH = 30


def run_on_source(
    run: Callable[[argparse.Namespace, Source], int], options: argparse.Namespace
) -> int:
    """Run a command on the chosen installation; print an error, and return the exit code."""
    try:
        with sources.open_source(options) as source:
            return run(options, source)
    except (BadInput, BadDatabaseUrl) as error:
        return _fail(error, BAD_INPUT)
    except (CentralError, ArchiveError, DayFileDamaged, StoreError) as error:
        return _fail(error, FAILED)


def _fail(error: Exception, code: int) -> int:
    _clear_bar()
    print_error(str(error))
    return code


def progress(
    items: Iterable[T],
    total: int,
    noun: str,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[T]:
    """Yield the same items; on a terminal a bar on standard error shows the progress.

    Without a `total` it shows their count. `clock` gives monotonic seconds.
    """
    is_shown = sys.stderr.isatty()
    due = clock() + INTERVAL
    try:
        for count, item in enumerate(items):
            if is_shown and (now := clock()) >= due:
                due = now + INTERVAL
                _draw_bar(count, total, noun)
            yield item
    finally:
        _clear_bar()


def print_line(line: str) -> None:
    """Print one line of a result in place of the bar, which is drawn again below it."""
    _clear_bar()
    print(line, flush=True)


def _clear_bar() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _draw_bar(count: int, total: int, noun: str) -> None:
    share = min(count / total, 1.0) if total else 0.0
    bar = "█" * round(WIDTH * share)
    number = f"{count:,} of {total:,}" if total else f"{count:,}"
    sys.stderr.write(f"\r\x1b[K{bar:<{WIDTH}} {number} {noun}")
    sys.stderr.flush()


def format_size(size: int) -> str:
    """Format bytes for people: `812 B`, `1.4 MB`."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - the next unit's size
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
