"""Whether the checker's own network works: the installation's reference targets.

Asked before a public target is called down. One answer serves everybody for a few seconds, so that
a thousand monitors that fail together do not all go asking.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol

VALID = 5.0


class Reaches(Protocol):
    """Opens a connection to a reference target."""

    async def reaches(self, host: str, port: int, timeout: timedelta) -> bool:  # noqa: ASYNC109
        """Whether a connection could be made within `timeout`."""
        ...


class Egress:
    """Asks all reference targets at once; any that answers proves the network."""

    def __init__(
        self,
        probe: Reaches,
        references: Sequence[tuple[str, int]],
        monotonic: Callable[[], float],
    ) -> None:
        self._probe = probe
        self._references = references
        self._monotonic = monotonic
        self._asked: asyncio.Task[bool] | None = None
        self._asked_at = 0.0

    async def __call__(self, timeout: timedelta) -> bool:  # noqa: ASYNC109 - handed to the probe
        """Whether any reference target answers within `timeout`."""
        now = self._monotonic()
        if self._asked is None or now - self._asked_at > VALID:
            self._asked = asyncio.create_task(self._ask(timeout))
            self._asked_at = now
        return await asyncio.shield(self._asked)

    async def _ask(self, timeout: timedelta) -> bool:  # noqa: ASYNC109 - handed to the probe
        asked: list[Awaitable[bool]] = [
            self._probe.reaches(host, port, timeout) for host, port in self._references
        ]
        return any(await asyncio.gather(*asked))
