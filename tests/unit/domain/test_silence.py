"""When silence becomes `unseen`, and how far the collector has seen."""

from datetime import UTC, datetime, timedelta

from allswell.domain import silence
from allswell.domain.cover import Observation
from allswell.domain.silence import SilenceJudgement, WatchedMonitor
from allswell.domain.timeline import Overlay, OverlayKind

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COVER = timedelta(seconds=90)
LONG_AGO = -86_400


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def seen(since: float, last: float) -> Observation:
    return Observation(at(since), at(last), at(last) + COVER)


def unseen(start: float, end: float | None = None) -> Overlay:
    return Overlay(OverlayKind.UNSEEN, at(start), None if end is None else at(end))


def judged(
    *watched: WatchedMonitor, now: float, through: float = -15, start: float = LONG_AGO
) -> SilenceJudgement:
    return silence.judge(watched, at(through), at(start), at(now))


def corrected(
    *overlays: Overlay, by: Observation, through: float, first: bool = False
) -> tuple[Overlay, ...]:
    return silence.correct(overlays, by, at(through), first=first)


def test_without_monitors_the_collector_has_seen_everything() -> None:
    assert SilenceJudgement({}, at(0)) == judged(now=0)


def test_a_covered_monitor_lets_the_collector_advance_to_now() -> None:
    found = judged(WatchedMonitor(1, COVER, seen(-600, -80)), now=0)
    assert SilenceJudgement({}, at(0)) == found


def test_cover_that_ends_now_still_covers() -> None:
    assert SilenceJudgement({}, at(0)) == judged(WatchedMonitor(1, COVER, seen(-600, -90)), now=0)


def test_unseen_begins_where_cover_ends_and_the_collector_goes_on() -> None:
    found = judged(WatchedMonitor(1, COVER, seen(-600, -100)), now=0)
    assert SilenceJudgement({1: at(-10)}, at(0)) == found


def test_an_open_unseen_is_not_opened_again() -> None:
    known = WatchedMonitor(1, COVER, seen(-600, -100), unseen_open=True)
    assert SilenceJudgement({}, at(0)) == judged(known, now=0)


def test_after_its_own_start_the_collector_waits_for_the_first_beat() -> None:
    silent, heard = WatchedMonitor(1, COVER), WatchedMonitor(2, COVER, seen(-600, 10))
    found = judged(silent, heard, now=89.9, through=-300, start=0)
    assert SilenceJudgement({}, at(-300)) == found


def test_silence_after_the_wait_is_dated_from_how_far_the_collector_had_seen() -> None:
    found = judged(WatchedMonitor(1, COVER), now=90, through=-300, start=0)
    assert SilenceJudgement({1: at(-300)}, at(90)) == found


def test_the_wait_is_no_longer_than_cover() -> None:
    found = judged(WatchedMonitor(1, timedelta(seconds=61)), now=61, through=-300, start=0)
    assert SilenceJudgement({1: at(-300)}, at(61)) == found


def test_the_wait_is_three_beats_however_long_cover_is() -> None:
    found = judged(WatchedMonitor(1, timedelta(hours=1)), now=90, through=-300, start=0)
    assert SilenceJudgement({1: at(-300)}, at(90)) == found


def test_nothing_is_observed_beyond_a_clock_that_was_set_back() -> None:
    found = judged(WatchedMonitor(1, COVER, seen(-7200, -3610)), now=-3600, through=0)
    assert SilenceJudgement({}, at(-3600)) == found


def test_a_start_in_the_future_of_a_clock_that_was_set_back_is_no_reason_to_wait() -> None:
    found = judged(WatchedMonitor(1, COVER), now=-3600, through=0, start=-60)
    assert SilenceJudgement({1: at(-3600)}, at(-3600)) == found


def test_a_beat_closes_an_open_unseen_where_observation_begins() -> None:
    found = corrected(unseen(-600), by=seen(-20, -5), through=-15)
    assert (unseen(-600, -20),) == found


def test_a_beat_that_repeats_an_old_observation_leaves_the_unseen_open() -> None:
    found = corrected(unseen(-510), by=seen(-9000, -600), through=-15)
    assert (unseen(-510),) == found


def test_evidence_that_comes_late_takes_out_the_middle_of_an_unseen() -> None:
    found = corrected(unseen(-3600), by=seen(-3000, -1000), through=-15)
    assert (unseen(-3600, -3000), unseen(-910)) == found


def test_a_checker_that_was_only_cut_off_leaves_no_unseen() -> None:
    assert corrected(unseen(-600), by=seen(-9000, -5), through=-15) == ()


def test_a_restart_of_the_collector_alone_leaves_no_unseen() -> None:
    found = corrected(by=seen(-9000, 20), through=-600, first=True)
    assert found == ()


def test_a_machine_that_was_off_leaves_an_unseen_from_what_was_observed_to_the_first_check() -> (
    None
):
    found = corrected(by=seen(5, 5), through=-3600, first=True)
    assert (unseen(-3600, 5),) == found


def test_only_the_first_beat_speaks_of_the_time_before_the_collector_started() -> None:
    assert corrected(by=seen(5, 5), through=-3600, first=False) == ()


def test_an_unseen_that_was_open_when_the_collector_stopped_is_not_noted_twice() -> None:
    found = corrected(unseen(-7200), by=seen(5, 5), through=-3600, first=True)
    assert (unseen(-7200, 5),) == found


def test_unseen_times_that_touch_become_one_and_come_in_order() -> None:
    known = (unseen(-500, -400), unseen(-900, -800), unseen(-800, -700), unseen(-890, -850))
    found = corrected(*known, by=seen(5, 5), through=-15)
    assert (unseen(-900, -700), unseen(-500, -400)) == found


def test_an_open_unseen_swallows_those_that_begin_within_it() -> None:
    found = corrected(unseen(-900), unseen(-800, -700), by=seen(-9000, -1000), through=-15)
    assert (unseen(-900),) == found


def test_other_overlays_are_not_the_business_of_a_beat() -> None:
    pause = Overlay(OverlayKind.PAUSED, at(-900), at(-800))
    assert corrected(pause, by=seen(5, 5), through=-15) == ()
