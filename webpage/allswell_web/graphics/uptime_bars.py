"""Draw ninety daily bars as a few SVG paths.

A day is 5 units wide: 3 of bar and 2 of gap. A run of days without a problem is one stroke 26
high whose dashes make the gaps. A day with a problem rises to 34: its problems are stacked above
what was good, each as long as its share of the day, but never too small to be visible. Only time
that counts is in a bar: not the time before a monitor's first day, pauses or future hours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from allswell.domain import instant
from allswell.domain.uptime import Uptime, UptimeDay

STEP = 5
HEIGHT = 34
MIN_HEIGHT = 6
MIN_GOOD_HEIGHT = 4
# A shorter gap in observation counts in the coverage, but is too small to be visible in a bar.
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


def troubles(uptime: Uptime) -> tuple[tuple[str, int], ...]:
    """Return what a day's bar shows beside the good, from bottom to top: class and milliseconds."""
    visible = []
    for name, style in STACK:
        duration_ms = getattr(uptime, name)
        if duration_ms > (VISIBLE_GAP if name == "unknown" else 0):
            visible.append((style, duration_ms))
    return tuple(visible)


def kind(day: UptimeDay) -> str:
    """Decide whether a day is all good, has nothing to show, or is mixed."""
    uptime = day.uptime
    # Most days are all good, and this is called several times for each.
    if uptime.up and not (uptime.degraded or uptime.down or uptime.unknown or uptime.maintenance):
        return GOOD
    if uptime.counted + uptime.maintenance == 0:
        return NOTHING
    return MIXED if troubles(uptime) or not uptime.known else GOOD


def paths(days: Sequence[UptimeDay]) -> tuple[Path, ...]:
    """Draw the paths of a row, in a fixed order of classes; the newest day comes last."""
    drawn: dict[str, list[str]] = {}
    for day_kind, group in groupby(enumerate(days), key=lambda entry: kind(entry[1])):
        entries = list(group)
        if day_kind == MIXED:
            for index, day in entries:
                _stack(drawn, index, day)
        else:
            run = f"M{entries[0][0] * STEP} {_RUN_AT[day_kind]}h{len(entries) * STEP}"
            drawn.setdefault(day_kind, []).append(run)
    return tuple(Path(style, "".join(drawn[style])) for style in sorted(drawn))


def _stack(drawn: dict[str, list[str]], index: int, day: UptimeDay) -> None:
    x = f"{index * STEP + 1.5:g}"
    foot = HEIGHT
    for style, length in lengths(day):
        drawn.setdefault(style, []).append(f"M{x} {foot}V{foot - length}")
        foot -= length


def lengths(day: UptimeDay) -> list[tuple[str, int]]:
    """Return the parts of a mixed day's bar from bottom to top; together as high as the bar."""
    visible = troubles(day.uptime) or (("q", day.uptime.unknown),)
    total = day.uptime.counted + day.uptime.maintenance
    good = day.uptime.up > 0
    room = HEIGHT - MIN_GOOD_HEIGHT if good else HEIGHT
    parts = [max(MIN_HEIGHT, round(HEIGHT * spent / total)) for _, spent in visible]
    if sum(parts) > room or not good:
        parts = _shares([spent for _, spent in visible], room)
    stacked = [(style, part) for (style, _), part in zip(visible, parts, strict=True)]
    left = HEIGHT - sum(parts)
    return [("u", left), *stacked] if left else stacked


def _shares(spent: Sequence[int], room: int) -> list[int]:
    """Divide the room by time, after each part has the least; the last takes the rest."""
    spare, total = room - MIN_HEIGHT * len(spent), sum(spent)
    parts = [MIN_HEIGHT + spare * one // total for one in spent]
    parts[-1] += room - sum(parts)
    return parts


def with_problems(days: Iterable[UptimeDay]) -> int:
    """Count the days with a problem that counts: down or degraded."""
    return sum(1 for day in days if day.uptime.down or day.uptime.degraded)
