"""The collector put together: its HTTP side, its one writing thread, and its clock."""

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
        centre: CollectorState,
        authenticator: Authenticator,
        now: Callable[[], datetime],
        *,
        watch_every: float = 15.0,
        archive: ArchiveExecutor | None = None,
        admission: RateLimit | None = None,
    ) -> None:
        self._centre = centre
        self._now = now
        self._rounds = Ticker(writer, centre, now, self.write, watch_every=watch_every)
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="centre")
        self._archive = archive
        intake = HttpApi(
            centre, authenticator, self._writing, now, archive=archive, admission=admission
        )
        self._runner = web.AppRunner(intake.application(), access_log=None, shutdown_timeout=5.0)
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen, and begin the centre's clock; port 0 takes a free one, told by `port`.

        Raises OSError when the port is taken.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._tasks = [asyncio.create_task(self._rounds.run())]
        if self._archive is not None:
            self._tasks.append(asyncio.create_task(self._archive.run()))

    async def stop(self) -> None:
        """Stop listening, finish what is being written."""
        await self._runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._archive is not None:
            self._archive.close()
        with contextlib.suppress(CentralError):
            await self.write(lambda: self._centre.watch(self._now()))
        self._writing.shutdown()

    async def write(self, act: Callable[[], T]) -> T:
        """Do something in the writing thread. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._writing, act)
