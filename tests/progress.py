"""Show progress while something slow is built."""

import contextlib
import sys
import time
from collections.abc import Iterator


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def tick(text: str) -> None:
    """Show where a long step is: over the same line on a terminal, else as a line."""
    if sys.stdout.isatty():
        print(f"\r  {text}\033[K", end="", flush=True)
    else:
        say(f"  {text}")


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a step and say how long it took."""
    say(f"{text} …")
    began = time.monotonic()
    yield
    end = "\r" if sys.stdout.isatty() else ""
    say(f"{end}  done in {time.monotonic() - began:.1f} s")
