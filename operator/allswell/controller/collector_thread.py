"""Run the collector beside the operator: in one process, in an event loop and thread of its own.

So a busy reconcile never delays a heartbeat, and a slow database never delays a reconcile.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from threading import Thread
from typing import TypeVar

from allswell.central.writer import CentralWriter
from allswell.collector.archive.executor import ArchiveExecutor
from allswell.collector.authentication import Authenticator
from allswell.collector.rate_limit import RateLimit
from allswell.collector.server import CollectorServer
from allswell.collector.state import CollectorState
from allswell.controller.config.settings import ListenAddress
from allswell.kube.client import Api

T = TypeVar("T")
# Makes what judges tokens, of a client that lives in the collector's loop.
MakeAuthenticator = Callable[[Api], Authenticator]
Connect = Callable[[], AbstractAsyncContextManager[Api]]


class CollectorThread:
    """A running collector in its own thread."""

    def __init__(
        self,
        writer: CentralWriter,
        state: CollectorState,
        now: Callable[[], datetime],
        archive: ArchiveExecutor | None = None,
        rate_limit: RateLimit | None = None,
    ) -> None:
        self._writer = writer
        self._state = state
        self._now = now
        self._archive = archive
        self._rate_limit = rate_limit
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="collector", daemon=True)
        self._server: CollectorServer | None = None
        self._connection = AsyncExitStack()

    async def start(
        self,
        bind: ListenAddress,
        tls: ssl.SSLContext,
        connect: Connect,
        make_authenticator: MakeAuthenticator,
    ) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._thread.start()

        async def begin() -> None:
            api = await self._connection.enter_async_context(connect())
            self._server = CollectorServer(
                self._writer,
                self._state,
                make_authenticator(api),
                self._now,
                archive=self._archive,
                rate_limit=self._rate_limit,
            )
            await self._server.start(bind.host, bind.port, tls)

        await self._run_there(begin())

    async def stop(self) -> None:
        """Stop listening, finish what is being written, end the thread."""

        async def end() -> None:
            if self._server is not None:
                await self._server.stop()
            await self._connection.aclose()

        await self._run_there(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    @property
    def port(self) -> int:
        """Return the port that it listens on; 0 before it does."""
        return self._server.port if self._server is not None else 0

    async def run_in_writer(self, act: Callable[[], T]) -> T:
        """Run a function in the one writing thread. Raises what it raises."""
        if self._server is None:
            raise RuntimeError("the collector has not been started")
        return await self._run_there(self._server.write(act))

    async def _run_there(self, awaitable: Awaitable[T]) -> T:
        async def run() -> T:
            return await awaitable

        future: Future[T] = asyncio.run_coroutine_threadsafe(run(), self._loop)
        return await asyncio.wrap_future(future)
