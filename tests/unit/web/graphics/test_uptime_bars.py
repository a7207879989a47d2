from datetime import date, timedelta
from zoneinfo import ZoneInfo

from allswell.domain import instant
from allswell.domain.uptime import Uptime, UptimeDay
from allswell_web.graphics import uptime_bars

HOUR = 3_600_000


def day(zone: str = "UTC", of: date = date(2026, 11, 20), **hours: float) -> UptimeDay:
    time_zone = ZoneInfo(zone)
    start = instant.day_start(of, time_zone)
    end = instant.day_start(of + timedelta(days=1), time_zone)
    spent = Uptime(**{name: int(length * HOUR) for name, length in hours.items()})
    return UptimeDay(of, start, end, spent)


def drawn(*days: UptimeDay) -> dict[str, str]:
    return {path.style: path.data for path in uptime_bars.paths(days)}


def test_good_days_are_one_stroke() -> None:
    assert drawn(*[day(up=24)] * 90) == {"o": "M0 21h450"}


def test_the_stroke_of_good_days_is_cut_where_a_day_has_trouble() -> None:
    drawing = drawn(day(up=24), day(up=12, down=12), day(up=24), day(up=24))
    assert drawing == {"o": "M0 21h5M10 21h10", "u": "M6.5 34V17", "d": "M6.5 17V0"}


def test_a_second_of_downtime_is_six_units_high() -> None:
    assert drawn(day(up=24, down=1 / 3600))["d"] == "M1.5 6V0"


def test_a_day_without_anything_good_is_filled_to_the_top() -> None:
    assert drawn(day(down=3)) == {"d": "M1.5 34V0"}


def test_some_good_stays_visible_under_the_worst_day() -> None:
    assert drawn(day(up=0.1, down=23.9))["u"] == "M1.5 34V30"


def test_every_kind_of_trouble_is_stacked_and_keeps_the_least_height() -> None:
    lengths = uptime_bars.lengths(day(up=1, degraded=1, unknown=1, maintenance=1, down=20))
    assert [style for style, _ in lengths] == ["u", "g", "q", "m", "d"]
    assert sum(length for _, length in lengths) == uptime_bars.HEIGHT
    assert min(length for _, length in lengths[1:]) >= uptime_bars.MIN_HEIGHT


def test_a_day_that_nobody_watched_is_unknown_and_one_before_the_life_has_no_data() -> None:
    assert drawn(day(unknown=24)) == {"q": "M1.5 34V0"}
    assert drawn(day()) == {"n": "M0 31h5"}
    assert drawn(day(paused=24)) == {"n": "M0 31h5"}


def test_a_gap_of_seconds_does_not_make_a_good_day_look_bad() -> None:
    assert drawn(day(up=23, unknown=30 / 3600)) == {"o": "M0 21h5"}


def test_a_gap_of_seconds_alone_is_still_not_shown_as_good() -> None:
    assert drawn(day(unknown=30 / 3600)) == {"q": "M1.5 34V0"}


def test_a_day_of_23_and_one_of_25_hours_share_by_their_own_length() -> None:
    short = day("Europe/Berlin", date(2026, 3, 29), up=11.5, down=11.5)
    long = day("Europe/Berlin", date(2026, 10, 25), up=12.5, down=12.5)
    assert uptime_bars.lengths(short) == uptime_bars.lengths(long) == [("u", 17), ("d", 17)]


def test_hours_before_the_first_check_and_hours_to_come_are_in_no_bar() -> None:
    """An hour of trouble in a life of two is half of a bar, however long the day is."""
    assert drawn(day(up=1, down=1)) == {"u": "M1.5 34V17", "d": "M1.5 17V0"}
    assert drawn(day(up=1, down=1, paused=20)) == {"u": "M1.5 34V17", "d": "M1.5 17V0"}
    assert uptime_bars.lengths(day(up=1, maintenance=1)) == [("u", 17), ("m", 17)]
