"""Keep snapshots in a folder, so that they outlive the process: bounded, each file written whole.

A file is a line of JSON, with the times of the snapshot, and the snapshot itself.
"""

import json
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from allswell.domain import instant
from allswell_web.cache.shared_cache import ALONE, SharedCache, StoredSnapshot

log = logging.getLogger(__name__)
SUFFIX = ".snapshot"
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DiskCache:
    """Snapshots in a folder of their own, at most `max_bytes` in total: the oldest are removed."""

    path: Path
    max_bytes: int = MAX_BYTES

    def load(self, key: str) -> StoredSnapshot | None:
        """Return the snapshot under a key."""
        try:
            head, _, data = self._file(key).read_bytes().partition(b"\n")
            meta = json.loads(head)
            times = instant.from_ms(meta["at"]), instant.from_ms(meta["until"])
            return StoredSnapshot(data, *times, int(meta["version"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError, OverflowError) as problem:
            log.warning("disk cache: cannot read a snapshot: %s key=%s", problem, key)
            return None

    def acquire(self, key: str, *, by_force: bool = False) -> int | None:
        """Acquire always: the folder is this machine's own."""
        del key, by_force
        return ALONE

    def store(self, key: str, snapshot: StoredSnapshot, lease: int) -> None:
        """Write a snapshot."""
        del lease
        meta = {
            "at": instant.to_ms(snapshot.read_at),
            "until": instant.to_ms(snapshot.fresh_until),
            "version": snapshot.version,
        }
        try:
            self._write(self._file(key), json.dumps(meta).encode() + b"\n" + snapshot.data)
            self._bound()
        except OSError as problem:
            log.warning("disk cache: cannot write a snapshot: %s key=%s", problem, key)

    def release(self, key: str, lease: int) -> None:
        """Do nothing: there is no lease to end."""

    def _file(self, key: str) -> Path:
        return self.path / f"{key}{SUFFIX}"

    def _write(self, file: Path, content: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=self.path, prefix=".", suffix=SUFFIX)
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
        """Remove the oldest files until the rest fits, with half-written ones of dead processes."""
        files = [(file.stat(), file) for file in self.path.glob(f"*{SUFFIX}")]
        total = sum(about.st_size for about, _ in files)
        for stat, file in sorted(files, key=lambda entry: entry[0].st_mtime_ns):
            if total <= self.max_bytes:
                return
            file.unlink(missing_ok=True)
            total -= stat.st_size


@dataclass(frozen=True, slots=True)
class TieredCache:
    """A shared cache backed by a folder for when it has nothing. Leases are the shared cache's."""

    shared: SharedCache
    folder: DiskCache

    def load(self, key: str) -> StoredSnapshot | None:
        """Return the shared cache's snapshot, else the folder's."""
        return self.shared.load(key) or self.folder.load(key)

    def acquire(self, key: str, *, by_force: bool = False) -> int | None:
        """Acquire a lease of the shared cache."""
        return self.shared.acquire(key, by_force=by_force)

    def store(self, key: str, snapshot: StoredSnapshot, lease: int) -> None:
        """Store it in both."""
        self.shared.store(key, snapshot, lease)
        self.folder.store(key, snapshot, lease)

    def release(self, key: str, lease: int) -> None:
        """Release a lease of the shared cache."""
        self.shared.release(key, lease)
