"""A day of one monitor as compressed NDJSON: one sample a line, in the order of their starts.

The same samples give the same bytes each time: the header of gzip holds neither time nor name.
"""

import json
import zlib
from collections.abc import Iterable
from typing import Protocol

from allswell.domain import instant
from allswell.domain.sample import Sample

_GZIP = 31  # zlib's word for gzip's wrapping with the largest window
_LINES = 256


class Out(Protocol):
    """Where the bytes go."""

    def write(self, chunk: bytes, /) -> int:
        """Take some bytes; how many."""
        ...


def write(samples: Iterable[Sample], out: Out) -> int:
    """Write a day file, a little at a time; how many samples it holds."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    count, lines = 0, bytearray()
    for count, sample in enumerate(samples, 1):
        lines += _line(sample)
        if count % _LINES == 0:
            _pass_on(packer.compress(lines), out)
            lines.clear()
    _pass_on(packer.compress(lines) + packer.flush(), out)
    return count


def _line(sample: Sample) -> bytes:
    fields = {
        "at": instant.text(sample.started),
        "latency_us": sample.latency_us,
        "reason": sample.reason,
    }
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def _pass_on(chunk: bytes, out: Out) -> None:
    if chunk:
        out.write(chunk)
