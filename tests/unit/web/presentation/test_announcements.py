"""Check incidents and maintenance on the page: what is shown, where, and the sentence."""

from datetime import timedelta

import pytest

from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Effect, Impact, Incident, Status
from allswell.domain.maintenance import Maintenance, Phase
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell_web.presentation import context, presenter, view
from allswell_web.status.component_status import ComponentStatus
from tests.unit.web import fakes
from tests.unit.web.fakes import NOW, ago

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SAID = (Status.INVESTIGATING, "We are looking.\n\nSoon more.", ago(minutes=50))
OVER = (Status.RESOLVED, "All is well.", ago(minutes=20))


def page_of(
    *incidents: Incident,
    maintenances: tuple[Maintenance, ...] = (),
    claims: tuple[HealthClaim, ...] = (HealthClaim(State.UP, fakes.BORN),),
    **more: object,
) -> view.PageView:
    facts = fakes.facts(
        fakes.component(claims=claims),
        fakes.component(2, "Search"),
        incidents=incidents,
        maintenances=maintenances,
        **more,  # type: ignore[arg-type]
    )
    return presenter.page(context.of(facts, {}, NOW))


def work(start: float, end: float, number: int = 1) -> Maintenance:
    times = (NOW + start * HOUR, NOW + end * HOUR)
    return fakes.maintenance(number, f"W{number}", start=times[0], end=times[1])


def test_an_open_incident_is_told_with_its_updates_newest_first() -> None:
    more = (Status.IDENTIFIED, "Found.", ago(minutes=30))
    affected = [AffectedComponent("monitor-2", Effect.PARTIAL)]
    (incident,) = page_of(fakes.incident(1, "Errors", SAID, more, components=affected)).incidents
    assert (incident.title, incident.impact, incident.status) == (
        "Errors",
        "Major impact",
        "Identified",
    )
    assert [(it.word, it.body) for it in incident.updates] == [
        ("Identified", '<p dir="auto">Found.</p>'),
        ("Investigating", '<p dir="auto">We are looking.</p><p dir="auto">Soon more.</p>'),
    ]
    assert [(it.title, it.word) for it in incident.components] == [("Search", "Partial outage")]
    assert (incident.address, incident.resolved) == ("./incidents/inci00000001", None)


@pytest.mark.parametrize(
    ("impact", "sentence", "condition"),
    [
        (Impact.NONE, "All systems operational", ComponentStatus.UP),
        (Impact.MINOR, "Open incident: Errors", ComponentStatus.DEGRADED),
        (Impact.MAJOR, "Open incident: Errors", ComponentStatus.DOWN),
        (Impact.CRITICAL, "Open incident: Errors", ComponentStatus.DOWN),
    ],
)
def test_no_page_is_green_while_an_incident_with_impact_is_open(
    impact: Impact, sentence: str, condition: ComponentStatus
) -> None:
    page = page_of(fakes.incident(1, "Errors", SAID, impact=impact))
    assert (page.sentence, page.status) == (sentence, condition)


def test_what_is_observed_is_said_where_it_is_as_bad() -> None:
    down = (HealthClaim(State.UP, fakes.BORN), HealthClaim(State.DOWN, ago(hours=1), "Timeout"))
    page = page_of(fakes.incident(1, "Errors", SAID), claims=down)
    assert page.sentence == "Public API is down"


def test_several_open_incidents_are_counted_and_the_first_says_since_when() -> None:
    both = [fakes.incident(n, f"E{n}", SAID, started=ago(hours=n)) for n in (1, 2)]
    page = page_of(*both)
    assert page.sentence == "2 open incidents"
    assert page.since is not None
    assert page.since.text == "13:26 UTC"


def test_silence_outweighs_incidents_in_the_sentence_and_does_not_hide_them() -> None:
    page = page_of(fakes.incident(1, "Errors", SAID), observed=ago(minutes=9))
    assert page.sentence == "The current status is unknown"
    assert len(page.incidents) == 1


def test_a_component_shows_what_is_declared_beside_what_is_observed() -> None:
    hurt = [
        AffectedComponent("monitor-1", Effect.PARTIAL),
        AffectedComponent("monitor-2", Effect.OPERATIONAL),
    ]
    api, search = page_of(fakes.incident(1, "Errors", SAID, components=hurt)).groups[0].components
    assert (api.word, search.declared) == ("Operational", ())
    assert [(it.word, it.title) for it in api.declared] == [("Partial outage", "Errors")]


def test_a_resolved_incident_stands_under_its_day_with_how_long_it_lasted() -> None:
    page = page_of(fakes.incident(1, "Errors", SAID, OVER))
    assert page.incidents == ()
    assert page.sentence == "All systems operational"
    (incident,) = page.past[0].incidents
    assert (incident.status, incident.duration) == ("Resolved", "30 min")
    assert [update.word for update in incident.updates] == ["Resolved"]


def test_an_incident_that_begins_in_the_future_is_not_open_yet() -> None:
    assert page_of(fakes.incident(1, "Errors", SAID, started=NOW + HOUR)).incidents == ()


def test_running_and_planned_maintenance_are_told_apart() -> None:
    page = page_of(maintenances=(work(-1, 1), work(24, 25, 2), work(24 * 8, 24 * 8 + 1, 3)))
    assert [it.title for it in page.running] == ["W1"]
    assert [it.title for it in page.upcoming] == ["W2"]
    assert (page.running[0].phase, page.upcoming[0].phase) == ("In progress", "Scheduled")


def test_without_any_in_the_next_week_the_next_maintenance_is_told() -> None:
    page = page_of(maintenances=(work(24 * 30, 24 * 31), work(24 * 20, 24 * 21, 2)))
    assert [it.title for it in page.upcoming] == ["W2"]


def test_maintenance_that_is_over_stands_under_its_day_and_one_called_off_nowhere() -> None:
    off = fakes.maintenance(2, start=ago(hours=3), end=ago(hours=2), cancelled=ago(hours=4))
    page = page_of(maintenances=(work(-26, -25), off))
    assert (page.running, page.upcoming) == ((), ())
    assert [len(day.maintenances) for day in page.past] == [0, 1] + [0] * 12


def test_the_last_fourteen_days_list_outages_with_times_and_reasons() -> None:
    claims = (HealthClaim(State.UP, fakes.BORN), *fakes.outage(ago(days=2), timedelta(minutes=5)))
    days = page_of(claims=claims).past
    assert (len(days), days[0].text, days[-1].text) == (14, "23 Nov", "10 Nov")
    (outage,) = days[2].outages
    assert (outage.title, outage.period.times) == ("Public API", "15:26–15:31 UTC")
    assert (days[0].quiet, days[2].quiet) == (True, False)


def test_a_day_of_many_outages_lists_the_newest_and_counts_the_rest() -> None:
    claims = [HealthClaim(State.UP, fakes.BORN)]
    for hours in range(15, 5, -1):
        claims += fakes.outage(ago(hours=hours), timedelta(minutes=2))
    day = page_of(claims=tuple(claims)).past[0]
    assert (len(day.outages), day.more) == (3, 7)
    assert day.outages[0].period.times == "09:26–09:28 UTC"


def test_time_that_nobody_saw_is_no_outage() -> None:
    facts = fakes.facts(
        fakes.component(overlays=[Overlay(OverlayKind.UNSEEN, ago(days=2), ago(days=1))])
    )
    assert all(day.quiet for day in presenter.page(context.of(facts, {}, NOW)).past)


def test_a_component_of_its_own_has_a_row_for_every_day_of_its_life_and_what_was_said() -> None:
    hurt = [AffectedComponent("monitor-1", Effect.DOWN)]
    facts = fakes.facts(
        fakes.component(born=ago(days=3)),
        incidents=[fakes.incident(1, "Errors", SAID, OVER, components=hurt)],
        maintenances=[fakes.maintenance(start=NOW, end=NOW + HOUR, monitors=["monitor-1"])],
    )
    page_context = context.of(facts, {}, NOW)
    page = presenter.component_page(page_context, "comp00000001")
    assert page is not None
    assert page.frame.heading == "Public API: Operational"
    assert [row.text for row in page.rows] == ["23 Nov", "22 Nov", "21 Nov", "20 Nov"]
    assert (len(page.incidents), len(page.maintenances)) == (1, 1)
    assert presenter.component_page(page_context, "comp00000002") is None


def test_every_announcement_has_a_page_whatever_has_become_of_it() -> None:
    off = fakes.maintenance(start=NOW, end=NOW + HOUR, cancelled=NOW)
    page_context = context.of(
        fakes.facts(incidents=[fakes.incident(1, "E", SAID)], maintenances=[off]), {}, NOW
    )
    incident = presenter.announcement_page(page_context, "inci00000001")
    maintenance = presenter.announcement_page(page_context, "main00000001")
    assert incident is not None
    assert maintenance is not None
    assert incident.frame.status is ComponentStatus.DOWN
    assert maintenance.maintenance is not None
    assert maintenance.maintenance.phase == "Cancelled"
    assert presenter.announcement_page(page_context, "inci00000009") is None


def history(name: str = "", *, incidents: tuple[Incident, ...] = ()) -> view.HistoryPageView | None:
    facts = fakes.facts(fakes.component(born=ago(days=100)), incidents=incidents)
    return presenter.history_page(context.of(facts, {}, NOW), name)


def test_history_has_a_month_for_each_that_the_page_has_lived() -> None:
    page = history()
    assert page is not None
    assert [month.text for month in page.months] == [
        "November 2026",
        "October 2026",
        "September 2026",
        "August 2026",
    ]
    assert [month.current for month in page.months] == [True, False, False, False]
    assert page.frame.heading == "Incidents in November 2026"


@pytest.mark.parametrize(
    "name", ["2026-07", "2026-12", "2026-13", "0000-01", "2026-1", "nonsense", "２０２６-11"]
)
def test_a_month_that_the_page_does_not_tell_of_is_not_found(name: str) -> None:
    assert history(name) is None


def test_a_month_lists_its_eventful_days_with_open_incidents_too() -> None:
    open_one = fakes.incident(1, "Errors", SAID)
    old = fakes.incident(2, "Old", SAID, OVER, started=NOW - 50 * DAY)
    now, before = history(incidents=(open_one, old)), history("2026-10", incidents=(open_one, old))
    assert now is not None
    assert before is not None
    assert [(day.text, len(day.incidents)) for day in now.days] == [("23 Nov", 1)]
    assert [(day.text, len(day.incidents)) for day in before.days] == [("4 Oct", 1)]


def test_a_month_of_which_outages_are_no_longer_known_says_so() -> None:
    months = [history(name) for name in ("2026-11", "2026-09", "2026-08")]
    assert [page is not None and page.partly for page in months] == [False, False, True]


def test_updates_of_maintenance_are_told_too() -> None:
    update = (Phase.IN_PROGRESS, "Begun.", ago(minutes=30))
    going = fakes.maintenance(1, "W", update, start=ago(hours=1), end=NOW + HOUR)
    (running,) = page_of(maintenances=(going,)).running
    assert [(it.word, it.body) for it in running.updates] == [
        ("In progress", '<p dir="auto">Begun.</p>')
    ]


def test_no_day_before_the_first_monitor_says_that_nothing_happened() -> None:
    born = ago(days=2)
    young = fakes.component(claims=[HealthClaim(State.UP, born)], born=born)
    page = presenter.page(context.of(fakes.facts(young), {}, NOW))
    assert [day.machine for day in page.past] == ["2026-11-23", "2026-11-22", "2026-11-21"]


def test_maintenance_whose_start_is_moved_ahead_is_running_on_the_page_at_once() -> None:
    planned, earlier = work(2, 4), work(-0.5, 4)
    assert [it.phase for it in page_of(maintenances=(planned,)).upcoming] == ["Scheduled"]
    page = page_of(maintenances=(earlier,))
    (running,) = page.running
    assert (running.phase, running.start.text) == ("In progress", "14:56 UTC")
    assert page.upcoming == ()


def test_maintenance_that_begins_early_by_word_is_running_on_the_page() -> None:
    update = (Phase.IN_PROGRESS, "We begin early.", ago(minutes=10))
    early = fakes.maintenance(1, "W", update, start=NOW + HOUR, end=NOW + 2 * HOUR)
    (running,) = page_of(maintenances=(early,)).running
    assert running.phase == "In progress"
    assert (running.updates[0].word, running.updates[0].at.text) == ("In progress", "15:16 UTC")
