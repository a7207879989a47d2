"""Make what is costly once, and keep it: programs, images. Several runs may want it at once.

Each artefact, a file or a folder, has a lock and a workshop of its own, named after it and beside
it; nobody else ever touches either. It gets its name when it is whole.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests import progress

WEEK = 7 * 24 * 3600.0
_LOCK, _WORKSHOP = ".lock", ".making"


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until nobody else holds the lock, and hold it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"Waiting for another run that holds {lock} …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(
    target: Path,
    title: str,
    make: Callable[[Path], None],
    *,
    replaces: str = "",
    kept: float = WEEK,
) -> Path:
    """Return an artefact; if it is not there, `make` is given the path to make it at.

    Whatever else `make` writes goes beside that path. Afterwards those of its neighbours that match
    the pattern `replaces` and that nobody has asked for during `kept` seconds are removed.
    """
    if _used(target):
        return target
    with alone(_beside(target, _LOCK)):
        if not target.exists():
            with progress.step(title), _workshop(target) as workshop:
                make(workshop / target.name)
                (workshop / target.name).rename(target)
            _remove_unused(target.parent.glob(replaces) if replaces else (), kept)
    return target


def _used(target: Path) -> bool:
    """Note that it is in use; tell whether it is there."""
    try:
        os.utime(target)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    folder = _beside(target, _WORKSHOP)
    # Of a run that was killed: whoever works there now would hold the lock.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(target.name + suffix)


def _remove_unused(paths: Iterable[Path], kept: float) -> None:
    # Another run may use one that is older, so only time decides.
    for path in paths:
        if path.suffix not in (_LOCK, _WORKSHOP) and time.time() - path.stat().st_mtime > kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
