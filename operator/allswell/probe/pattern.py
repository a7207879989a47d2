"""Search a text for a stranger's regular expression, within a time limit.

Python's own `re` cannot be interrupted and holds every other thread while it works. The package
`regex` reads the same patterns, takes a time limit and lets the others run. It costs some 10 MiB of
memory, so it is loaded when the first check needs it, by the thread that matches.
"""

import importlib

from allswell.domain import state
from allswell.probe import daemon_thread
from allswell.probe.fault import Fault


async def search(pattern: str, text: str, seconds: float) -> bool:
    """Search a text for a pattern. Raises `Fault` when that takes too long."""
    result = await daemon_thread.begin(lambda: _search(pattern, text, seconds), "pattern")
    if isinstance(result, TimeoutError):
        words = "the pattern of body.matches took too long on this body"
        raise Fault(state.TIMEOUT, words) from result
    if isinstance(result, Exception):
        raise result
    return result


def _search(pattern: str, text: str, seconds: float) -> bool:
    compiled = importlib.import_module("regex").compile(pattern)
    return compiled.search(text, timeout=max(seconds, 0.001), concurrent=True) is not None
