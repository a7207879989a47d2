"""Whether one day file holds every line of another: before the other may be removed.

Both are in the order of their samples, so each is read once, a little at a time.
"""

import zlib
from collections.abc import Iterable, Iterator

_GZIP = 31  # zlib's word for gzip's wrapping with the largest window
_MOST = 65_536  # bytes that are unpacked at once
_LONGEST = 4_096  # no line of ours is nearly as long


class Unreadable(Exception):
    """What was read is no day file, or is broken."""


def contains(new: Iterable[bytes], old: Iterable[bytes]) -> bool:
    """Whether the lines of the compressed `old` are all, in their order, among those of `new`.

    What cannot be unpacked is contained nowhere; nothing is contained everywhere.
    """
    try:
        found = lines(new)
        is_contained = all(line in found for line in lines(old))
        # To its end: what is broken there replaces nothing.
        return is_contained and all(True for _ in found)
    except Unreadable:
        return False


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a compressed file. Raises `Unreadable`."""
    rest = b""
    for part in _unpacked(chunks):
        *whole, rest = (rest + part).split(b"\n")
        yield from whole
        if len(rest) > _LONGEST:
            raise Unreadable
    if rest:
        yield rest


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A bounded piece at a time, however well it was packed."""
    unpacker, is_begun = zlib.decompressobj(_GZIP), False
    try:
        for chunk in chunks:
            packed, is_begun = chunk, True
            while packed:
                yield unpacker.decompress(packed, _MOST)
                packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise Unreadable from error
    if is_begun and (not unpacker.eof or unpacker.unused_data):
        raise Unreadable
