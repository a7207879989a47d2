"""Divide the volume: how much the file may take, and what is reserved from the first start.

Two things can be full. The file's own limit (`max_page_count`): a few pages of it are never given
to samples. And the volume, filled by somebody else: a reserve file beside the database holds space
that is given back when SQLite finds none, and is taken again when there is enough.
"""

import os
from dataclasses import dataclass
from pathlib import Path

SHARE = 0.8
WAL_PAGES = 256
_MAX_WAL_PAGES = 8_192
_KIB = 1024
_MIN_RESERVED, _MAX_RESERVED = 128 * _KIB, 1024 * _KIB
_MIN_FILE = 4 * _MIN_RESERVED
_LOG = 2 * WAL_PAGES * _KIB
_BESIDE = _LOG + 64 * _KIB


@dataclass(frozen=True, slots=True)
class DiskQuota:
    """Bytes: the file with samples stays below `file`; `reserved` more are for health and reports.

    The reserve file has `reserve` bytes: what was in the write-ahead log must still fit into the
    file once the volume is full, beside what is reserved in it.
    """

    file: int
    reserved: int
    reserve: int


def plan(most: int) -> DiskQuota:
    """Divide the bytes that the file may take at most."""
    most = max(most, _MIN_FILE)
    reserved = min(max(most // 16, _MIN_RESERVED), _MAX_RESERVED)
    return DiskQuota(most - reserved, reserved, reserved + _LOG)


def log_pages(monitors: int, file_pages: int) -> int:
    """Return how many pages the write-ahead log collects before they are copied into the file.

    Every monitor's newest samples are on a page of their own. Only if all monitors come round a
    few times between two copies does a page take several samples for one writing; but a log that
    one monitor fills would be larger than what it protects.
    """
    return max(WAL_PAGES, min(4 * monitors, file_pages // 32, _MAX_WAL_PAGES))


def of_volume(size: int) -> int:
    """Return the bytes that a file may take of a volume: 80 %, less where that is too much.

    Beside it there must be room for the reserve, the write-ahead log and its index.
    """
    share = int(size * SHARE)
    return min(share, size - plan(share).reserve - _BESIDE)


def total(folder: Path) -> int:
    """Return the size of the volume in bytes."""
    volume = os.statvfs(folder)
    return volume.f_blocks * volume.f_frsize


def available(folder: Path) -> int:
    """Return the bytes that are free on the volume now."""
    volume = os.statvfs(folder)
    return volume.f_bavail * volume.f_frsize


class DiskReserve:
    """A file beside the database that only takes space, to be given back in need."""

    def __init__(self, path: Path, size: int) -> None:
        """Name the file; `allocate` makes it."""
        self._path = path
        self._size = size

    @property
    def is_allocated(self) -> bool:
        """Tell whether the whole reserve is there."""
        return self._path.exists() and self._path.stat().st_size >= self._size

    def is_short(self) -> bool:
        """Tell whether the volume has less left than the write-ahead log may need at once."""
        return self.available() < self._size // 4

    def worth_releasing(self) -> bool:
        """Tell whether the volume has less left than the reserve would bring."""
        return self.available() < self._size

    def available(self) -> int:
        """Return the bytes that are free beside it."""
        return available(self._path.parent)

    def allocate(self) -> bool:
        """Take the space, if as much again would still be free; return whether it is there."""
        if self.is_allocated:
            return True
        if self.available() < 2 * self._size:
            return False
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Give the space back to the volume."""
        self._path.unlink(missing_ok=True)
