"""Judge silence: when a monitor becomes `unseen`, and how far the collector has observed.

Nothing may be stated beyond `observed_through`. It advances only when the cover of every living
monitor up to it has been judged: either a heartbeat covers it, or the time is recorded as unseen.
After the collector's own start, silence is judged only after a delay, and then from
`observed_through` on; heartbeats that come later correct what was recorded too early.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allswell.domain.cover import Observation
from allswell.domain.timeline import Overlay, OverlayKind, subtract

# Three heartbeats. Waiting longer for one dead checker would leave every page out of date.
MAX_DELAY = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class WatchedMonitor:
    """A living monitor that has reported at least once.

    `seen` is its latest unbroken observation since the collector's start, None before its first
    heartbeat. `unseen_open` says whether an open `unseen` is recorded already.
    """

    monitor: int
    cover: timedelta
    seen: Observation | None = None
    unseen_open: bool = False


@dataclass(frozen=True, slots=True)
class SilenceJudgement:
    """The `unseen` to open, by monitor with its start, and how far has now been observed."""

    opened: Mapping[int, datetime]
    observed_through: datetime


def judge(
    watched: Iterable[WatchedMonitor], observed_through: datetime, started: datetime, now: datetime
) -> SilenceJudgement:
    """Judge every monitor's silence at `now`; the collector has run since `started`.

    Nothing is ever observed beyond `now`, so `observed_through` goes back with a clock that is set
    back. What was seen by the old clock is worth nothing then: the caller forgets it and
    starts anew.
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
        elif timedelta() <= now - started < min(entry.cover, MAX_DELAY):
            through = before
        else:
            opened[entry.monitor] = before
    return SilenceJudgement(opened, through)


def correct(
    overlays: Iterable[Overlay], seen: Observation, observed_through: datetime, *, first: bool
) -> tuple[Overlay, ...]:
    """Correct the `unseen` of one monitor after a heartbeat has proved that it was observed.

    Returns them in order, none touching another. `first` marks the first heartbeat since the
    collector's start: what lies between `observed_through`, up to which silence had been judged,
    and the beginning of that heartbeat's observation was not seen. What was open stays open only
    where silence had been judged already; what comes after the cover is for `judge` to decide.
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
    """Join overlays of one kind that touch; return them in order."""
    joined: list[Overlay] = []
    for entry in sorted(overlays, key=lambda overlay: overlay.start):
        last = joined[-1] if joined else None
        if last is None or (last.end is not None and last.end < entry.start):
            joined.append(entry)
        elif last.end is not None and (entry.end is None or entry.end > last.end):
            joined[-1] = replace(last, end=entry.end)
    return tuple(joined)
