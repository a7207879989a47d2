"""Cache parsed files, so that reading unchanged files again costs next to nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from allswell.cli import manifests, yamlfile
from allswell.cli.manifests import ManifestFile

# Within it a second edit may leave the same time, size and place: no file system is finer.
RACY_SECONDS = 2.0

Stamp = tuple[float, int, int]


@dataclass(slots=True)
class FileCache:
    """The files that were read last. `clock` gives seconds as a file's modification time does."""

    clock: Callable[[], float]
    _cached: dict[Path, tuple[Stamp, ManifestFile]] = field(default_factory=dict)

    def load(self, paths: Iterable[Path]) -> tuple[ManifestFile, ...]:
        """Load the files as `manifests.load` does, reading only those that may have changed."""
        paths = yamlfile.find_files(paths)
        files = [self._load(path) for path in paths]
        self._cached = {path: self._cached[path] for path in paths if path in self._cached}
        return manifests.without_duplicates(files)

    def _load(self, path: Path) -> ManifestFile:
        stamp = self._stamp(path)
        cached = self._cached.get(path)
        if stamp is not None and cached is not None and cached[0] == stamp:
            return cached[1]
        file = manifests.parse_file(yamlfile.read(path))
        if stamp is None:
            self._cached.pop(path, None)
        else:
            self._cached[path] = (stamp, file)
        return file

    def _stamp(self, path: Path) -> Stamp | None:
        """Return what changes with a file; None while that cannot be relied on."""
        try:
            status = path.stat()
        except OSError:
            return None
        if abs(self.clock() - status.st_mtime) < RACY_SECONDS:
            return None
        return status.st_mtime, status.st_size, status.st_ino
