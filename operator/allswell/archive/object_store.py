"""What the archive is to those who use it: named objects that are written once and never changed.

Failed          the store refused or did not answer; the text says in its own words why
└── Broken      it broke off while an object was being read
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from allswell.domain.archive import DayFileContent

LIFE_S = 300


class ArchiveError(Exception):
    """The store refused or did not answer; the text says in its own words why."""


class ArchiveInterrupted(ArchiveError):
    """The store broke off while an object was being read."""


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """An object that is there: its bytes, and their SHA-256 in hex if the store knows it."""

    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as a list shows it."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class UploadUrl:
    """Where one content can be put, with which headers, for five minutes, if nothing is there."""

    url: str
    headers: tuple[tuple[str, str], ...]


class ObjectStore(Protocol):
    """An archive. Keys are below its own prefix. Every method may raise `Failed` and may block."""

    def upload_url(self, key: str, content: DayFileContent, now: datetime) -> UploadUrl:
        """Where this very content can be put under a key."""
        ...

    def head(self, key: str) -> ObjectHead | None:
        """What is there; None for nothing."""
        ...

    def stream(self, key: str) -> Iterator[bytes]:
        """The bytes of an object, a little at a time; none where there is no object."""
        ...

    def names(self, prefix: str) -> Iterator[ListedObject]:
        """Every object whose key begins so, by key."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; one that is not there counts as removed."""
        ...


def holds(shelf: ObjectStore, key: str, content: DayFileContent) -> bool | None:
    """Whether the archive holds exactly this content; None where it holds nothing of the name.

    It is believed what the store says of a checksum that it has verified itself. A store that
    knows none is asked for the bytes. Raises `Failed`.
    """
    held = shelf.head(key)
    if held is None:
        return None
    if held.size != content.size:
        return False
    if held.sha256 is not None:
        return held.sha256 == content.sha256
    return digest(shelf.stream(key)) == (content.size, content.sha256)


def digest(chunks: Iterable[bytes]) -> tuple[int, str]:
    """How many bytes, and their SHA-256 in hex."""
    size, found = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        found.update(chunk)
    return size, found.hexdigest()
