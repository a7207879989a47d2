"""Tell whether the checker's own network works, by the installation's reference targets.

Consulted before a public target is called down. One answer serves every monitor for a few seconds,
so that a thousand monitors that fail together do not all probe the references.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol

CACHE_SECONDS = 5.0


class ReferenceProbe(Protocol):
    """Opens a connection to a reference target."""

    async def reaches(self, host: str, port: int, timeout: timedelta) -> bool:  # noqa: ASYNC109
        """Tell whether a connection could be made within `timeout`."""
        ...


class Egress:
    """Probes all reference targets at once; any that answers proves the network."""

    def __init__(
        self,
        probe: ReferenceProbe,
        references: Sequence[tuple[str, int]],
        monotonic: Callable[[], float],
    ) -> None:
        self._probe = probe
        self._references = references
        self._monotonic = monotonic
        self._latest: asyncio.Task[bool] | None = None
        self._latest_at = 0.0

    async def __call__(self, timeout: timedelta) -> bool:  # noqa: ASYNC109 - passed to the probe
        """Tell whether any reference target answers within `timeout`."""
        now = self._monotonic()
        if self._latest is None or now - self._latest_at > CACHE_SECONDS:
            self._latest = asyncio.create_task(self._probe_all(timeout))
            self._latest_at = now
        return await asyncio.shield(self._latest)

    async def _probe_all(self, timeout: timedelta) -> bool:  # noqa: ASYNC109 - passed to the probe
        probes: list[Awaitable[bool]] = [
            self._probe.reaches(host, port, timeout) for host, port in self._references
        ]
        return any(await asyncio.gather(*probes))
