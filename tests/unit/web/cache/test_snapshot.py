import json
import pickle
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell_web.cache import snapshot
from allswell_web.cache.facts_cache import MATERIAL, PAGES
from allswell_web.cache.facts_sources import PageMaterial
from allswell_web.errors import DamagedSnapshot
from tests.property import strategies
from tests.unit.web import fakes


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    at: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    number: int
    share: float
    on: bool
    day: date
    length: timedelta
    colour: Colour
    maybe: str | None
    inner: Inner
    many: tuple[Inner, ...]
    words: tuple[str, ...]
    by_number: Mapping[int, int]
    by_name: Mapping[str, tuple[Inner, ...]]


CODEC = snapshot.codec(Whole)
moments = st.integers(0, 4 * 10**12).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
inners = st.builds(Inner, moments, st.text())
wholes = st.builds(
    Whole,
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.dates(),
    st.integers(0, 10**9).map(lambda ms: timedelta(milliseconds=ms)),
    st.sampled_from(Colour),
    st.none() | st.text(),
    inners,
    st.lists(inners).map(tuple),
    st.lists(st.text()).map(tuple),
    st.dictionaries(st.integers(), st.integers()),
    st.dictionaries(st.text(), st.lists(inners).map(tuple)),
)


def packed(value: object, form: object = snapshot.FORMAT) -> bytes:
    return zlib.compress(json.dumps({"format": form, "value": value}).encode())


@given(wholes)
def test_a_value_is_read_back_as_it_was_written(value: Whole) -> None:
    assert CODEC.read(CODEC.write(value)) == value


def test_all_that_a_page_is_made_of_is_read_back() -> None:
    claims = fakes.outage(fakes.ago(days=3), timedelta(hours=1))
    facts = fakes.facts(fakes.component(claims=claims), fakes.component(2))
    material = PageMaterial(facts, {"comp00000001": fakes.day_of_buckets()})
    assert MATERIAL.read(MATERIAL.write(material)) == material
    assert MATERIAL.read(MATERIAL.write(PageMaterial(None, {}))) == PageMaterial(None, {})
    pages = (fakes.page(), fakes.page(2, hostnames=("a.example", "b.example"), address="b-1"))
    assert PAGES.read(PAGES.write(pages)) == pages


def test_a_field_that_is_missing_takes_its_default_and_an_unknown_one_is_left_alone() -> None:
    inner = snapshot.codec(Inner)
    assert inner.read(packed({"at": 0, "colour": "red"})) == Inner(datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        packed({"at": 0})[:-5],
        zlib.compress(b"{"),
        zlib.compress(b"[" * 100_000),
        packed({"at": 0}, 2),
        packed({"name": "no moment"}),
        packed({"at": "soon"}),
        packed({"at": 10**30}),
        packed({"at": 0, "name": 7}),
        packed(None),
        packed([]),
        pickle.dumps("x"),
    ],
)
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedSnapshot):
        snapshot.codec(Inner).read(data)


@given(st.binary(max_size=200) | strategies.json_values.map(packed))
def test_whatever_is_read_is_a_value_or_damaged(data: bytes) -> None:
    try:
        value = MATERIAL.read(data)
    except DamagedSnapshot:
        return
    assert isinstance(value, PageMaterial)


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    bomb = zlib.compress(b" " * (snapshot.MAX_BYTES + 1))
    with pytest.raises(DamagedSnapshot):
        PAGES.read(bomb)


def test_a_type_that_no_snapshot_holds_is_refused_when_the_codec_is_made() -> None:
    with pytest.raises(TypeError):
        snapshot.codec(set[str])
