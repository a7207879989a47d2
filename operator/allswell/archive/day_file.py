"""Write and read a day of one monitor as compressed NDJSON: one sample a line, by their starts.

The same samples give the same bytes each time: the header of gzip holds neither time nor name.
Nothing that is read is trusted: neither its length nor that of a line.

DayFileDamaged           what is read is no whole day file
├── DayFileTruncated     it ends before its end
└── DayFileMalformed     it is not gzip, its checksum is wrong, or a line is no sample
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from allswell.domain import instant, state
from allswell.domain.sample import Sample

# A small window finds the line before and not, far away, one with a digit more in common: that
# would cost more bits than the digit. Digits are as good as random; filtering leaves them alone.
_GZIP_1K = 16 + 10
_MEMORY = 9
_LINES = 256
_ANY_GZIP = 16 + zlib.MAX_WBITS
_MAX_DECOMPRESSED = 65_536
_MAX_LINE_BYTES = 1_024
_MAX_US = 2**63


class DayFileDamaged(Exception):
    """What is read is no whole day file; the text says why."""


class DayFileTruncated(DayFileDamaged):
    """It ends before its end."""


class DayFileMalformed(DayFileDamaged):
    """It is not gzip, its checksum is wrong, or a line is no sample."""


class DayFileSink(Protocol):
    """Where the bytes go."""

    def write(self, chunk: bytes, /) -> int:
        """Write some bytes; return how many."""
        ...


def write(samples: Iterable[Sample], sink: DayFileSink) -> int:
    """Write a day file, a little at a time; return how many samples it holds.

    Samples come in the order of their starts, no two in one millisecond.
    """
    compressor = zlib.compressobj(9, zlib.DEFLATED, _GZIP_1K, _MEMORY, zlib.Z_FILTERED)
    count, lines = 0, bytearray()
    for count, sample in enumerate(samples, 1):
        lines += line(sample)
        if count % _LINES == 0:
            _pass_on(compressor.compress(lines), sink)
            lines.clear()
    _pass_on(compressor.compress(lines) + compressor.flush(), sink)
    return count


def line(sample: Sample) -> bytes:
    """Return a sample as one line; reasons are from a closed list and need no escapes."""
    started, reason = instant.text(sample.started), sample.reason
    return (
        f'{{"started":"{started}","reason":"{reason}","latency_us":{sample.latency_us}}}\n'.encode()
    )


def read(chunks: Iterable[bytes]) -> Iterator[Sample]:
    """Yield the samples of a day file, a little at a time, in memory that does not grow.

    Unknown fields are ignored. Raises `DayFileDamaged`, after the samples before the damage.
    """
    previous = None
    for number, text in enumerate(_lines(_decompress(chunks)), 1):
        try:
            sample = _sample(text)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise DayFileMalformed(f"line {number} is no sample") from error
        if previous is not None and sample.started <= previous:
            raise DayFileMalformed(f"line {number} is not later than the one before")
        previous = sample.started
        yield sample


def _pass_on(chunk: bytes, sink: DayFileSink) -> None:
    if chunk:
        sink.write(chunk)


def _decompress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    decompressor = zlib.decompressobj(_ANY_GZIP)
    try:
        for chunk in chunks:
            if decompressor.eof and chunk:
                raise DayFileMalformed("there is more after its end")
            rest = chunk
            while rest and not decompressor.eof:
                yield decompressor.decompress(rest, _MAX_DECOMPRESSED)
                rest = decompressor.unconsumed_tail
            if decompressor.unused_data:
                raise DayFileMalformed("there is more after its end")
        # What the limit of the last call has left.
        while not decompressor.eof and (more := decompressor.decompress(b"", _MAX_DECOMPRESSED)):
            yield more
    except zlib.error as error:
        raise DayFileMalformed("it is not gzip, or its content was changed") from error
    if not decompressor.eof:
        raise DayFileTruncated("it ends before its end")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if any(len(text) > _MAX_LINE_BYTES for text in (*whole, rest)):
            raise DayFileMalformed(f"a line is longer than {_MAX_LINE_BYTES} bytes")
        yield from whole
    if rest:
        raise DayFileMalformed("its last line does not end")


def _sample(content: bytes) -> Sample:
    fields = json.loads(content)
    text, reason, latency_us = fields["started"], fields["reason"], fields["latency_us"]
    started = instant.parse(text)
    if instant.text(started) != text:
        raise ValueError("a time is written in another form")
    if type(latency_us) is not int or not 0 <= latency_us < _MAX_US:
        raise ValueError("a latency is not a number of microseconds")
    if not isinstance(reason, str):
        raise TypeError("a reason is not text")
    state.code(reason)
    return Sample(started, latency_us, reason)
