"""Reading a body in pieces."""

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import state
from allswell.domain.spec.http import BodyExpect
from allswell.probe.body import BodyReader, TextSearch, charset_of
from allswell.probe.content_coding import MAX_BYTES, Unpacker
from allswell.probe.fault import Fault


def pieces_of(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def read(data: bytes, expect: BodyExpect, *, size: int = 7, encoding: str = "") -> BodyReader:
    unpacker, reading = Unpacker(encoding), BodyReader(expect, "text/plain")
    for packed in pieces_of(data, size):
        for piece in unpacker.feed(packed):
            reading.feed(piece)
    unpacker.end()
    reading.end()
    return reading


@given(st.text(alphabet="ab", min_size=1, max_size=6), st.lists(st.text(alphabet="ab"), max_size=9))
def test_a_needle_is_found_in_pieces_exactly_when_it_is_in_the_whole(
    text: str, pieces: list[str]
) -> None:
    needle = TextSearch(text)
    for piece in pieces:
        needle.feed(piece)
    assert needle.found == (text in "".join(pieces))


@given(st.text(max_size=200), st.integers(1, 50), st.sampled_from(["", "gzip", "deflate"]))
def test_however_a_text_is_packed_and_cut_the_same_text_is_read(
    text: str, size: int, encoding: str
) -> None:
    packs: dict[str, Callable[[bytes], bytes]]
    packs = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}
    whole = read(
        packs[encoding](text.encode()), BodyExpect(matches="x"), size=size, encoding=encoding
    )
    assert (whole.text, whole.beginning) == (text, text[:80])


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "identity", "br"]))
def test_any_bytes_are_read_or_refused_in_words(data: bytes, encoding: str) -> None:
    try:
        read(data, BodyExpect(not_contains="x"), encoding=encoding)
    except Fault as fault:
        assert fault.reason == state.PROTOCOL_ERROR  # noqa: PT017 - one of two good ends


def test_what_comes_after_the_end_of_a_packed_body_is_left_alone() -> None:
    data = gzip.compress(b"whole") + b"rubbish"
    assert read(data, BodyExpect(matches="x"), encoding="gzip").text == "whole"


def test_a_body_over_the_limit_is_refused_though_nothing_was_packed() -> None:
    unpacker = Unpacker("")
    with pytest.raises(Fault, match="1024 KiB"):
        list(unpacker.feed(bytes(MAX_BYTES + 1)))


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("text/html", "utf-8"),
        ("text/html; charset=UTF-8", "utf-8"),
        ('text/html;charset = "ISO-8859-1"', "iso8859-1"),
        ("text/html; charset=shift_jis", "shift_jis"),
        ("text/html; charset=windows-1252", "cp1252"),
        ("text/html; charset=bz2", "utf-8"),
        ("text/html; charset=punycode", "utf-8"),
        ("text/html; charset=iso-8859-99", "utf-8"),
    ],
)
def test_only_harmless_charsets_are_read(content_type: str, charset: str) -> None:
    assert charset_of(content_type) == charset
