"""Wait for leadership: alive, not ready, and ready to take over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from allswell.controller.config.settings import ListenAddress
from allswell.controller.runtime import signals
from allswell.controller.runtime.leader_election import LeaderElection


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
    """Build what answers the probes meanwhile."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=503, text="another operator is the leader\n")

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app


async def wait_for_leadership(election: LeaderElection, bind: ListenAddress) -> bool:
    """Wait until the Lease is ours; False when a signal came before."""
    stop = asyncio.Event()
    signals.set_on_signal(stop)
    try:
        async with serving(application(), bind):
            return await _acquired_before(stop, election)
    finally:
        signals.restore()


async def _acquired_before(stop: asyncio.Event, election: LeaderElection) -> bool:
    acquiring = asyncio.create_task(election.acquire())
    stopping = asyncio.create_task(_wait(stop))
    await asyncio.wait([acquiring, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not acquiring.done():
        acquiring.cancel()
        return False
    acquiring.result()
    return True


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
