"""The centre's watch: when a silent monitor becomes `unseen`, and how far the centre has seen.

Nothing may be stated beyond `observed_through`. It advances only when the cover of every living
monitor up to it has been judged: either a beat covers it, or the time is noted as unseen. After the
centre's own start, silence is judged only after a patience, and then from `observed_through` on;
beats that come later take back what was noted too early.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allswell.domain.cover import Observation
from allswell.domain.timeline import Overlay, OverlayKind, subtract

# Three beats. Waiting longer for one dead checker would leave every page without a present.
MOST_PATIENCE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class WatchedMonitor:
    """One living monitor that has spoken at least once.

    `seen` is its latest unbroken observation since the centre's start, None before its first beat.
    `unseen_open` says whether an open `unseen` is noted already.
    """

    monitor: int
    cover: timedelta
    seen: Observation | None = None
    unseen_open: bool = False


@dataclass(frozen=True, slots=True)
class SilenceJudgement:
    """`unseen` to open, by monitor with its start, and how far the centre now has seen."""

    opened: Mapping[int, datetime]
    observed_through: datetime


def judge(
    watched: Iterable[WatchedMonitor], observed_through: datetime, started: datetime, now: datetime
) -> SilenceJudgement:
    """Look at every monitor at `now`; the centre has run since `started`.

    Nothing is ever observed beyond `now`, so `observed_through` goes back with a clock that is set
    back. What was seen by the old clock says nothing then: the caller forgets it and starts anew.
    """
    opened: dict[int, datetime] = {}
    before = min(observed_through, now)
    through = now
    for entry in watched:
        if entry.unseen_open:
            continue
        if entry.seen is not None:
            if entry.seen.until < now:
                opened[entry.monitor] = entry.seen.until
        elif timedelta() <= now - started < min(entry.cover, MOST_PATIENCE):
            through = before
        else:
            opened[entry.monitor] = before
    return SilenceJudgement(opened, through)


def corrected(
    overlays: Iterable[Overlay], seen: Observation, observed_through: datetime, *, first: bool
) -> tuple[Overlay, ...]:
    """The `unseen` of one monitor after a beat has proved that it was looked at.

    In order, none touching another. `first` marks the first beat since the centre's start: what
    lies between `observed_through`, up to which the centre had judged, and the beginning of that
    beat's observation was not seen. What was open stays open only where silence had been judged
    already; what comes after the beat's cover is for `judge` to say.
    """
    dark = [entry for entry in overlays if entry.kind is OverlayKind.UNSEEN]
    if first and observed_through < seen.since:
        dark.append(Overlay(OverlayKind.UNSEEN, observed_through, seen.since))
    left: list[Overlay] = []
    for entry in _joined(dark):
        for rest in subtract(entry, seen.since, seen.until):
            is_tail = rest.end is None and rest != entry and rest.start == seen.until
            if not is_tail or seen.until <= observed_through:
                left.append(rest)
    return tuple(left)


def _joined(overlays: Iterable[Overlay]) -> tuple[Overlay, ...]:
    """Overlays of one kind in order, those that touch as one."""
    joined: list[Overlay] = []
    for entry in sorted(overlays, key=lambda overlay: overlay.start):
        last = joined[-1] if joined else None
        if last is None or (last.end is not None and last.end < entry.start):
            joined.append(entry)
        elif last.end is not None and (entry.end is None or entry.end > last.end):
            joined[-1] = replace(last, end=entry.end)
    return tuple(joined)
