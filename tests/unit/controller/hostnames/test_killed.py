"""An operator that is killed at any step leaves nothing half done: the next one ends the same."""

import asyncio
import contextlib

import pytest

from allswell.controller.hostnames import status
from tests.unit.controller.hostnames.story import HOST, TXT, Killed, Story

BOTH = [f"Certificate {HOST}", f"Ingress {HOST}"]
# More than either takes; the last of them kill nobody.
STEPS = range(1, 31)


async def served(story: Story) -> None:
    """A name from listed to serving, as far as the operator lives."""
    story.answers[HOST] = TXT
    await story.reconcile(HOST)
    await story.advance()
    story.certify()
    await story.advance()
    await story.advance()


async def removed(story: Story) -> None:
    """A name that is not listed any more, until nothing of it is left."""
    await story.reconcile()
    await story.advance()
    await story.advance()


async def killed_once(story: Story, step: int, removing: bool) -> bool:
    """Do it, be killed on the way, begin anew and do it again; whether it was killed."""
    part = removed if removing else served
    if removing:
        await served(story)
    story.fatal = step
    # Whoever is killed in a task of its own ends that task alone here: the rest goes on.
    with contextlib.suppress(Killed):
        await part(story)
    was_killed, story.fatal = not story.fatal, 0
    story.hostnames = story.new_service()
    await part(story)
    return was_killed


@pytest.mark.parametrize("step", STEPS)
def test_a_name_that_comes_serves_in_the_end(story: Story, step: int) -> None:
    async def serve_after_a_kill() -> bool:
        was_killed = await killed_once(story, step, removing=False)
        (name,) = await story.reconcile(HOST)
        assert status.is_ready(name)
        return was_killed

    was_killed = asyncio.run(serve_after_a_kill())
    assert story.children() == BOTH
    assert was_killed or step > 12
    assert story.central.writer.claims.holders()[0].host == HOST


@pytest.mark.parametrize("step", STEPS)
def test_a_name_that_goes_takes_everything_with_it(story: Story, step: int) -> None:
    was_killed = asyncio.run(killed_once(story, step, removing=True))
    assert story.children() == []
    assert story.keys() == 0
    assert was_killed or step > 6
    assert story.central.writer.claims.holders() == ()
