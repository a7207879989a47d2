"""Write to the terminal: colours only where a person reads, errors on standard error."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

OK, FAILED, BAD_INPUT = 0, 1, 2
_CODES = {"up": "32", "degraded": "33", "down": "31", "unknown": "35", "dim": "2", "bold": "1"}


def has_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether to colour: on a terminal, unless NO_COLOR is set or TERM is dumb."""
    is_plain = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return stream.isatty() and not is_plain


def paint(
    text: str,
    style: str,
    stream: TextIO | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Return the text in a colour, or as it is where the stream has no colours."""
    if style not in _CODES or not has_colour(stream or sys.stdout, environment):
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def print_error(text: str) -> None:
    """Print one line on standard error."""
    print(text, file=sys.stderr, flush=True)


def count_of(number: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun: `1 monitor`, `2 monitors`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
