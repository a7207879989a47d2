"""Names of day files say what they are of, and nothing else does."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import archive
from allswell.domain.archive import DayFileName

DAY = date(2026, 11, 23)


def test_the_day_comes_first_in_a_name() -> None:
    assert archive.key(DayFileName("abc123", DAY, 2)) == "v1/date=2026-11-23/abc123.2.ndjson.gz"


def test_only_a_later_revision_says_its_number() -> None:
    assert (
        archive.key(DayFileName("abc123", DAY, 1, 2)) == "v1/date=2026-11-23/abc123.1.r2.ndjson.gz"
    )


@given(
    st.builds(
        DayFileName,
        st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True),
        st.dates(),
        st.integers(1, 10**6),
        st.integers(1, 10**6),
    )
)
def test_a_name_says_what_it_was_made_of(place: DayFileName) -> None:
    assert archive.parse(archive.key(place)) == place


@pytest.mark.parametrize(
    "name",
    [
        "v1/date=2026-11-23/abc.1.r1.ndjson.gz",
        "v1/date=2026-11-31/abc.1.ndjson.gz",
        "v1/date=2026-11-23/abc.0.ndjson.gz",
        "v1/date=2026-11-23/abc.01.ndjson.gz",
        "v1/date=2026-11-23/abc.1.ndjson",
        "v1/date=2026-11-23/../abc.1.ndjson.gz",
        "v1/date=2026-11-23/abc.1.ndjson.gz\n",
        "v2/date=2026-11-23/abc.1.ndjson.gz",
        "index.html",
    ],
)
def test_another_name_is_no_day_file(name: str) -> None:
    assert archive.parse(name) is None


def test_all_files_of_a_day_begin_alike() -> None:
    assert archive.key(DayFileName("x", DAY, 1)).startswith(archive.partition(DAY))
