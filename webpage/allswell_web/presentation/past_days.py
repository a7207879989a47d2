"""What has happened, day by day: what was said and what was seen."""

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
MOST_OUTAGES = 3
MOST_OF_A_MONTH = 50
MOST_MONTHS = 13
T = TypeVar("T")
Said = tuple[Sequence[Incident], Sequence[Maintenance]]
ONE = timedelta(days=1)
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_BEGUN = (Phase.COMPLETED, *announcements.RUNNING)


def recent(scene: PageContext) -> tuple[view.PastDayView, ...]:
    """The last fourteen days, newest first; what is still open stands elsewhere.

    None of them is older than the page's first: of a day before, nobody knows that all was well.
    """
    first, last = times.last_days(scene.it.now, scene.it.zone, DAYS)
    first = max(first, min(_oldest(scene), last))
    closed = [it for it in scene.found.incidents if not it.is_open]
    done = _maintenances(scene, (Phase.COMPLETED,))
    return tuple(_days(scene, first, last, (closed, done), MOST_OUTAGES))


def month(scene: PageContext, name: str = "") -> tuple[date, tuple[view.PastDayView, ...]] | None:
    """The month of a name like `2026-11`, or this one: its first day, and its days newest first.

    Days without any event are left out. None for a month that the page does not tell of.
    """
    first = scene.today.replace(day=1) if not name else _first_day(name)
    if first is None or first not in _months(scene):
        return None
    last = min(_next(first) - ONE, scene.today)
    said = (scene.found.incidents, _maintenances(scene, _BEGUN))
    days = _days(scene, first, last, said, MOST_OF_A_MONTH)
    return first, tuple(day for day in days if not day.quiet)


def months(scene: PageContext, current: date) -> tuple[view.LinkView, ...]:
    """Every month that the page tells of, newest first."""
    return tuple(
        view.LinkView(
            times.month_text(first, scene.say),
            scene.place.history(f"{first:%Y-%m}"),
            current=first == current,
        )
        for first in _months(scene)
    )


def is_partly_known(scene: PageContext, first: date) -> bool:
    """Whether outages are told of only a part of the month that begins with `first`."""
    return first < times.last_days(scene.it.now, scene.it.zone, uptime_windows.DAYS)[0]


def _months(scene: PageContext) -> list[date]:
    """From this month back to the page's first, thirteen at most."""
    oldest = _oldest(scene)
    found = [scene.today.replace(day=1)]
    while found[-1] > oldest and len(found) < MOST_MONTHS:
        found.append((found[-1] - ONE).replace(day=1))
    return found


def _oldest(scene: PageContext) -> date:
    """The first day of which there is something to tell; today where there is none."""
    begins = [line.component.born for line in scene.it.lines]
    begins += [it.started for it in scene.found.incidents]
    begins += [it.start for it in scene.found.maintenances]
    return min((scene.day_of(at) for at in begins), default=scene.today)


def _first_day(name: str) -> date | None:
    matched = _MONTH.fullmatch(name)
    if matched is None or matched[1] == "0000":
        return None
    return date(int(matched[1]), int(matched[2]), 1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _maintenances(scene: PageContext, phases: Container[Phase]) -> list[Maintenance]:
    return [it for it in scene.found.maintenances if announcements.phase(scene, it) in phases]


def _days(
    scene: PageContext, first: date, last: date, said: Said, most: int
) -> Iterator[view.PastDayView]:
    incidents = _by_day([(scene.day_of(it.started), it) for it in said[0]])
    planned = _by_day([(scene.day_of(it.start), it) for it in said[1]])
    for number in range((last - first).days, -1, -1):
        day = first + number * ONE
        outages = _outages(scene, *scene.bounds(day))
        yield view.PastDayView(
            machine=f"{day}",
            text=scene.day_text(day),
            incidents=tuple(
                announcements.incident(scene, it, whole=False) for it in incidents.get(day, ())
            ),
            maintenances=tuple(announcements.maintenance(scene, it) for it in planned.get(day, ())),
            outages=outages[:most],
            more=max(0, len(outages) - most),
        )


def _outages(scene: PageContext, start: datetime, end: datetime) -> tuple[view.OutageView, ...]:
    """Every outage of a day in the order of the page, newest first within a component."""
    return tuple(
        view.OutageView(scene.titles[line.component.name], stretch)
        for line in scene.it.lines
        for stretch in troubled_days.stretches(scene, line, start, end, troubled_days.OUTAGES)
    )


def _by_day(said: Iterable[tuple[date, T]]) -> Mapping[date, list[T]]:
    found: dict[date, list[T]] = {}
    for day, it in said:
        found.setdefault(day, []).append(it)
    return found
