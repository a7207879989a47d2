"""What the terminal shows: colours only where a person reads, and the words of exit codes."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

OK, FAILED, BAD_INPUT = 0, 1, 2
_CODES = {"up": "32", "degraded": "33", "down": "31", "unknown": "35", "dim": "2", "bold": "1"}


def coloured(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set or TERM is dumb."""
    plain = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return stream.isatty() and not plain


def paint(
    text: str,
    how: str,
    stream: TextIO | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """The text in a colour, or as it is where colours are not wanted."""
    if how not in _CODES or not coloured(stream or sys.stdout, environment):
        return text
    return f"\x1b[{_CODES[how]}m{text}\x1b[0m"


def complain(text: str) -> None:
    """One line on standard error."""
    print(text, file=sys.stderr, flush=True)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 monitor`, `2 monitors`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
