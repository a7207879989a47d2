"""The collector put together: its HTTP side, its one writing thread, and its clock."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from allswell.central.errors import CentralError
from allswell.central.writer import Writer
from allswell.controller.collector.app import Intake
from allswell.controller.collector.centre import Centre
from allswell.controller.collector.identity import Authenticator

log = logging.getLogger(__name__)
T = TypeVar("T")
WATCH_EVERY = 15.0
SETTLE_EVERY = 2.0
TIDY_EVERY = 60.0
RETRY = 2.0


class Collector:
    """A running collector. All writing goes through `write`, one after the other."""

    def __init__(
        self,
        writer: Writer,
        centre: Centre,
        authenticator: Authenticator,
        now: Callable[[], datetime],
    ) -> None:
        self._writer = writer
        self._centre = centre
        self._now = now
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="centre")
        intake = Intake(centre, authenticator, self._writing, now)
        self._runner = web.AppRunner(intake.application(), access_log=None, shutdown_timeout=5.0)
        self._tasks: list[asyncio.Task[None]] = []
        self._trouble = ""
        self.port = 0

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen, and begin the centre's clock; port 0 takes a free one, told by `port`.

        Raises OSError when the port is taken.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._tasks = [asyncio.create_task(self._run())]

    async def stop(self) -> None:
        """Stop listening, finish what is being written."""
        await self._runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(CentralError):
            await self.write(lambda: self._centre.watch(self._now()))
        self._writing.shutdown()

    async def write(self, act: Callable[[], T]) -> T:
        """Do something in the writing thread. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._writing, act)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        watch_due = tidy_due = loop.time()
        while True:
            if self._centre.started is None:
                await self._try(lambda: self._centre.start(self._now()))
            elif loop.time() >= watch_due:
                await self._try(lambda: self._centre.watch(self._now()))
                watch_due = loop.time() + WATCH_EVERY
            else:
                await self._try(lambda: self._centre.settle(self._now()))
            if self._centre.started is not None and loop.time() >= tidy_due:
                await self._try(self._tidy)
                tidy_due = loop.time() + TIDY_EVERY
            await asyncio.sleep(SETTLE_EVERY)

    def _tidy(self) -> None:
        now = self._now()
        self._writer.fill_days(now)
        self._writer.sweep_notifications(now)
        self._writer.purge(now)

    async def _try(self, act: Callable[[], object]) -> None:
        """Do it, or say once that the database is away."""
        try:
            await self.write(act)
        except CentralError as error:
            if not self._trouble:
                log.error("the central database cannot be used: %s", error)
            self._trouble = str(error)
        except Exception:
            log.exception("the collector's clock failed and goes on")
        else:
            if self._trouble:
                log.warning("the central database can be used again")
            self._trouble = ""
