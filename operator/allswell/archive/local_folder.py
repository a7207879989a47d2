"""An archive in a folder of this machine, in the layout that a bucket has.

Who may write a file gets an address at the collector, signed with a key of this process: the same
promise as a bucket's, of one name, one content and five minutes.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from allswell.archive.object_store import LIFE_S, ArchiveError, ListedObject, ObjectHead, UploadUrl
from allswell.domain import archive, instant
from allswell.domain.archive import DayFileContent

PATH = "/v1/archive/object/"
_CHUNK = 65_536


class LocalFolder:
    """Files below a folder. Every method raises `Failed`. Any thread may call."""

    def __init__(self, root: Path, base_url: str = "") -> None:
        """Keep day files below `root`; `base_url` is the collector's address, for `address`."""
        self._root = root
        self.base_url = base_url
        self._key = secrets.token_bytes(32)

    def upload_url(self, key: str, content: DayFileContent, now: datetime) -> UploadUrl:
        """Where this very content can be put under a key, for five minutes."""
        until = instant.to_ms(now + timedelta(seconds=LIFE_S))
        query = urllib.parse.urlencode(
            {
                "until": until,
                "size": content.size,
                "sha256": content.sha256,
                "signature": self._signature(key, content.size, content.sha256, until),
            }
        )
        headers = (("Content-Length", str(content.size)), ("Content-Type", archive.CONTENT_TYPE))
        return UploadUrl(f"{self.base_url}{PATH}{urllib.parse.quote(key)}?{query}", headers)

    def is_signed(self, key: str, size: int, sha256: str, until: int, signature: str) -> bool:
        """Whether an address is one that was given."""
        return hmac.compare_digest(
            self._signature(key, size, sha256, until).encode(), signature.encode()
        )

    def _signature(self, key: str, size: int, sha256: str, until: int) -> str:
        said = f"{key}\n{size}\n{sha256}\n{until}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()

    def put(self, key: str, body: bytes) -> bool:
        """Write a file whole or not at all; False where there is one of the name already."""
        file = self._file(key)
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _written(file, body)
        except OSError as problem:
            raise ArchiveError(
                f"the archive's folder cannot be written: {problem.strerror}"
            ) from problem

    def head(self, key: str) -> ObjectHead | None:
        """How large a file is; its bytes have to be read for more."""
        try:
            return ObjectHead(self._file(key).stat().st_size)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise ArchiveError(
                f"the archive's folder cannot be read: {problem.strerror}"
            ) from problem

    def stream(self, key: str) -> Iterator[bytes]:
        """A file's content, a little at a time; nothing where there is none."""
        try:
            with self._file(key).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except FileNotFoundError:
            return
        except OSError as problem:
            raise ArchiveError(
                f"the archive's folder cannot be read: {problem.strerror}"
            ) from problem

    def names(self, prefix: str) -> Iterator[ListedObject]:
        """Every day file whose name begins so, by name."""
        found = []
        for file in self._root.rglob("*"):
            key = file.relative_to(self._root).as_posix()
            if key.startswith(prefix) and archive.parse(key) is not None:
                with suppress(OSError):
                    found.append(ListedObject(key, file.stat().st_size))
        return iter(sorted(found, key=lambda named: named.key))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that is not there counts as removed."""
        try:
            for name in names:
                self._file(name).unlink(missing_ok=True)
        except OSError as problem:
            raise ArchiveError(
                f"the archive's folder cannot be written: {problem.strerror}"
            ) from problem

    def _file(self, key: str) -> Path:
        if archive.parse(key) is None:
            raise ArchiveError("this is no day file's name")
        return self._root / key


def _written(file: Path, body: bytes) -> bool:
    """Under a name of its own first: what has the name is whole, and is never replaced."""
    descriptor, fresh = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        os.link(fresh, file)
    except FileExistsError:
        return False
    finally:
        Path(fresh).unlink(missing_ok=True)
    _sync(file.parent)
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
