"""Whether one day file holds another, whatever either is."""

import gzip
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from allswell.archive import day_file, superset
from allswell.domain.sample import Sample

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Minutes after noon, and how long each check took.
DAY = st.dictionaries(st.integers(0, 20), st.integers(1, 2), max_size=12)


def packed(minutes: Iterable[tuple[int, int]], size: int = 7) -> list[bytes]:
    out = BytesIO()
    day_file.write((Sample(NOON + timedelta(minutes=at), us) for at, us in minutes), out)
    content = out.getvalue()
    return [content[at : at + size] for at in range(0, len(content), size)]


@given(DAY, DAY)
def test_a_file_contains_another_if_it_has_all_its_samples(
    new: dict[int, int], old: dict[int, int]
) -> None:
    found = superset.contains(packed(sorted(new.items())), packed(sorted(old.items())))
    assert found is (old.items() <= new.items())


def test_what_is_no_day_file_is_contained_nowhere_and_contains_nothing() -> None:
    good = packed([(1, 1), (2, 1)])
    for bad in ([b"rotten"], [], [gzip.compress(b"rotten\n")]):
        assert not superset.contains(good, bad)
        assert not superset.contains(bad, good)


def test_a_file_that_is_cut_or_goes_on_after_its_end_is_contained_nowhere() -> None:
    day = [(minute, minute % 7 + 1) for minute in range(3_000)]
    whole = b"".join(packed(day))
    for broken in (whole[: len(whole) // 2], whole[:-1], whole + b"rotten"):
        assert not superset.contains(packed(day), [broken])
        assert not superset.contains([broken], packed(day))


def test_what_unpacks_to_one_endless_line_is_refused() -> None:
    bomb = gzip.compress(b"x" * 50_000_000)
    assert not superset.contains([bomb], [bomb])
