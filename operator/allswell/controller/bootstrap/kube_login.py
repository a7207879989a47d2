"""How kopf logs in: with the credentials of our own client, so that both are renewed at once."""

import asyncio
from collections.abc import Awaitable, Callable

import kopf

from allswell.kube.access import ClusterAccess

# kopf asks again whenever what it was given is refused, without a pause of its own.
PAUSE = 5.0
Login = Callable[[], Awaitable[kopf.AiohttpSession]]


def login(access: ClusterAccess, pause: float = PAUSE) -> Login:
    """Make what kopf calls for its first credentials, and for others when they are refused."""
    asked = 0

    async def log_in() -> kopf.AiohttpSession:
        nonlocal asked
        asked += 1
        if asked > 1:
            await asyncio.sleep(pause)
            await access.renew()
        return kopf.AiohttpSession(
            server=access.configuration.host, aiohttp_session=access.session()
        )

    return log_in
