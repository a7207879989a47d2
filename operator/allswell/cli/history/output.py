"""What the commands have in common to say: errors, sizes, and progress on a terminal."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from allswell.archive.day_file import DayFileDamaged
from allswell.archive.object_store import ArchiveError
from allswell.central.errors import BadDatabaseUrl, CentralError
from allswell.cli.history import source
from allswell.cli.history.source import BadInput, Source
from allswell.cli.terminal import BAD_INPUT, FAILED, complain
from allswell.store import StoreError

T = TypeVar("T")
EVERY = 0.1
WIDTH = 30


def carried_out(
    run: Callable[[argparse.Namespace, Source], int], options: argparse.Namespace
) -> int:
    """Run a command on an open installation; what goes wrong is a sentence, and an exit code."""
    try:
        with source.opened(options) as it:
            return run(options, it)
    except (BadInput, BadDatabaseUrl) as error:
        return _ended(error, BAD_INPUT)
    except (CentralError, ArchiveError, DayFileDamaged, StoreError) as error:
        return _ended(error, FAILED)


def _ended(error: Exception, code: int) -> int:
    _wipe()
    complain(str(error))
    return code


def progress(
    things: Iterable[T],
    total: int,
    what: str,
    ticks: Callable[[], float] = time.monotonic,
) -> Iterator[T]:
    """The same things; on a terminal standard error shows how far they have come.

    Without a `total` it shows how many they are. `ticks` are seconds that never go back.
    """
    shown = sys.stderr.isatty()
    due = ticks() + EVERY
    try:
        for count, thing in enumerate(things):
            if shown and (now := ticks()) >= due:
                due = now + EVERY
                _draw(count, total, what)
            yield thing
    finally:
        _wipe()


def say(line: str) -> None:
    """One line of a result, in the place of the bar, which is drawn again below it."""
    _wipe()
    print(line, flush=True)


def _wipe() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _draw(count: int, total: int, what: str) -> None:
    share = min(count / total, 1.0) if total else 0.0
    bar = "█" * round(WIDTH * share)
    number = f"{count:,} of {total:,}" if total else f"{count:,}"
    sys.stderr.write(f"\r\x1b[K{bar:<{WIDTH}} {number} {what}")
    sys.stderr.flush()


def size(number: int) -> str:
    """Bytes for people: `812 B`, `1.4 MB`."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - the next unit's size
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
