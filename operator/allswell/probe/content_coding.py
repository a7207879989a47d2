"""Undo the content coding of a body (gzip, deflate) in bounded memory.

A few bytes may hold a gigabyte, so they are unpacked a little at a time, and no further than a body
may be long. httpx's own decoders unpack at once whatever they are handed, and take a body that was
cut for a whole one: they never see a packed body.
"""

import zlib
from collections.abc import Iterator

from allswell.domain import state
from allswell.probe.fault import Fault

MAX_BYTES = 1024 * 1024
AT_ONCE = 64 * 1024
GZIP, ZLIB, BARE = 31, 15, -15


class Unpacker:
    """A body being unpacked, at most `max_bytes` of it."""

    def __init__(self, encoding: str, max_bytes: int = MAX_BYTES) -> None:
        """Prepare for a Content-Encoding. Raises `Fault` for one that was not asked for."""
        self._pieces = _pieces(encoding.strip().lower())
        self._max_bytes = max_bytes
        self._left = max_bytes

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpack what was sent. Raises `Fault` when it cannot be read, or is too much."""
        for piece in self._pieces.feed(data):
            self._left -= len(piece)
            if self._left < 0:
                words = f"the body is over {self._max_bytes // 1024} KiB when unpacked"
                raise Fault(state.BODY_TOO_LARGE, words)
            yield piece

    def end(self) -> None:
        """Refuse a body that ends in the middle."""
        self._pieces.end()


class _AsSent:
    """A body without a content coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the data itself."""
        yield data

    def end(self) -> None:
        """Accept the end: nothing can be missing."""


class _Inflating:
    """A body packed as gzip or deflate; a little at a time, however much a few bytes hold."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._engine: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the data unpacked, at max_bytes `AT_ONCE` bytes in each piece."""
        engine = self._engine = self._engine or zlib.decompressobj(self._window(data))
        while not engine.eof:
            try:
                piece = engine.decompress(data, AT_ONCE)
            except zlib.error as error:
                words = f"the body is said to be {self._encoding}, and it is not"
                raise Fault(state.PROTOCOL_ERROR, words) from error
            data = engine.unconsumed_tail
            if piece:
                yield piece
            if not data and len(piece) < AT_ONCE:
                return

    def end(self) -> None:
        """Refuse a body that ends in the middle."""
        if self._engine is not None and not self._engine.eof:
            raise Fault(state.PROTOCOL_ERROR, f"the {self._encoding} body ends too early")

    def _window(self, data: bytes) -> int:
        if "gzip" in self._encoding:
            return GZIP
        # "deflate" means zlib's frame (RFC 9110, 8.4.1.2), and some servers leave that out.
        framed = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0  # noqa: PLR2004
        return ZLIB if framed or len(data) == 1 else BARE


def _pieces(encoding: str) -> _AsSent | _Inflating:
    if encoding in ("", "identity"):
        return _AsSent()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Inflating(encoding)
    words = f"the body is packed as {encoding[:40]!r}, which was not asked for"
    raise Fault(state.PROTOCOL_ERROR, words)
