"""Put the collector together: its HTTP API, its one writing thread, and its ticker."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from allswell.central.errors import CentralError
from allswell.central.writer import CentralWriter
from allswell.collector.archive.executor import ArchiveExecutor
from allswell.collector.authentication import Authenticator
from allswell.collector.http_api import HttpApi
from allswell.collector.rate_limit import RateLimit
from allswell.collector.state import CollectorState
from allswell.collector.ticker import Ticker

T = TypeVar("T")


class CollectorServer:
    """A running collector. All writing goes through `write`, one after the other."""

    def __init__(
        self,
        writer: CentralWriter,
        state: CollectorState,
        authenticator: Authenticator,
        now: Callable[[], datetime],
        *,
        judge_every: float = 15.0,
        archive: ArchiveExecutor | None = None,
        rate_limit: RateLimit | None = None,
    ) -> None:
        self._state = state
        self._now = now
        self._ticker = Ticker(writer, state, now, self.write, judge_every=judge_every)
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="central-writer")
        self._archive = archive
        api = HttpApi(
            state, authenticator, self._writing, now, archive=archive, rate_limit=rate_limit
        )
        self._runner = web.AppRunner(api.application(), access_log=None, shutdown_timeout=5.0)
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen and start the ticker; port 0 takes a free one, which `port` names then.

        Raises OSError when the port is taken.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._tasks = [asyncio.create_task(self._ticker.run())]
        if self._archive is not None:
            self._tasks.append(asyncio.create_task(self._archive.run()))

    async def stop(self) -> None:
        """Stop in order.

        1. Stop listening; requests that are being answered have five seconds.
        2. Cancel the ticker and the archive's housekeeping.
        3. Judge silence a last time, so that pages show all that was observed.
        4. End the writing thread.
        """
        await self._runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._archive is not None:
            self._archive.close()
        with contextlib.suppress(CentralError):
            await self.write(lambda: self._state.judge_silence(self._now()))
        self._writing.shutdown()

    async def write(self, act: Callable[[], T]) -> T:
        """Run `act` in the writing thread. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._writing, act)
