"""Run blocking work in a daemon thread of its own.

The loop's thread pool will not do: it has a handful of threads, which a few hanging name lookups
occupy for half a minute, and it delays the end of the process until the last one returns.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def begin(work: Callable[[], T], name: str) -> asyncio.Future[T | Exception]:
    """Start `work`; the future holds its value or the exception it ended with, never raises it.

    Raises RuntimeError when the system gives no further thread.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T | Exception] = loop.create_future()

    def settle(result: T | Exception) -> None:
        if not future.done():
            future.set_result(result)

    def body() -> None:
        result: T | Exception
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it is handed over, not swallowed
            result = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=body, name=name, daemon=True).start()
    return future
