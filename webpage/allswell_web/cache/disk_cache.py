"""A folder in which snapshots outlive the process: one file each, bounded, written whole or not.

A file is a line of JSON, which says when it was taken, and the snapshot.
"""

import json
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from allswell.domain import instant
from allswell_web.cache.shared_cache import ALONE, KeptSnapshot, SharedCache

log = logging.getLogger(__name__)
ENDING = ".snapshot"
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DiskCache:
    """Snapshots in a folder of their own, at most `most_bytes` together: the oldest give way."""

    path: Path
    most_bytes: int = MOST_BYTES

    def load(self, key: str) -> KeptSnapshot | None:
        """The snapshot under a key."""
        try:
            head, _, data = self._file(key).read_bytes().partition(b"\n")
            about = json.loads(head)
            moments = instant.from_ms(about["at"]), instant.from_ms(about["until"])
            return KeptSnapshot(data, *moments, int(about["version"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError, OverflowError) as problem:
            log.warning("The snapshot of %s cannot be read: %s", key, problem)
            return None

    def claim(self, key: str, *, by_force: bool = False) -> int | None:
        """Always given: the folder is this machine's own."""
        del key, by_force
        return ALONE

    def keep(self, key: str, kept: KeptSnapshot, lease: int) -> None:
        """Write a snapshot."""
        del lease
        about = {
            "at": instant.to_ms(kept.at),
            "until": instant.to_ms(kept.until),
            "version": kept.version,
        }
        try:
            self._write(self._file(key), json.dumps(about).encode() + b"\n" + kept.data)
            self._bound()
        except OSError as problem:
            log.warning("The snapshot of %s cannot be kept: %s", key, problem)

    def release(self, key: str, lease: int) -> None:
        """Nothing to end."""

    def _file(self, key: str) -> Path:
        return self.path / f"{key}{ENDING}"

    def _write(self, file: Path, content: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=self.path, prefix=".", suffix=ENDING)
        try:
            with os.fdopen(number, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _bound(self) -> None:
        """Remove the oldest files until the rest fits; half-written ones of the dead count too."""
        found = [(file.stat(), file) for file in self.path.glob(f"*{ENDING}")]
        total = sum(about.st_size for about, _ in found)
        for about, file in sorted(found, key=lambda entry: entry[0].st_mtime_ns):
            if total <= self.most_bytes:
                return
            file.unlink(missing_ok=True)
            total -= about.st_size


@dataclass(frozen=True, slots=True)
class TwoTierCache:
    """A shared place, and behind it a folder for when that has nothing. Leases are the first's."""

    first: SharedCache
    folder: DiskCache

    def load(self, key: str) -> KeptSnapshot | None:
        """What the shared place has, else the folder."""
        return self.first.load(key) or self.folder.load(key)

    def claim(self, key: str, *, by_force: bool = False) -> int | None:
        """A lease of the shared place."""
        return self.first.claim(key, by_force=by_force)

    def keep(self, key: str, kept: KeptSnapshot, lease: int) -> None:
        """Keep it in both."""
        self.first.keep(key, kept, lease)
        self.folder.keep(key, kept, lease)

    def release(self, key: str, lease: int) -> None:
        """End a lease of the shared place."""
        self.first.release(key, lease)
