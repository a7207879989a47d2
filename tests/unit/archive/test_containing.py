"""Whether one day file holds another, whatever either is."""

import gzip
import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from allswell.archive import containing

LINES = st.lists(st.integers(0, 30), max_size=12, unique=True).map(sorted)


def packed(lines: Sequence[int], size: int = 7) -> list[bytes]:
    content = gzip.compress(b"".join(b"%d\n" % line for line in lines))
    return [content[at : at + size] for at in range(0, len(content), size)]


@given(LINES, LINES)
def test_a_file_contains_another_if_it_has_all_its_lines(new: list[int], old: list[int]) -> None:
    assert containing.contains(packed(new), packed(old)) is (set(old) <= set(new))


def test_what_is_no_day_file_is_contained_nowhere_and_contains_nothing() -> None:
    good = packed([1, 2])
    assert not containing.contains(good, [b"rotten"])
    assert not containing.contains([b"rotten"], good)
    assert containing.contains(good, [])
    assert not containing.contains([], good)


def test_a_file_that_is_cut_or_goes_on_after_its_end_is_contained_nowhere() -> None:
    lot = random.Random(1)
    lines = [lot.randrange(10**9) for _ in range(5_000)]
    whole = b"".join(packed(lines))
    for broken in (whole[: len(whole) // 2], whole[:-1], whole + b"".join(packed([1]))):
        assert not containing.contains(packed(lines), [broken])
        assert not containing.contains([broken], packed(lines))


def test_what_unpacks_to_one_endless_line_is_refused_early() -> None:
    bomb = gzip.compress(b"x" * 50_000_000)
    assert not containing.contains([bomb], [bomb])
