"""Files that were read before, so that a look at unchanged files costs next to nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from allswell.cli import manifests, yamlfile
from allswell.cli.manifests import ManifestFile

# Within it a second edit may leave the same time, size and place: no file system is finer.
RACY_S = 2.0

Stamp = tuple[float, int, int]


@dataclass(slots=True)
class FileCache:
    """What the last look found. `clock` gives seconds as a file's time of change does."""

    clock: Callable[[], float]
    _known: dict[Path, tuple[Stamp, ManifestFile]] = field(default_factory=dict)

    def load(self, paths: Iterable[Path]) -> tuple[ManifestFile, ...]:
        """As `manifests.load`, reading only what may have changed."""
        files = yamlfile.files(paths)
        sheets = [self._sheet(file) for file in files]
        self._known = {file: self._known[file] for file in files if file in self._known}
        return manifests.together(sheets)

    def _sheet(self, file: Path) -> ManifestFile:
        stamp = self._stamp(file)
        last = self._known.get(file)
        if stamp is not None and last is not None and last[0] == stamp:
            return last[1]
        sheet = manifests.manifest_file(yamlfile.read(file))
        if stamp is None:
            self._known.pop(file, None)
        else:
            self._known[file] = (stamp, sheet)
        return sheet

    def _stamp(self, file: Path) -> Stamp | None:
        """What changes with a file; None while that cannot be relied on."""
        try:
            found = file.stat()
        except OSError:
            return None
        if abs(self.clock() - found.st_mtime) < RACY_S:
            return None
        return found.st_mtime, found.st_size, found.st_ino
