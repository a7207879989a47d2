"""The control groups of a lab's pods: one branch, in every hierarchy that the machine has."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.lab.places import Places

_ROOT = Path("/sys/fs/cgroup")


def name(places: Places) -> str:
    """The branch of a lab; another user may have a lab of the same name elsewhere."""
    whose = hashlib.sha256(bytes(places.home)).hexdigest()[:8]
    return f"allswell-lab-{places.name}-{whose}"


def _hierarchies() -> Iterator[Path]:
    if (_ROOT / "cgroup.controllers").exists():
        yield _ROOT
        return
    for folder in _ROOT.iterdir():
        if folder.is_dir() and not folder.is_symlink() and (folder / "cgroup.procs").exists():
            yield folder


def branches(places: Places) -> list[Path]:
    """Return those branches of a lab that exist."""
    return [path for each in _hierarchies() if (path := each / name(places)).exists()]


def make(places: Places) -> None:
    """Make the branch, which the kubelet wants to find."""
    for hierarchy in _hierarchies():
        (hierarchy / name(places)).mkdir(exist_ok=True)


def remove(places: Places) -> None:
    """Remove the branch; its processes have ended."""
    for branch in branches(places):
        deepest_first = sorted(branch.rglob("*/"), key=lambda path: -len(path.parts))
        for folder in [path for path in (*deepest_first, branch) if path.is_dir()]:
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()
