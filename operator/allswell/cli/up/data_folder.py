"""The data folder of `allswell up`: who holds it, and where everything lies in it."""

import fcntl
import os
import re
from hashlib import blake2b
from pathlib import Path
from typing import Self

_TAKEN = "another allswell up runs on {}; stop it first, or choose another folder with --data"


class FolderTaken(Exception):
    """Another `allswell up` runs on this folder, or it cannot be used."""


def usual(first: Path, environment: dict[str, str]) -> Path:
    """Where results go unless told: one folder for each file, in the user's data folder."""
    home = environment.get("XDG_DATA_HOME") or str(
        Path(environment.get("HOME", "/")) / ".local/share"
    )
    word = re.sub(r"[^a-z0-9]+", "-", first.stem.lower()).strip("-")[:30] or "status"
    digest = blake2b(str(first.resolve()).encode(), digest_size=3).hexdigest()
    return Path(home) / "allswell" / f"{word}-{digest}"


def held(path: Path) -> str | None:
    """A sentence when another run holds a folder; nothing is made where there is none."""
    try:
        lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return _TAKEN.format(path)
    finally:
        os.close(lock)
    return None


class DataFolder:
    """An open data folder; nobody else can open it meanwhile."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> Self:
        """Make the folder if need be and hold it. Raises `FolderTaken`."""
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderTaken(f"{path} cannot be used: {error.strerror}; choose --data") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise FolderTaken(_TAKEN.format(path)) from error
        return cls(path, lock)

    @property
    def database(self) -> str:
        """The address of the central database."""
        return f"sqlite:///{self.path / 'central.sqlite'}"

    @property
    def archive(self) -> Path:
        """Where the days that are over go, in the layout of a bucket."""
        return self.path / "archive"

    @property
    def log(self) -> Path:
        """What the programs say."""
        return self.path / "allswell.log"

    def checker(self, namespace: str) -> Path:
        """The folder of a namespace's checker."""
        folder = self.path / "checkers" / namespace
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def token(self, name: str, value: str) -> Path:
        """Write a token that only this user can read."""
        file = self.path / f"{name}.token"
        write(file, value)
        return file

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._lock)


def write(file: Path, content: str) -> None:
    """Replace a file at once, readable by this user only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(file)
