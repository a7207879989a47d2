"""Ninety daily bars as a few SVG paths, whatever their number.

A day is 5 units wide: 3 of bar and 2 of gap. A run of days without a problem is one stroke 26
high whose dashes make the gaps. A day with a problem rises to 34: its troubles are stacked above
what was good, each as long as its share of the day, but never too small to be seen. The day is
what counts of it: hours before a life begins, pauses and hours still to come are in no bar.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from allswell.domain import instant
from allswell.domain.uptime import Uptime, UptimeDay

STEP = 5
HEIGHT = 34
LEAST = 6
GOOD_AT_LEAST = 4
# A shorter gap in observation is in the coverage figure, but too small for a bar's shape.
VISIBLE_GAP = timedelta(minutes=1) // instant.MILLISECOND
# From the bottom to the top of a day's bar, with the class of the path.
STACK = (("degraded", "g"), ("unknown", "q"), ("maintenance", "m"), ("down", "d"))
GOOD, NOTHING, MIXED = "o", "n", "x"
_RUN_AT = {GOOD: 21, NOTHING: 31}


@dataclass(frozen=True, slots=True)
class Path:
    """One SVG path: `style` is its class, `data` its `d`."""

    style: str
    data: str


def troubles(found: Uptime) -> tuple[tuple[str, int], ...]:
    """What a day's bar shows beside the good, from bottom to top: class and milliseconds."""
    shown = []
    for name, style in STACK:
        spent = getattr(found, name)
        if spent > (VISIBLE_GAP if name == "unknown" else 0):
            shown.append((style, spent))
    return tuple(shown)


def kind(day: UptimeDay) -> str:
    """Whether a day is all good, has nothing to show, or is mixed."""
    found = day.uptime
    # Most days are all good, and are asked several times.
    if found.up and not (found.degraded or found.down or found.unknown or found.maintenance):
        return GOOD
    if found.counted + found.maintenance == 0:
        return NOTHING
    return MIXED if troubles(found) or not found.known else GOOD


def paths(days: Sequence[UptimeDay]) -> tuple[Path, ...]:
    """The paths of a row, in a fixed order of classes; the newest day stands last."""
    drawn: dict[str, list[str]] = {}
    for what, group in groupby(enumerate(days), key=lambda entry: kind(entry[1])):
        entries = list(group)
        if what == MIXED:
            for place, day in entries:
                _stack(drawn, place, day)
        else:
            run = f"M{entries[0][0] * STEP} {_RUN_AT[what]}h{len(entries) * STEP}"
            drawn.setdefault(what, []).append(run)
    return tuple(Path(style, "".join(drawn[style])) for style in sorted(drawn))


def _stack(drawn: dict[str, list[str]], place: int, day: UptimeDay) -> None:
    x = f"{place * STEP + 1.5:g}"
    foot = HEIGHT
    for style, length in lengths(day):
        drawn.setdefault(style, []).append(f"M{x} {foot}V{foot - length}")
        foot -= length


def lengths(day: UptimeDay) -> list[tuple[str, int]]:
    """The parts of a mixed day's bar from bottom to top; together as high as the bar."""
    shown = troubles(day.uptime) or (("q", day.uptime.unknown),)
    whole = day.uptime.counted + day.uptime.maintenance
    good = day.uptime.up > 0
    room = HEIGHT - GOOD_AT_LEAST if good else HEIGHT
    parts = [max(LEAST, round(HEIGHT * spent / whole)) for _, spent in shown]
    if sum(parts) > room or not good:
        parts = _shares([spent for _, spent in shown], room)
    stacked = [(style, part) for (style, _), part in zip(shown, parts, strict=True)]
    left = HEIGHT - sum(parts)
    return [("u", left), *stacked] if left else stacked


def _shares(spent: Sequence[int], room: int) -> list[int]:
    """The room divided by time, after everyone has had the least; the last takes the rest."""
    spare, total = room - LEAST * len(spent), sum(spent)
    parts = [LEAST + spare * one // total for one in spent]
    parts[-1] += room - sum(parts)
    return parts


def with_problems(days: Iterable[UptimeDay]) -> int:
    """How many days had a time of trouble that counts: down or degraded."""
    return sum(1 for day in days if day.uptime.down or day.uptime.degraded)
