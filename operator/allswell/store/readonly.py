"""Read the samples of a checker's file beside the checker, which goes on writing."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from allswell.domain.sample import Sample
from allswell.store import samples
from allswell.store.connection import connect_to_read
from allswell.store.errors import translated


def read(path: Path, monitor: str, start: datetime, end: datetime) -> Iterator[Sample]:
    """Yield a monitor's samples in [start, end), by start. Raises `StoreError`."""
    with translated(path), closing(connect_to_read(path)) as connection:
        numbers = connection.execute("SELECT number FROM monitor WHERE name = ?", (monitor,))
        for (number,) in numbers.fetchall():
            yield from samples.read(connection, number, start, end)
