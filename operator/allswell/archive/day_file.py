"""A day of one monitor as compressed NDJSON: one sample a line, in the order of their starts.

The same samples give the same bytes each time: the header of gzip holds neither time nor name.
Nothing that is read is believed: neither its length nor that of a line.

Damaged        what is read is no whole day file
├── Truncated  it ends before its end
└── Malformed  it is not gzip, its checksum is wrong, or a line is no sample
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
_MOST_AT_ONCE = 65_536
_LONGEST_LINE = 1_024
_MOST_US = 2**63


class DayFileDamaged(Exception):
    """What is read is no whole day file; the text says why."""


class DayFileTruncated(DayFileDamaged):
    """It ends before its end."""


class DayFileMalformed(DayFileDamaged):
    """It is not gzip, its checksum is wrong, or a line is no sample."""


class DayFileSink(Protocol):
    """Where the bytes go."""

    def write(self, chunk: bytes, /) -> int:
        """Take some bytes; how many."""
        ...


def write(samples: Iterable[Sample], out: DayFileSink) -> int:
    """Write a day file, a little at a time; how many samples it holds.

    Samples come in the order of their starts, no two in one millisecond.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP_1K, _MEMORY, zlib.Z_FILTERED)
    count, lines = 0, bytearray()
    for count, sample in enumerate(samples, 1):
        lines += line(sample)
        if count % _LINES == 0:
            _pass_on(packer.compress(lines), out)
            lines.clear()
    _pass_on(packer.compress(lines) + packer.flush(), out)
    return count


def line(sample: Sample) -> bytes:
    """A sample as one line; reasons are from a closed list and need no escapes."""
    at, reason = instant.text(sample.started), sample.reason
    return f'{{"started":"{at}","reason":"{reason}","latency_us":{sample.latency_us}}}\n'.encode()


def read(chunks: Iterable[bytes]) -> Iterator[Sample]:
    """The samples of a day file, a little at a time, in memory that does not grow.

    Fields that it does not know are passed over. Raises `Damaged`, after the samples before.
    """
    before = None
    for number, text in enumerate(_lines(_unpacked(chunks)), 1):
        try:
            sample = _sample(text)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise DayFileMalformed(f"line {number} is no sample") from error
        if before is not None and sample.started <= before:
            raise DayFileMalformed(f"line {number} is not later than the one before")
        before = sample.started
        yield sample


def _pass_on(chunk: bytes, out: DayFileSink) -> None:
    if chunk:
        out.write(chunk)


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_ANY_GZIP)
    try:
        for chunk in chunks:
            if unpacker.eof and chunk:
                raise DayFileMalformed("there is more after its end")
            rest = chunk
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, _MOST_AT_ONCE)
                rest = unpacker.unconsumed_tail
            if unpacker.unused_data:
                raise DayFileMalformed("there is more after its end")
        # What the last limit kept back.
        while not unpacker.eof and (more := unpacker.decompress(b"", _MOST_AT_ONCE)):
            yield more
    except zlib.error as error:
        raise DayFileMalformed("it is not gzip, or its content was changed") from error
    if not unpacker.eof:
        raise DayFileTruncated("it ends before its end")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if any(len(text) > _LONGEST_LINE for text in (*whole, rest)):
            raise DayFileMalformed(f"a line is longer than {_LONGEST_LINE} bytes")
        yield from whole
    if rest:
        raise DayFileMalformed("its last line does not end")


def _sample(text: bytes) -> Sample:
    fields = json.loads(text)
    at, reason, latency_us = fields["started"], fields["reason"], fields["latency_us"]
    started = instant.parse(at)
    if instant.text(started) != at:
        raise ValueError("a time is written otherwise")
    if type(latency_us) is not int or not 0 <= latency_us < _MOST_US:
        raise ValueError("a latency is no number of microseconds")
    if not isinstance(reason, str):
        raise TypeError("a reason is no text")
    state.code(reason)
    return Sample(started, latency_us, reason)
