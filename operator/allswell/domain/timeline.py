"""Derive the state at every time from the two ledgers, in one pure function.

`HealthClaim`s come from checkers, in the order of (store, sequence). `Overlay`s are intervals
that only the collector writes: nobody was observing (`unseen`), `paused`, `maintenance`. A
pause hides everything; a claim holds until the next one; time that no evidence covers is unknown.
Maintenance is a window laid over a state and changes none.

The collector subtracts late evidence from an `unseen` before it is stored (`subtract`): so a
checker's evidence has precedence over it.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    edges = _edges(overlays, start, end)
    cuts = sorted({start, *edges, *(c.since for c in folded if start < c.since < end)})
    active = dict.fromkeys(OverlayKind, 0)
    position, found = -1, list[Segment]()
    for begin, finish in pairwise([*cuts, end]):
        for kind, step in edges.get(begin, ()):
            active[kind] += step
        while position + 1 < len(folded) and folded[position + 1].since <= begin:
            position += 1
        state, reason = _at(folded[position] if position >= 0 else None, active)
        _append(found, Segment(begin, finish, state, reason, active[OverlayKind.MAINTENANCE] > 0))
    return tuple(found)


def _edges(
    overlays: Iterable[Overlay], start: datetime, end: datetime
) -> Mapping[datetime, Sequence[tuple[OverlayKind, int]]]:
    """Return where overlays begin (+1) and end (-1) within [start, end), by time."""
    edges = dict[datetime, list[tuple[OverlayKind, int]]]()
    for overlay in overlays:
        first = max(overlay.start, start)
        if first >= end or (overlay.end is not None and overlay.end <= first):
            continue
        edges.setdefault(first, []).append((overlay.kind, 1))
        if overlay.end is not None and overlay.end < end:
            edges.setdefault(overlay.end, []).append((overlay.kind, -1))
    return edges


def _at(claim: HealthClaim | None, active: Mapping[OverlayKind, int]) -> tuple[State, str]:
    """Return the state and its reason under one claim and the kinds of overlay that are active."""
    if active[OverlayKind.PAUSED]:
        return State.PAUSED, OK
    if claim is None or active[OverlayKind.UNSEEN]:
        return State.UNKNOWN, NO_DATA
    return claim.state, claim.reason


def _append(segments: list[Segment], segment: Segment) -> None:
    """Append a segment, joined with the last one where both say the same."""
    last = segments[-1] if segments else None
    if last is not None and _says(last) == _says(segment):
        segments[-1] = replace(last, end=segment.end)
    else:
        segments.append(segment)


def _says(segment: Segment) -> tuple[State, str, bool]:
    return segment.state, segment.reason, segment.maintenance


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
