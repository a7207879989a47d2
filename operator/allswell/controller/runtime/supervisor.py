"""Run the operator's loops and its watches together: none of them may end before the rest."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

log = logging.getLogger(__name__)

Loop = Coroutine[None, None, None]


async def run_until_stopped(
    loops: Sequence[Loop], watches: Callable[[asyncio.Event], Loop]
) -> bool:
    """Run until a signal comes; False when a part has ended before.

    `watches` are made with an event, and set it on a signal. The loops end before the watches do,
    for kopf would end by force what it finds then.
    """
    stop = asyncio.Event()
    stopping = asyncio.create_task(_wait(stop))
    parts = [asyncio.create_task(loop) for loop in loops]
    watching = asyncio.create_task(watches(stop))
    done, _ = await asyncio.wait([stopping, watching, *parts], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    for part in parts:
        part.cancel()
    await asyncio.gather(watching, *parts, return_exceptions=True)
    ended = [part for part in parts if part in done]
    ended += [watching] if watching in done and watching.exception() is not None else []
    for part in ended:
        error = None if part.cancelled() else part.exception()
        log.error("a part of the operator has ended", exc_info=error)
    return not ended


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
