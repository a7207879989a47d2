"""The form of a day file, and what becomes of one that is not whole or not ours."""

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.archive import day_file
from allswell.archive.day_file import DayFileDamaged, DayFileMalformed, DayFileTruncated
from allswell.domain import state
from allswell.domain.sample import Sample

START = datetime(2026, 11, 23, tzinfo=UTC)
MIB = 2**20

days = st.lists(
    st.builds(
        Sample,
        st.integers(0, 86_399_999).map(lambda ms: START + timedelta(milliseconds=ms)),
        st.integers(0, 2**63 - 1),
        st.sampled_from([state.OK, state.SLOW, state.TIMEOUT, state.http(503), state.EGRESS_LOST]),
    ),
    unique_by=lambda sample: sample.started,
).map(lambda found: sorted(found, key=lambda sample: sample.started))


def packed(samples: Iterable[Sample]) -> bytes:
    out = io.BytesIO()
    day_file.write(samples, out)
    return out.getvalue()


def read(content: bytes, step: int = 7) -> list[Sample]:
    return list(day_file.read(content[at : at + step] for at in range(0, len(content), step)))


def a_day(seconds: int = 86_400) -> Iterator[Sample]:
    for number in range(seconds):
        started = START + timedelta(seconds=number, milliseconds=number * 7919 % 5)
        yield Sample(started, 40_000 + number * 104_729 % 160_001)


@given(days, st.integers(1, 100))
def test_what_was_written_is_read(samples: list[Sample], step: int) -> None:
    assert samples == read(packed(samples), step)


@given(days)
def test_the_same_samples_give_the_same_bytes(samples: list[Sample]) -> None:
    assert packed(samples) == packed(iter(samples))


@given(days)
def test_it_is_cut_anywhere_and_that_is_seen(samples: list[Sample]) -> None:
    content = packed(samples)
    for end in range(0, len(content), 1 + len(content) // 50):
        with pytest.raises(DayFileTruncated):
            read(content[:end])


@given(days, st.data())
def test_a_changed_byte_is_seen_or_changes_no_sample(
    samples: list[Sample], data: st.DataObject
) -> None:
    content = bytearray(packed(samples))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = read(bytes(content))
    except DayFileDamaged:
        return
    assert samples == found


def test_a_line_reads_as_it_is_documented() -> None:
    content = packed([Sample(START + timedelta(milliseconds=412), 52_345, "HTTP 503")])
    line = b'{"started":"2026-11-23T00:00:00.412Z","reason":"HTTP 503","latency_us":52345}\n'
    assert line == gzip.decompress(content)


def test_the_header_holds_neither_time_nor_name() -> None:
    assert packed([])[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"\xff",
        b"[" * 1_000,
        b'{"started":"2026-11-23","reason":"","latency_us":1}',
        b'{"started":"2026-11-23T00:00:00Z","reason":"","latency_us":1}',
        b'{"started":"2026-11-23T00:00:00.000Z","reason":"Gone","latency_us":1}',
        b'{"started":"2026-11-23T00:00:00.000Z","reason":null,"latency_us":1}',
        b'{"started":"2026-11-23T00:00:00.000Z","reason":"","latency_us":-1}',
        b'{"started":"2026-11-23T00:00:00.000Z","reason":"","latency_us":1.5}',
        b'{"started":"2026-11-23T00:00:00.000Z","reason":"","latency_us":true}',
    ],
)
def test_a_line_that_is_no_sample_is_named_by_its_number(line: bytes) -> None:
    good = day_file.line(Sample(START - timedelta(days=1), 1))
    with pytest.raises(DayFileMalformed, match=r"^line 2 is no sample$"):
        read(gzip.compress(good + line + b"\n"))


def test_fields_of_a_later_time_are_passed_over() -> None:
    line = b'{"started":"2026-11-23T00:00:00.000Z","reason":"","latency_us":1,"region":"eu"}\n'
    assert [Sample(START, 1)] == read(gzip.compress(line))


def test_samples_out_of_order_are_refused() -> None:
    with pytest.raises(DayFileMalformed, match="line 2 is not later"):
        read(packed([Sample(START, 1), Sample(START, 1)]))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no gzip at all", "not gzip"),
        (packed([]) + b"x", "more after its end"),
        (packed([]) + packed([]), "more after its end"),
        (gzip.compress(day_file.line(Sample(START, 1))[:-1]), "last line does not end"),
        (gzip.compress(b" " * 2_000), "longer than"),
    ],
    ids=["no gzip", "one byte more", "two files", "half a line", "a long line"],
)
def test_what_is_wrong_is_said(content: bytes, why: str) -> None:
    for step in (1, 1_000_000):
        with pytest.raises(DayFileMalformed, match=why):
            read(content, step)


def peak(work: Iterator[object]) -> int:
    tracemalloc.start()
    try:
        for _ in work:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Nowhere:
    def write(self, chunk: bytes) -> int:
        return len(chunk)


def test_a_day_of_a_one_second_monitor_is_written_in_little_memory() -> None:
    assert peak(day_file.write(a_day(), Nowhere()) for _ in range(1)) < MIB


def test_a_day_of_a_one_second_monitor_is_read_in_little_memory() -> None:
    content = packed(a_day())
    chunks = (content[at : at + 65_536] for at in range(0, len(content), 65_536))
    assert peak(day_file.read(chunks)) < MIB


def test_a_bomb_costs_no_memory() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * MIB) for _ in range(64)) + packer.flush()

    def reading() -> Iterator[object]:
        with pytest.raises(DayFileMalformed, match="longer than"):
            yield from day_file.read([bomb])

    assert peak(reading()) < MIB


def test_what_goes_on_after_the_end_of_a_long_file_is_refused_and_ends_the_reading() -> None:
    content = packed(a_day(3_000)) + b"rotten"
    with pytest.raises(DayFileMalformed, match="after its end"):
        read(content, len(content))
