"""Parse and print durations as manifests write them: `90s`, `1h30m`, `500ms`.

Integers with the units h, m, s and ms, each at most once and from large to small: no decimals, no
sign, no other unit. The same pattern bounds the field in the CRD, so the API server and this
parser agree.
"""

import re
from datetime import timedelta

GRAMMAR = "whole numbers with h, m, s or ms, like 90s or 1h30m"
PATTERN = r"^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?$"
_UNITS = (
    ("h", timedelta(hours=1)),
    ("m", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
    ("ms", timedelta(milliseconds=1)),
)
_COMPILED = re.compile(PATTERN, re.ASCII)


def parse(text: str) -> timedelta:
    """Read a duration. Raises ValueError with a sentence that says what to write instead."""
    match = _COMPILED.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"{text[:60]!r} is not a duration: write {GRAMMAR}")
    total = timedelta()
    for part, (unit, size) in zip(match.groups(), _UNITS, strict=True):
        if part is not None:
            total += int(part.removesuffix(unit)) * size
    return total


def text(duration: timedelta) -> str:
    """Return the shortest spelling of a duration of whole milliseconds; `0s` for none."""
    left, parts = duration, list[str]()
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def words(duration: timedelta) -> str:
    """Return a duration for people, in its two largest units: `2 d 3 h`, `4 min 5 s`, `9 ms`."""
    ms = duration // timedelta(milliseconds=1)
    if ms < 1000:  # noqa: PLR2004 - a second
        return f"{ms} ms"
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    left, parts = ms // 1000, list[tuple[int, str]]()
    for name, size in units:
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count)
