from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell_web.presentation import context, presenter, view
from allswell_web.status.component_status import ComponentStatus
from tests.unit.web import fakes
from tests.unit.web.fakes import NOW, ago

DOWN = (HealthClaim(State.UP, fakes.BORN), HealthClaim(State.DOWN, ago(minutes=84), "HTTP 503"))
SLOW = (HealthClaim(State.UP, fakes.BORN), HealthClaim(State.DEGRADED, ago(minutes=5), "Slow"))


def page_of(*components: object, **more: object) -> view.PageView:
    return presenter.page(context.of(fakes.facts(*components, **more), {}, NOW))  # type: ignore[arg-type]


def only_component(page: view.PageView) -> view.ComponentView:
    return page.groups[0].components[0]


def test_a_page_whose_components_are_all_up_says_so_and_since_when() -> None:
    page = page_of(fakes.component(1), fakes.component(2, "Search"))
    assert page.sentence == "All systems operational"
    assert page.since is not None
    assert page.since.machine == f"{fakes.BORN:%Y-%m-%dT%H:%M:%SZ}"
    assert page.affected == ()


def test_one_component_that_is_down_is_named_with_its_reason_and_since_when() -> None:
    page = page_of(fakes.component(1, claims=DOWN), fakes.component(2, "Search"))
    assert page.sentence == "Public API is down"
    (affected,) = page.affected
    assert (affected.word, affected.note) == ("Down", "returned HTTP 503")
    assert affected.since is not None
    assert affected.since.text == "14:02 UTC"


def test_several_components_that_are_down_are_counted() -> None:
    components = [fakes.component(n, f"C{n}", claims=DOWN) for n in (1, 2)]
    page = page_of(*components, fakes.component(3, "Search"))
    assert page.sentence == "2 of 3 components are down"


def test_down_outweighs_degraded_and_degraded_outweighs_unknown() -> None:
    unseen = fakes.component(3, "C", overlays=[Overlay(OverlayKind.UNSEEN, ago(minutes=9))])
    slow = fakes.component(2, "B", claims=SLOW)
    assert page_of(slow, unseen).sentence == "B is degraded"
    assert page_of(unseen, slow, fakes.component(1, "A", claims=DOWN)).sentence == "A is down"


def test_a_component_that_nobody_looks_at_is_not_known_and_never_up() -> None:
    page = page_of(fakes.component(overlays=[Overlay(OverlayKind.UNSEEN, ago(minutes=9))]))
    assert page.sentence == "The status of all systems is unknown"
    assert only_component(page).status is ComponentStatus.UNKNOWN
    assert only_component(page).note == "no monitoring data"


def test_a_fresh_monitor_has_no_data_yet_and_no_percentage() -> None:
    page = page_of(fakes.component(born=ago(seconds=20), claims=()))
    assert page.sentence == "Waiting for the first checks"
    assert (only_component(page).word, only_component(page).quarter.percent) == (
        "No data yet",
        None,
    )


def test_a_paused_component_does_not_change_the_sentence_but_a_page_of_them_is_not_green() -> None:
    paused = fakes.component(2, "B", overlays=[Overlay(OverlayKind.PAUSED, ago(days=2))])
    assert page_of(fakes.component(), paused).sentence == "All systems operational"
    assert page_of(paused).sentence == "Monitoring is paused"
    assert page_of(paused).status is ComponentStatus.PAUSED


def test_maintenance_is_said_and_the_observed_state_stays_visible() -> None:
    page = page_of(
        fakes.component(claims=DOWN, overlays=[Overlay(OverlayKind.MAINTENANCE, ago(hours=2))]),
        fakes.component(2, "Search"),
    )
    assert page.sentence == "Public API is under maintenance"
    assert only_component(page).note == "observed: Down"


def test_a_page_without_components_claims_nothing() -> None:
    assert page_of().sentence == "No components are monitored yet"
    assert page_of().status is ComponentStatus.UNKNOWN


@pytest.mark.parametrize(
    ("silence", "known"), [(timedelta(minutes=2), True), (timedelta(minutes=2, seconds=1), False)]
)
def test_the_present_is_known_for_two_minutes_after_the_last_observation(
    silence: timedelta, known: bool
) -> None:
    page = page_of(fakes.component(), observed=NOW - silence)
    assert (page.sentence == "All systems operational") is known


def test_silence_is_said_in_words_with_since_when_and_what_was_last_seen() -> None:
    page = page_of(fakes.component(claims=SLOW), observed=ago(minutes=84))
    assert page.sentence == "The current status is unknown"
    assert page.stale_data is not None
    assert page.stale_data.since is not None
    assert (page.stale_data.since.text, page.stale_data.duration) == ("14:02 UTC", "1 h 24 min")
    assert (only_component(page).word, only_component(page).note) == (
        "Unknown",
        "last known status: Operational",
    )
    assert page.groups[0].summary == ""


def test_before_the_collector_ever_ran_nothing_is_stated() -> None:
    page = page_of(fakes.component(), observed=None)
    assert page.stale_data == view.StaleDataView(None, "")
    assert page.as_of is None
    assert only_component(page).quarter.percent is None


def test_a_day_after_the_last_observation_is_neither_up_nor_down() -> None:
    page = page_of(fakes.component(), observed=ago(days=3))
    last_three = [path for path in only_component(page).bars if path.style == "n"]
    assert [path.data for path in last_three] == ["M435 31h15"]


def test_one_second_of_downtime_is_never_a_hundred_percent() -> None:
    claims = (HealthClaim(State.UP, fakes.BORN), *fakes.outage(ago(days=3), timedelta(seconds=1)))
    quarter = only_component(page_of(fakes.component(claims=claims))).quarter
    assert quarter.percent == "99.99\N{NO-BREAK SPACE}%"
    assert only_component(page_of(fakes.component())).quarter.percent == "100\N{NO-BREAK SPACE}%"


def test_degraded_counts_as_up_in_the_percentage_and_as_a_problem_in_the_label() -> None:
    component = only_component(page_of(fakes.component(claims=SLOW)))
    share = "100\N{NO-BREAK SPACE}%"
    assert component.label == f"Public API, last 90 days: {share} uptime, 1 day with problems"


def test_the_windows_are_24_hours_7_30_and_90_days() -> None:
    claims = (HealthClaim(State.UP, fakes.BORN), *fakes.outage(ago(days=10), timedelta(hours=2)))
    windows = only_component(page_of(fakes.component(claims=claims))).windows
    assert [window.label for window in windows] == ["24 hours", "7 days", "30 days", "90 days"]
    assert [window.percent for window in windows] == [
        "100\N{NO-BREAK SPACE}%",
        "100\N{NO-BREAK SPACE}%",
        "99.71\N{NO-BREAK SPACE}%",
        "99.90\N{NO-BREAK SPACE}%",
    ]


def test_coverage_tells_how_much_was_observed() -> None:
    overlays = [Overlay(OverlayKind.UNSEEN, ago(hours=12), ago(hours=6))]
    first = only_component(page_of(fakes.component(overlays=overlays))).windows[0]
    assert (first.percent, first.coverage) == ("100\N{NO-BREAK SPACE}%", "75.0\N{NO-BREAK SPACE}%")


def test_a_troubled_day_lists_start_end_duration_and_reason() -> None:
    start = datetime(2026, 11, 20, 9, 10, tzinfo=UTC)
    claims = (HealthClaim(State.UP, fakes.BORN), *fakes.outage(start, timedelta(minutes=25)))
    (day,) = only_component(page_of(fakes.component(claims=claims))).days
    (period,) = day.periods
    assert (day.machine, day.text) == ("2026-11-20", "20 Nov")
    assert (period.times, period.duration) == ("09:10–09:35 UTC", "25 min")
    assert (period.word, period.reason) == ("Down", "timed out")


def test_an_outage_over_midnight_stands_under_both_days() -> None:
    start = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    claims = (HealthClaim(State.UP, fakes.BORN), *fakes.outage(start, timedelta(hours=3)))
    newer, older = only_component(page_of(fakes.component(claims=claims))).days
    assert [newer.periods[0].times, older.periods[0].times] == [
        "00:00–02:00 UTC",
        "23:00–24:00 UTC",
    ]


def test_an_outage_that_goes_on_has_no_end() -> None:
    (day,) = only_component(page_of(fakes.component(claims=DOWN))).days
    assert day.periods[0].times == "since 14:02 UTC"


def test_only_the_newest_five_troubled_days_are_listed() -> None:
    claims = [HealthClaim(State.UP, fakes.BORN)]
    for days in range(40, 0, -2):
        claims += fakes.outage(ago(days=days), timedelta(minutes=3))
    component = only_component(page_of(fakes.component(claims=claims)))
    assert (len(component.days), component.older_days) == (5, 15)
    assert component.days[0].text == "21 Nov"


def test_days_are_cut_in_the_zone_of_the_page() -> None:
    start = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    claims = (HealthClaim(State.UP, fakes.BORN), *fakes.outage(start, timedelta(minutes=10)))
    page = page_of(fakes.component(claims=claims), of=fakes.page(zone="Europe/Berlin"))
    (day,) = only_component(page).days
    assert (day.machine, day.periods[0].times) == ("2026-11-21", "00:30–00:40 CET")


def test_a_zone_that_is_not_known_here_falls_back_to_utc() -> None:
    assert page_of(fakes.component(), of=fakes.page(zone="Mars/Olympus")).frame.zone == "UTC"


def test_latency_is_drawn_with_its_average_and_p95() -> None:
    buckets = {"comp00000001": fakes.day_of_buckets()}
    page = presenter.page(context.of(fakes.facts(fakes.component()), buckets, NOW))
    latency = only_component(page).latency
    assert latency is not None
    assert (latency.average, latency.p95) == ("134 ms", "149 ms")


def test_latency_beyond_what_was_observed_is_not_drawn() -> None:
    buckets = {"comp00000001": fakes.day_of_buckets()}
    facts = fakes.facts(fakes.component(), observed=ago(hours=25))
    assert only_component(presenter.page(context.of(facts, buckets, NOW))).latency is None


def test_p95_is_left_out_below_twenty_checks() -> None:
    few = tuple(replace(bucket, count=1) for bucket in fakes.day_of_buckets()[-19:])
    page = presenter.page(context.of(fakes.facts(fakes.component()), {"comp00000001": few}, NOW))
    latency = only_component(page).latency
    assert latency is not None
    assert latency.p95 is None


def test_groups_stand_in_the_order_of_the_page_and_calm_ones_close_on_a_long_page() -> None:
    many = [fakes.component(n, f"C{n}", group="Calm") for n in range(1, 30)]
    bad = fakes.component(30, "Bad", group="Trouble", claims=DOWN)
    calm, trouble = page_of(*many, bad).groups
    assert (calm.name, calm.opened, calm.summary) == ("Calm", False, "29 of 29 operational")
    assert (trouble.name, trouble.opened, trouble.status) == (
        "Trouble",
        True,
        ComponentStatus.DOWN,
    )
