"""Define the archive: named objects that are written once and never changed.

ArchiveError             the store refused or did not answer; the text says why
└── ArchiveInterrupted   the connection ended while an object was being read
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from allswell.domain.archive import DayFileContent

URL_LIFETIME_S = 300


class ArchiveError(Exception):
    """The store refused or did not answer; the text says why."""


class ArchiveInterrupted(ArchiveError):
    """The connection to the store ended while an object was being read."""


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """An object that is there: its size, and its SHA-256 in hex if the store knows it."""

    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as a list shows it."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class UploadUrl:
    """Where one content can be uploaded, with these headers, for five minutes, to a free key."""

    url: str
    headers: tuple[tuple[str, str], ...]


class ObjectStore(Protocol):
    """An archive. Keys are below its own prefix. Methods may block, and raise `ArchiveError`."""

    def upload_url(self, key: str, content: DayFileContent, now: datetime) -> UploadUrl:
        """Return where exactly this content can be uploaded under a key."""
        ...

    def head(self, key: str) -> ObjectHead | None:
        """Return size and checksum of an object; None where there is none."""
        ...

    def stream(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of an object, a little at a time; none where there is no object."""
        ...

    def list_objects(self, prefix: str) -> Iterator[ListedObject]:
        """Yield every object whose key begins with `prefix`, by key."""
        ...

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; one that is not there counts as removed."""
        ...


def holds(objects: ObjectStore, key: str, content: DayFileContent) -> bool | None:
    """Tell whether the archive holds exactly this content; None where the key is free.

    A checksum that the store has verified itself is believed. A store that
    knows none is asked for the bytes. Raises `ArchiveError`.
    """
    head = objects.head(key)
    if head is None:
        return None
    if head.size != content.size:
        return False
    if head.sha256 is not None:
        return head.sha256 == content.sha256
    return digest(objects.stream(key)) == (content.size, content.sha256)


def digest(chunks: Iterable[bytes]) -> tuple[int, str]:
    """Return how many bytes there are, and their SHA-256 in hex."""
    size, sha256 = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        sha256.update(chunk)
    return size, sha256.hexdigest()
