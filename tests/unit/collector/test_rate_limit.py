from contextlib import ExitStack

import pytest

from allswell.collector.authentication import Sender
from allswell.collector.rate_limit import (
    EVERY_S,
    MAX_MESSAGES,
    MAX_UNANSWERED,
    RateLimit,
    TooManyRequests,
)
from allswell.domain import health
from allswell.store import pruning

API, DB = Sender("acme", "api"), Sender("acme", "db")
REPORT, BEAT = "/v1/report", "/v1/beat"


def spoken(rate_limit: RateLimit, sender: Sender, now: float, path: str = REPORT) -> bool:
    """Tell whether a message that takes no time is let in."""
    try:
        with rate_limit.admit(sender, path, now):
            return True
    except TooManyRequests:
        return False


def test_so_many_of_a_monitor_are_let_in_at_once_by_path() -> None:
    refused: list[int] = []
    rate_limit = RateLimit(lambda: refused.append(1))
    with ExitStack() as inside:
        for _ in range(MAX_UNANSWERED):
            inside.enter_context(rate_limit.admit(API, REPORT, 0.0))
        assert not spoken(rate_limit, API, 0.0)
        assert spoken(rate_limit, API, 0.0, BEAT)
        assert spoken(rate_limit, DB, 0.0)
    assert spoken(rate_limit, API, 0.0)
    assert len(refused) == 1


def test_who_has_used_its_allowance_gets_it_back_with_time() -> None:
    rate_limit = RateLimit(most=3, every=10.0)
    assert [spoken(rate_limit, API, 5.0) for _ in range(4)] == [True, True, True, False]
    assert spoken(rate_limit, DB, 5.0)
    assert [spoken(rate_limit, API, second) for second in (14.9, 15.0, 15.1)] == [
        False,
        True,
        False,
    ]
    assert [spoken(rate_limit, API, 1000.0) for _ in range(4)] == [True, True, True, False]


def test_who_is_refused_is_told_how_long_to_wait() -> None:
    rate_limit = RateLimit(most=1, every=90.0)
    assert spoken(rate_limit, API, 0.0)
    with pytest.raises(TooManyRequests) as caught, rate_limit.admit(API, REPORT, 50.5):
        pass
    assert caught.value.retry_after == 40


def test_who_speaks_for_a_namespace_is_let_in_always() -> None:
    rate_limit = RateLimit(at_once=0, most=0)
    assert spoken(rate_limit, Sender("acme"), 0.0)
    assert not spoken(rate_limit, API, 0.0)


def test_nobody_is_remembered_who_has_its_allowance_whole() -> None:
    rate_limit = RateLimit(every=1.0)
    for number in range(100):
        assert spoken(rate_limit, Sender("acme", f"m{number}"), 0.0)
    assert len(rate_limit._whole_at) == 100
    assert spoken(rate_limit, API, 61.0)
    assert len(rate_limit._whole_at) == 1


def test_no_checker_keeps_so_much_that_it_meets_a_limit() -> None:
    hours = pruning.REPORTS_FOR.total_seconds() / 3600
    # One that improves and one that begins to flap may come on top of the most of an hour.
    changes, days = hours * (health.MOST_CHANGES_AN_HOUR + 2), hours / 24
    beats = hours * 120
    assert changes + days + 1000 < MAX_MESSAGES
    assert (changes + days + beats) / hours * 2 < 3600 / EVERY_S
