"""Before an operator begins its work: alive, not ready, and waiting for its turn."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from allswell.controller.config.settings import ListenAddress
from allswell.controller.runtime.leader_election import LeaderElection

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def serving(application: web.Application, bind: ListenAddress) -> AsyncIterator[None]:
    """Serve until the block ends. Raises OSError when the port is taken."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, bind.host, bind.port).start()
        yield
    finally:
        await runner.cleanup()


def application() -> web.Application:
    """What answers the probes meanwhile."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=503, text="another operator is at work\n")

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app


async def wait_for_leadership(tenure: LeaderElection, bind: ListenAddress) -> bool:
    """Wait for our turn; False when told to stop before it came."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        async with serving(application(), bind):
            turn, told = (asyncio.create_task(it) for it in (tenure.begin(), _set(stop)))
            await asyncio.wait([turn, told], return_when=asyncio.FIRST_COMPLETED)
            told.cancel()
            if not turn.done():
                turn.cancel()
                return False
            turn.result()
            return True
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


async def _set(event: asyncio.Event) -> None:
    await event.wait()
