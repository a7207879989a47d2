"""Make the control groups of a lab's pods: one branch in every hierarchy of the machine."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.lab.paths import LabPaths

_ROOT = Path("/sys/fs/cgroup")


def name(paths: LabPaths) -> str:
    """Return the branch of a lab; another user may have a lab of the same name elsewhere."""
    whose = hashlib.sha256(bytes(paths.home)).hexdigest()[:8]
    return f"allswell-lab-{paths.name}-{whose}"


def _hierarchies() -> Iterator[Path]:
    if (_ROOT / "cgroup.controllers").exists():
        yield _ROOT
        return
    for folder in _ROOT.iterdir():
        if folder.is_dir() and not folder.is_symlink() and (folder / "cgroup.procs").exists():
            yield folder


def branches(paths: LabPaths) -> list[Path]:
    """Return those branches of a lab that exist."""
    return [path for each in _hierarchies() if (path := each / name(paths)).exists()]


def make(paths: LabPaths) -> None:
    """Make the branch, which the kubelet wants to find."""
    for hierarchy in _hierarchies():
        (hierarchy / name(paths)).mkdir(exist_ok=True)


def remove(paths: LabPaths) -> None:
    """Remove the branch; its processes have ended."""
    for branch in branches(paths):
        deepest_first = sorted(branch.rglob("*/"), key=lambda path: -len(path.parts))
        for folder in [path for path in (*deepest_first, branch) if path.is_dir()]:
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()
