"""An event loop in which nobody waits: when nothing is ready, its clock jumps to the next timer."""

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

# Coarser than what floating point leaves of a second after months.
RESOLUTION = 1e-7


class Stuck(Exception):
    """Nothing is ready and nothing is due: everybody waits for ever."""


class Jump(selectors.BaseSelector):
    """Watches no files: instead of waiting, it moves the time on."""

    def __init__(self) -> None:
        self.time = 0.0
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:  # noqa: ANN401 - as in the standard library
        number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        key = selectors.SelectorKey(fileobj, number, events, data)
        self._keys[number] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:  # noqa: ANN401 - as above
        return self._keys.pop(fileobj if isinstance(fileobj, int) else fileobj.fileno())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck
        self.time += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class Loop(asyncio.SelectorEventLoop):
    """The loop; its time begins at 0."""

    def __init__(self) -> None:
        self._jump = Jump()
        super().__init__(self._jump)
        self._clock_resolution = RESOLUTION

    def time(self) -> float:
        return self._jump.time
