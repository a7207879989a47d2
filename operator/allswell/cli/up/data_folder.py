"""Lock the data folder of `allswell up`, and name the files in it."""

import fcntl
import os
import re
from hashlib import blake2b
from pathlib import Path
from typing import Self

from allswell.cli.errors import FolderInUse

_IN_USE = "another allswell up is using {}; stop it first, or choose another folder with --data"


def default_path(first: Path, environment: dict[str, str]) -> Path:
    """Return where results go without --data: one folder per file, in the user's data folder."""
    home = environment.get("XDG_DATA_HOME") or str(
        Path(environment.get("HOME", "/")) / ".local/share"
    )
    word = re.sub(r"[^a-z0-9]+", "-", first.stem.lower()).strip("-")[:30] or "status"
    digest = blake2b(str(first.resolve()).encode(), digest_size=3).hexdigest()
    return Path(home) / "allswell" / f"{word}-{digest}"


def problem_in_use(path: Path) -> str | None:
    """Return a sentence when another run has the folder; a folder that is not there stays so."""
    try:
        lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return _IN_USE.format(path)
    finally:
        os.close(lock)
    return None


class DataFolder:
    """An open data folder; no other run can open it meanwhile."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> Self:
        """Create the folder if needed and lock it. Raises `FolderInUse`."""
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderInUse(f"{path} cannot be used: {error.strerror}; choose --data") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise FolderInUse(_IN_USE.format(path)) from error
        return cls(path, lock)

    @property
    def database(self) -> str:
        """Return the URL of the central database."""
        return f"sqlite:///{self.path / 'central.sqlite'}"

    @property
    def archive(self) -> Path:
        """Return the folder of the archive, in the layout of a bucket."""
        return self.path / "archive"

    @property
    def log(self) -> Path:
        """Return the log file of the programs."""
        return self.path / "allswell.log"

    def checker(self, namespace: str) -> Path:
        """Return the folder of a namespace's checker; create it if needed."""
        folder = self.path / "checkers" / namespace
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write_token(self, name: str, value: str) -> Path:
        """Write a token that only this user can read; return its file."""
        file = self.path / f"{name}.token"
        write(file, value)
        return file

    def close(self) -> None:
        """Unlock the folder."""
        os.close(self._lock)


def write(file: Path, content: str) -> None:
    """Replace a file atomically, readable by this user only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.new")
    temporary.touch(mode=0o600)
    temporary.write_text(content, encoding="utf-8")
    temporary.replace(file)
