"""Keep an archive in a folder of this machine, in the layout that a bucket has.

An upload goes to a URL at the collector, signed with a key of this process: the same
promise as a bucket's, of one key, one content and five minutes.
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

from allswell.archive.object_store import (
    URL_LIFETIME_S,
    ArchiveError,
    ListedObject,
    ObjectHead,
    UploadUrl,
)
from allswell.domain import archive, instant
from allswell.domain.archive import DayFileContent

PATH = "/v1/archive/object/"
_CHUNK = 65_536


class LocalFolder:
    """Files below a folder. Every method raises `ArchiveError`. Any thread may call."""

    def __init__(self, root: Path, base_url: str = "") -> None:
        """Keep day files below `root`; `base_url` is the collector's, for `upload_url`."""
        self._root = root
        self.base_url = base_url
        self._key = secrets.token_bytes(32)

    def upload_url(self, key: str, content: DayFileContent, now: datetime) -> UploadUrl:
        """Return where exactly this content can be uploaded under a key, for five minutes."""
        until = instant.to_ms(now + timedelta(seconds=URL_LIFETIME_S))
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
        """Tell whether `signature` was made here for a URL of these values."""
        return hmac.compare_digest(
            self._signature(key, size, sha256, until).encode(), signature.encode()
        )

    def _signature(self, key: str, size: int, sha256: str, until: int) -> str:
        text = f"{key}\n{size}\n{sha256}\n{until}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def put(self, key: str, body: bytes) -> bool:
        """Write a file whole or not at all; False where there is one of the name already."""
        file = self._file(key)
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _write_new(file, body)
        except OSError as problem:
            raise ArchiveError(
                f"the archive's folder cannot be written: {problem.strerror}"
            ) from problem

    def head(self, key: str) -> ObjectHead | None:
        """Return a file's size; its bytes have to be read for more."""
        try:
            return ObjectHead(self._file(key).stat().st_size)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise ArchiveError(
                f"the archive's folder cannot be read: {problem.strerror}"
            ) from problem

    def stream(self, key: str) -> Iterator[bytes]:
        """Yield a file's content, a little at a time; nothing where there is none."""
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

    def list_objects(self, prefix: str) -> Iterator[ListedObject]:
        """Yield every day file whose key begins with `prefix`, by key."""
        listed = []
        for file in self._root.rglob("*"):
            key = file.relative_to(self._root).as_posix()
            if key.startswith(prefix) and archive.parse(key) is not None:
                with suppress(OSError):
                    listed.append(ListedObject(key, file.stat().st_size))
        return iter(sorted(listed, key=lambda entry: entry.key))

    def remove(self, keys: Iterable[str]) -> None:
        """Remove files; one that is not there counts as removed."""
        try:
            for key in keys:
                self._file(key).unlink(missing_ok=True)
        except OSError as problem:
            raise ArchiveError(
                f"the archive's folder cannot be written: {problem.strerror}"
            ) from problem

    def _file(self, key: str) -> Path:
        if archive.parse(key) is None:
            raise ArchiveError(f"{key!r} is not the name of a day file")
        return self._root / key


def _write_new(file: Path, body: bytes) -> bool:
    """Write under another name first: what has the name is whole, and is never replaced."""
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        os.link(temporary, file)
    except FileExistsError:
        return False
    finally:
        Path(temporary).unlink(missing_ok=True)
    _sync(file.parent)
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
