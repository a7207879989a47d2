"""The centre's watch: when a silent monitor becomes `unseen`, and how far the centre has seen.

Nothing may be stated beyond `observed_through`. It advances only when the cover of every living
monitor up to it has been judged: either a beat covers it, or the time is noted as unseen. After the
centre's own start, silence is judged only after a patience, and then from `observed_through` on;
beats that come later take back what was noted too early.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.domain.cover import Observation
from allswell.domain.timeline import Kind, Overlay, subtract

# Three beats. Waiting longer for one dead checker would leave every page without a present.
MOST_PATIENCE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Watched:
    """One living monitor that has spoken at least once.

    `seen` is its latest unbroken observation since the centre's start, None before its first beat.
    `unseen_open` says whether an open `unseen` is noted already.
    """

    monitor: int
    cover: timedelta
    seen: Observation | None = None
    unseen_open: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """`unseen` to open, by monitor with its start, and how far the centre now has seen."""

    opened: Mapping[int, datetime]
    observed_through: datetime


def judge(
    watched: Iterable[Watched], observed_through: datetime, started: datetime, now: datetime
) -> Judgement:
    """Look at every monitor at `now`; the centre has run since `started`."""
    opened: dict[int, datetime] = {}
    through = now
    for entry in watched:
        if entry.unseen_open:
            continue
        if entry.seen is not None:
            if entry.seen.until < now:
                opened[entry.monitor] = entry.seen.until
        elif now - started < min(entry.cover, MOST_PATIENCE):
            through = min(through, observed_through)
        else:
            opened[entry.monitor] = observed_through
    return Judgement(opened, max(through, observed_through))


def corrected(
    overlays: Iterable[Overlay], seen: Observation, observed_through: datetime, *, first: bool
) -> tuple[Overlay, ...]:
    """The `unseen` of one monitor after a beat has proved that it was looked at.

    `first` marks the first beat since the centre's start: what lies between `observed_through`,
    up to which the centre had judged, and the beginning of that beat's observation was not seen.
    """
    unseen = [entry for entry in overlays if entry.kind is Kind.UNSEEN]
    if first and observed_through < seen.since:
        unseen.append(Overlay(Kind.UNSEEN, observed_through, seen.since))
    left: list[Overlay] = []
    for entry in unseen:
        left += subtract(entry, seen.since, seen.until)
    return tuple(left)
