"""The control groups of a lab's pods: one branch, in every hierarchy that the machine has."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def name(lab: str) -> str:
    """The branch of a lab."""
    return f"allswell-lab-{lab}"


def _hierarchies() -> Iterator[Path]:
    if (_ROOT / "cgroup.controllers").exists():
        yield _ROOT
        return
    for folder in _ROOT.iterdir():
        if folder.is_dir() and not folder.is_symlink() and (folder / "cgroup.procs").exists():
            yield folder


def branches(lab: str) -> list[Path]:
    """Return those branches of a lab that exist."""
    return [path for each in _hierarchies() if (path := each / name(lab)).exists()]


def make(lab: str) -> None:
    """Make the branch, which the kubelet wants to find."""
    for hierarchy in _hierarchies():
        (hierarchy / name(lab)).mkdir(exist_ok=True)


def remove(lab: str) -> None:
    """Remove the branch; its processes have ended."""
    for branch in branches(lab):
        deepest_first = sorted(branch.rglob("*/"), key=lambda path: -len(path.parts))
        for folder in [path for path in (*deepest_first, branch) if path.is_dir()]:
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()
