"""Derive the state at every time from the two ledgers, in one pure function.

`HealthClaim`s come from checkers, in the order of (store, sequence). `Overlay`s are intervals
that only the collector writes: nobody was observing (`unseen`), `paused`, `maintenance`. A
pause hides everything; a claim holds until the next one; time that no evidence covers is unknown.
Maintenance is a window laid over a state and changes none.

The collector subtracts late evidence from an `unseen` before it is stored (`subtract`): so a
checker's evidence has precedence over it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from allswell.domain.health import HealthClaim
from allswell.domain.state import OK, State

NO_DATA = "NoData"


class OverlayKind(StrEnum):
    """The kind of an overlay."""

    UNSEEN = "unseen"
    PAUSED = "paused"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Overlay:
    """An interval [start, end); `end` None is open."""

    kind: OverlayKind
    start: datetime
    end: datetime | None = None

    def covers(self, start: datetime) -> bool:
        """Tell whether a time lies in the interval."""
        return self.start <= start and (self.end is None or start < self.end)


@dataclass(frozen=True, slots=True)
class Segment:
    """An interval [start, end) with one state, one reason, within maintenance or not."""

    start: datetime
    end: datetime
    state: State
    reason: str = OK
    maintenance: bool = False


def fold(claims: Iterable[HealthClaim]) -> tuple[HealthClaim, ...]:
    """Fold claims into their order of time, equal neighbours into the first of them.

    A later claim (by order) that is dated before an earlier one replaces what it overtakes.
    """
    folded: list[HealthClaim] = []
    for claim in claims:
        while folded and folded[-1].since >= claim.since:
            folded.pop()
        if not folded or (folded[-1].state, folded[-1].reason) != (claim.state, claim.reason):
            folded.append(claim)
    return tuple(folded)


def segments(
    claims: Iterable[HealthClaim], overlays: Sequence[Overlay], start: datetime, end: datetime
) -> tuple[Segment, ...]:
    """Return the states of [start, end) without gaps, equal neighbours joined.

    Empty if end <= start.

    Before the first claim the state is unknown, reason `NoData`.
    """
    if end <= start:
        return ()
    folded = fold(claims)
    cuts = _cuts(folded, overlays, start, end)
    joined: list[Segment] = []
    position = -1
    for begin, finish in pairwise(cuts):
        while position + 1 < len(folded) and folded[position + 1].since <= begin:
            position += 1
        claim = folded[position] if position >= 0 else None
        kinds = {entry.kind for entry in overlays if entry.covers(begin)}
        word, reason = _at(claim, kinds)
        segment = Segment(begin, finish, word, reason, OverlayKind.MAINTENANCE in kinds)
        if joined and replace(joined[-1], start=begin, end=finish) == segment:
            segment = replace(segment, start=joined.pop().start)
        joined.append(segment)
    return tuple(joined)


def _cuts(
    claims: Sequence[HealthClaim], overlays: Sequence[Overlay], start: datetime, end: datetime
) -> list[datetime]:
    """Return every time in [start, end] at which anything may change, in order."""
    moments = {start, end, *(claim.since for claim in claims)}
    for overlay in overlays:
        moments.add(overlay.start)
        if overlay.end is not None:
            moments.add(overlay.end)
    return sorted(moment for moment in moments if start <= moment <= end)


def _at(claim: HealthClaim | None, kinds: Collection[OverlayKind]) -> tuple[State, str]:
    """Return the state and its reason under one claim and some kinds of overlay."""
    if OverlayKind.PAUSED in kinds:
        return State.PAUSED, OK
    if claim is None or OverlayKind.UNSEEN in kinds:
        return State.UNKNOWN, NO_DATA
    return claim.state, claim.reason


def subtract(overlay: Overlay, start: datetime, end: datetime) -> tuple[Overlay, ...]:
    """Subtract [start, end) from an overlay; return what is left of it."""
    if end <= max(start, overlay.start) or (overlay.end is not None and start >= overlay.end):
        return (overlay,)
    left = []
    if overlay.start < start:
        left.append(replace(overlay, end=start))
    if overlay.end is None or end < overlay.end:
        left.append(replace(overlay, start=end))
    return tuple(left)
