from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from allswell.central import page_data
from allswell.domain import uptime
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell_web.graphics import uptime_bars
from allswell_web.presentation import context, page_state, presenter, uptime_windows
from tests.unit.web import fakes

ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe")
STATES = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN)
moments = st.integers(0, 200 * 86_400).map(
    lambda seconds: datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[page_data.PageData, datetime]:
    times = sorted(draw(st.sets(moments, min_size=1, max_size=12)))
    claims = [HealthClaim(draw(st.sampled_from(STATES)), at, "Timeout") for at in times]
    overlays = []
    for kind in OverlayKind:
        start, end = sorted((draw(moments), draw(moments)))
        overlays.append(Overlay(kind, start, end))
    component = fakes.component(claims=claims, overlays=overlays, born=draw(moments))
    observed, late = draw(moments), draw(st.integers(0, 300))
    page = fakes.page(zone=draw(st.sampled_from(ZONES)))
    return fakes.facts(component, observed=observed, of=page), observed + timedelta(seconds=late)


def written(number: str | None) -> str | None:
    return None if number is None else f"{number}\N{NO-BREAK SPACE}%"


@given(histories())
def test_each_bar_is_as_high_as_the_box_and_shows_just_the_troubles_of_its_day(
    history: tuple[page_data.PageData, datetime],
) -> None:
    facts, now = history
    state = page_state.of(facts, now)
    for day in uptime_windows.days_of(state, state.components[0]):
        measured = uptime.measure(state.components[0].segments, day.start, day.end)
        assert day.uptime == measured
        if uptime_bars.kind(day) == uptime_bars.MIXED:
            lengths = dict(uptime_bars.lengths(day))
            assert sum(lengths.values()) == uptime_bars.HEIGHT
            assert ("d" in lengths) == (measured.down > 0)
            assert ("u" in lengths) == (measured.up > 0)
            assert min(lengths.values()) >= uptime_bars.MIN_GOOD_HEIGHT


@given(histories())
def test_the_ninety_day_percentage_is_that_of_the_days_that_the_bars_show(
    history: tuple[page_data.PageData, datetime],
) -> None:
    facts, now = history
    state = page_state.of(facts, now)
    days = uptime_windows.days_of(state, state.components[0])
    measured = uptime.measure(state.components[0].segments, days[0].start, days[-1].end)
    component = presenter.page(context.of(facts, {}, now)).groups[0].components[0]
    assert component.quarter.percent == written(measured.percent())
    assert component.quarter.coverage == written(measured.coverage())


@given(histories())
def test_nothing_is_stated_of_a_time_after_the_last_observation(
    history: tuple[page_data.PageData, datetime],
) -> None:
    facts, now = history
    state = page_state.of(facts, now)
    observed = facts.observed_through
    assert observed is not None
    assert all(segment.end <= observed for segment in state.components[0].segments)
    for day in uptime_windows.days_of(state, state.components[0]):
        if day.start >= observed:
            assert uptime_bars.kind(day) == uptime_bars.NOTHING


@given(st.sampled_from(ZONES), moments)
def test_the_bars_are_ninety_days_without_gap_that_end_today(zone: str, now: datetime) -> None:
    state = page_state.of(fakes.facts(fakes.component(), of=fakes.page(zone=zone)), now)
    days = uptime_windows.days_of(state, state.components[0])
    assert len(days) == 90
    assert all(one.end == two.start for one, two in pairwise(days))
    assert days[-1].day == now.astimezone(ZoneInfo(zone)).date()
