from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from allswell.checker.monitor_runtime import day_is_over
from allswell.domain.cover import Grace
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from tests.unit.checker.fakes import (
    NOON,
    SECOND,
    enroll,
    open_store,
)

MIDNIGHT = NOON + timedelta(hours=12)
LATEST = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("minutes", "samples", "over"),
    [
        (1, (), False),
        (15, (), True),
        (1, ((1, ""),), True),
        # an outage that is still being confirmed, begun before midnight or after it
        (1, ((-1, "Timeout"), (1, "Timeout")), True),
        (1, ((-1, "Timeout"),), False),
        (2, ((1, "Timeout"),), True),
    ],
)
def test_a_day_is_over_when_nothing_begun_in_it_is_open(
    tmp_path: Path, minutes: int, samples: tuple[tuple[int, str], ...], *, over: bool
) -> None:
    store = open_store(tmp_path)
    api = enroll(store)
    for at, reason in samples:
        api.judge(Sample(MIDNIGHT + at * SECOND, 1, reason), Grace())
    assert day_is_over(api, MIDNIGHT + timedelta(minutes=minutes), LATEST) is over
    store.close()


def test_a_confirmation_from_before_midnight_keeps_the_day_open_for_a_quarter_of_an_hour(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path)
    api = enroll(store)
    api.monitor = replace(api.monitor, confirm=Confirm(failures=3))
    for at, reason in ((-60, ""), (-1, "Timeout"), (1, "Timeout")):
        api.judge(Sample(MIDNIGHT + at * SECOND, 1, reason), Grace())
    assert not day_is_over(api, MIDNIGHT + 14 * MINUTE, LATEST)
    assert day_is_over(api, MIDNIGHT + 15 * MINUTE, LATEST)
    api.judge(Sample(MIDNIGHT + 2 * SECOND, 1, "Timeout"), Grace())
    assert day_is_over(api, MIDNIGHT + MINUTE, LATEST)
    store.close()


def test_a_claim_takes_the_next_number_and_goes_with_its_sample(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    api = enroll(store)
    first, claim = api.judge(Sample(NOON, 1), Grace())
    assert claim is not None
    assert [getattr(each, "sequence", 0) for each in first.envelopes] == [1]
    second, nothing = api.judge(Sample(NOON + 60 * SECOND, 1), Grace())
    assert nothing is None
    assert second.envelopes == ()
    assert api.would_go_down(Sample(NOON + 120 * SECOND, 1, "Timeout")) is False
    assert second.observation.since == NOON
    store.close()
