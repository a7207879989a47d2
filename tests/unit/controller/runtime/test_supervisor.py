"""The operator's parts, run together until one ends or all are to end."""

import asyncio

import pytest

from allswell.controller.runtime import supervisor


class Parts:
    """A loop and watches that note when they end; the loop may fail."""

    def __init__(self, failing: Exception | None = None) -> None:
        self.failing = failing
        self.ended: list[str] = []

    async def loop(self) -> None:
        try:
            if self.failing is not None:
                raise self.failing
            await asyncio.Event().wait()
        finally:
            self.ended.append("loop")

    async def watch(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.ended.append("watches")

    async def stopped_by_signal(self, stop: asyncio.Event) -> None:
        stop.set()
        await self.watch(stop)


def test_a_signal_ends_everything_and_is_no_failure() -> None:
    parts = Parts()
    running = supervisor.run_until_stopped([parts.loop()], parts.stopped_by_signal)
    assert asyncio.run(running) is True
    assert sorted(parts.ended) == ["loop", "watches"]


def test_a_loop_that_ends_ends_everything_and_is_a_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parts = Parts(RuntimeError("a mistake of ours"))
    other = Parts()
    running = supervisor.run_until_stopped([parts.loop(), other.loop()], parts.watch)
    assert asyncio.run(running) is False
    assert parts.ended == ["loop", "watches"]
    assert other.ended == ["loop"]
    assert "a mistake of ours" in caplog.text
