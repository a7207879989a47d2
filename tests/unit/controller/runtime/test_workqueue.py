import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from allswell.controller.runtime.workqueue import FIRST_BACKOFF, LONGEST_BACKOFF, Workqueue

SECOND = timedelta(seconds=1)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


Story = Callable[[Workqueue[str], Clock], Awaitable[None]]


def run(story: Story) -> None:
    """Run a story on a queue."""

    async def on_a_queue() -> None:
        clock = Clock()
        await story(Workqueue(clock), clock)

    asyncio.run(on_a_queue())


async def due(queue: Workqueue[str]) -> str | None:
    """Return what is due now; None when one would have to wait."""
    taking = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    if taking.done():
        return taking.result()
    taking.cancel()
    return None


def test_a_key_is_taken_once_however_often_it_is_added() -> None:
    async def story(queue: Workqueue[str], _: Clock) -> None:
        for _n in range(3):
            queue.add("a")
        assert [await due(queue), await due(queue)] == ["a", None]

    run(story)


def test_the_earliest_of_all_times_counts() -> None:
    async def story(queue: Workqueue[str], clock: Clock) -> None:
        queue.add("a", 60 * SECOND)
        queue.add("a", 5 * SECOND)
        queue.add("a", 30 * SECOND)
        assert await due(queue) is None
        clock.time = 5.0
        assert await due(queue) == "a"
        queue.done("a")
        clock.time = 60.0
        assert await due(queue) is None

    run(story)


def test_what_is_added_while_it_is_worked_on_comes_again_afterwards() -> None:
    async def story(queue: Workqueue[str], _: Clock) -> None:
        queue.add("a")
        assert await due(queue) == "a"
        queue.add("a")
        assert await due(queue) is None
        queue.done("a")
        assert await due(queue) == "a"

    run(story)


def test_keys_come_by_their_time() -> None:
    async def story(queue: Workqueue[str], clock: Clock) -> None:
        queue.add("late", 2 * SECOND)
        queue.add("soon", SECOND)
        clock.time = 3.0
        assert [await due(queue), await due(queue)] == ["soon", "late"]
        assert len(queue) == 2

    run(story)


def test_a_new_key_wakes_whoever_waits() -> None:
    async def story(queue: Workqueue[str], _: Clock) -> None:
        queue.add("later", 3600 * SECOND)
        waiting = asyncio.create_task(queue.take())
        await asyncio.sleep(0)
        queue.add("now")
        assert await waiting == "now"

    run(story)


def test_what_fails_comes_again_later_each_time_and_at_once_after_a_success() -> None:
    async def story(queue: Workqueue[str], clock: Clock) -> None:
        queue.add("a")
        pauses = []
        for _ in range(12):
            began = clock.time
            while await due(queue) is None:
                clock.time += 0.5
            pauses.append(clock.time - began)
            queue.done("a", failed=True)
        assert pauses[:5] == [0, 1, 2, 4, 8]
        assert pauses[-1] == LONGEST_BACKOFF / SECOND
        clock.time += LONGEST_BACKOFF / SECOND
        assert await due(queue) == "a"
        queue.done("a")
        queue.add("a")
        assert await due(queue) == "a"
        queue.done("a", failed=True)
        clock.time += FIRST_BACKOFF / SECOND
        assert await due(queue) == "a"

    run(story)


def test_a_key_that_was_added_while_it_failed_still_waits() -> None:
    async def story(queue: Workqueue[str], clock: Clock) -> None:
        queue.add("a")
        assert await due(queue) == "a"
        queue.add("a")
        queue.done("a", failed=True)
        assert await due(queue) is None
        clock.time = 1.0
        assert await due(queue) == "a"

    run(story)
