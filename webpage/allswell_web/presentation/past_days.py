"""Build the list of past days with their incidents, maintenance and outages."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from allswell.domain.incident import Incident
from allswell.domain.maintenance import Maintenance, Phase
from allswell_web.presentation import announcements, troubled_days, uptime_windows, view
from allswell_web.presentation.context import PageContext
from allswell_web.text import times

DAYS = 14
MAX_OUTAGES = 3
MAX_OUTAGES_IN_MONTH = 50
MAX_MONTHS = 13
T = TypeVar("T")
Announced = tuple[Sequence[Incident], Sequence[Maintenance]]
ONE = timedelta(days=1)
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_STARTED = (Phase.COMPLETED, *announcements.RUNNING)


def recent(context: PageContext) -> tuple[view.PastDayView, ...]:
    """Return the last fourteen days, newest first; what is still open is shown elsewhere.

    None of them is older than the page's first day: of earlier days nothing is known.
    """
    first, last = times.last_days(context.state.now, context.state.zone, DAYS)
    first = max(first, min(_oldest(context), last))
    closed = [it for it in context.facts.incidents if not it.is_open]
    completed = _maintenances(context, (Phase.COMPLETED,))
    return tuple(_days(context, first, last, (closed, completed), MAX_OUTAGES))


def month(context: PageContext, name: str = "") -> tuple[date, tuple[view.PastDayView, ...]] | None:
    """Return the first day of a month like `2026-11`, or of this one, and its days newest first.

    Days without any event are left out. None for a month that the page does not cover.
    """
    first = context.today.replace(day=1) if not name else _first_day(name)
    if first is None or first not in _months(context):
        return None
    last = min(_next(first) - ONE, context.today)
    announced = (context.facts.incidents, _maintenances(context, _STARTED))
    days = _days(context, first, last, announced, MAX_OUTAGES_IN_MONTH)
    return first, tuple(day for day in days if not day.quiet)


def months(context: PageContext, current: date) -> tuple[view.LinkView, ...]:
    """Return every month that the page covers, newest first."""
    return tuple(
        view.LinkView(
            times.month_text(first, context.language),
            context.links.history(f"{first:%Y-%m}"),
            current=first == current,
        )
        for first in _months(context)
    )


def is_partly_known(context: PageContext, first: date) -> bool:
    """Decide whether outages are known of only a part of the month that begins with `first`."""
    return first < times.last_days(context.state.now, context.state.zone, uptime_windows.DAYS)[0]


def _months(context: PageContext) -> list[date]:
    """Return the months from this one back to the page's first, thirteen at most."""
    oldest = _oldest(context)
    months = [context.today.replace(day=1)]
    while months[-1] > oldest and len(months) < MAX_MONTHS:
        months.append((months[-1] - ONE).replace(day=1))
    return months


def _oldest(context: PageContext) -> date:
    """Return the first day with anything to show; today where there is none."""
    starts = [component.data.born for component in context.state.components]
    starts += [it.started for it in context.facts.incidents]
    starts += [it.start for it in context.facts.maintenances]
    return min((context.day_of(at) for at in starts), default=context.today)


def _first_day(name: str) -> date | None:
    match = _MONTH.fullmatch(name)
    if match is None or match[1] == "0000":
        return None
    return date(int(match[1]), int(match[2]), 1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _maintenances(context: PageContext, phases: Container[Phase]) -> list[Maintenance]:
    return [it for it in context.facts.maintenances if announcements.phase(context, it) in phases]


def _days(
    context: PageContext, first: date, last: date, announced: Announced, limit: int
) -> Iterator[view.PastDayView]:
    incidents = _by_day([(context.day_of(it.started), it) for it in announced[0]])
    planned = _by_day([(context.day_of(it.start), it) for it in announced[1]])
    for number in range((last - first).days, -1, -1):
        day = first + number * ONE
        outages = _outages(context, *context.bounds(day))
        yield view.PastDayView(
            machine=f"{day}",
            text=context.day_text(day),
            incidents=tuple(
                announcements.incident_view(context, it, all_updates=False)
                for it in incidents.get(day, ())
            ),
            maintenances=tuple(
                announcements.maintenance_view(context, it) for it in planned.get(day, ())
            ),
            outages=outages[:limit],
            more=max(0, len(outages) - limit),
        )


def _outages(context: PageContext, start: datetime, end: datetime) -> tuple[view.OutageView, ...]:
    """Return every outage of a day in the order of the page, newest first within a component."""
    return tuple(
        view.OutageView(context.titles[component.data.name], period)
        for component in context.state.components
        for period in troubled_days.periods_of(
            context, component, start, end, troubled_days.OUTAGES
        )
    )


def _by_day(dated: Iterable[tuple[date, T]]) -> Mapping[date, list[T]]:
    by_day: dict[date, list[T]] = {}
    for day, item in dated:
        by_day.setdefault(day, []).append(item)
    return by_day
