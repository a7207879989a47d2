"""One state for every moment, from two ledgers."""

from datetime import UTC, datetime, timedelta

import pytest

from allswell.domain import timeline
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind, Segment

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def up(minute: float) -> HealthClaim:
    return HealthClaim(State.UP, at(minute))


def down(minute: float, reason: str = "Timeout") -> HealthClaim:
    return HealthClaim(State.DOWN, at(minute), reason)


def overlay(kind: OverlayKind, start: float, end: float | None = None) -> Overlay:
    return Overlay(kind, at(start), None if end is None else at(end))


def drawn(
    claims: list[HealthClaim], overlays: list[Overlay], start: float = 0, end: float = 60
) -> list[tuple[float, float, str, str]]:
    """Return the segments of a window as minutes, state (maintenance in brackets) and reason."""
    return [
        (
            (segment.start - NOON) / timedelta(minutes=1),
            (segment.end - NOON) / timedelta(minutes=1),
            f"({segment.state})" if segment.maintenance else str(segment.state),
            segment.reason,
        )
        for segment in timeline.segments(claims, overlays, at(start), at(end))
    ]


def test_equal_neighbours_fold_into_the_first() -> None:
    assert timeline.fold([up(0), up(1), down(2), down(3), up(4)]) == (up(0), down(2), up(4))


def test_another_reason_is_another_stretch() -> None:
    claims = (down(0), down(1, "HTTP 503"))
    assert claims == timeline.fold(claims)


def test_a_later_store_that_repeats_the_state_adds_nothing() -> None:
    lost, successor = [up(0), down(10)], [down(12), up(20)]
    assert (up(0), down(10), up(20)) == timeline.fold(lost + successor)


def test_a_claim_of_a_later_store_replaces_what_it_overtakes() -> None:
    stale, successor = [up(0), down(10), up(30)], [down(10, "HTTP 503"), up(15)]
    assert (up(0), down(10, "HTTP 503"), up(15)) == timeline.fold(stale + successor)


def test_what_a_claim_overtakes_leaves_its_neighbours_to_fold() -> None:
    assert (up(0),) == timeline.fold([up(0), down(10), up(5)])


def test_time_before_the_first_claim_is_unknown() -> None:
    assert drawn([up(10)], []) == [(0, 10, "unknown", "NoData"), (10, 60, "up", "")]


def test_a_claim_holds_until_the_next() -> None:
    expected = [(0, 20, "up", ""), (20, 30, "down", "Timeout"), (30, 60, "up", "")]
    assert expected == drawn([up(-99), down(20), up(30)], [])


def test_claims_of_one_moment_before_the_window_count_by_the_last() -> None:
    assert drawn([up(-9), down(-5)], []) == [(0, 60, "down", "Timeout")]


@pytest.mark.parametrize("end", [0, -1])
def test_an_empty_window_has_no_segment(end: float) -> None:
    assert drawn([up(-9)], [], start=0, end=end) == []


def test_unseen_time_is_unknown_whatever_was_claimed() -> None:
    expected = [(0, 10, "up", ""), (10, 20, "unknown", "NoData"), (20, 60, "up", "")]
    assert expected == drawn([up(-9)], [overlay(OverlayKind.UNSEEN, 10, 20)])


def test_an_open_overlay_reaches_to_the_end() -> None:
    expected = [(0, 50, "up", ""), (50, 60, "unknown", "NoData")]
    assert expected == drawn([up(-9)], [overlay(OverlayKind.UNSEEN, 50)])


def test_a_pause_hides_both_claims_and_unseen_time() -> None:
    hidden = [overlay(OverlayKind.PAUSED, 10, 40), overlay(OverlayKind.UNSEEN, 20, 50)]
    expected = [(0, 10, "up", ""), (10, 40, "paused", ""), (40, 50, "unknown", "NoData")]
    assert [*expected, (50, 60, "down", "Timeout")] == drawn([up(-9), down(30)], hidden)


def test_maintenance_is_laid_over_a_state_and_changes_none() -> None:
    window = overlay(OverlayKind.MAINTENANCE, 10, 30)
    expected = [(0, 10, "up", ""), (10, 20, "(up)", ""), (20, 30, "(down)", "Timeout")]
    assert [*expected, (30, 60, "down", "Timeout")] == drawn([up(-9), down(20)], [window])


def test_neighbours_alike_are_joined_where_overlays_meet() -> None:
    met = [
        overlay(OverlayKind.UNSEEN, 10, 20),
        overlay(OverlayKind.UNSEEN, 20, 30),
        overlay(OverlayKind.UNSEEN, 5, 15),
    ]
    expected = [(0, 5, "up", ""), (5, 30, "unknown", "NoData"), (30, 60, "up", "")]
    assert expected == drawn([up(-9)], met)


def test_a_segment_has_its_own_times() -> None:
    found = timeline.segments([up(-9)], [], at(0), at(60))
    assert (Segment(at(0), at(60), State.UP),) == found


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ((0, 10), [(10, 40)]),
        ((0, 20), [(20, 40)]),
        ((15, 20), [(10, 15), (20, 40)]),
        ((30, 50), [(10, 30)]),
        ((40, 50), [(10, 40)]),
        ((0, 50), []),
        ((20, 20), [(10, 40)]),
    ],
)
def test_what_is_taken_out_of_an_overlay_is_left_around_it(
    taken: tuple[float, float], left: list[tuple[float, float]]
) -> None:
    found = timeline.subtract(overlay(OverlayKind.UNSEEN, 10, 40), at(taken[0]), at(taken[1]))
    assert tuple(overlay(OverlayKind.UNSEEN, *entry) for entry in left) == found


def test_an_open_overlay_stays_open_behind_what_is_taken_out() -> None:
    found = timeline.subtract(overlay(OverlayKind.UNSEEN, 10), at(0), at(20))
    assert (overlay(OverlayKind.UNSEEN, 20),) == found
