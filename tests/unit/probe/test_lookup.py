"""Looking names up without letting one dead name server hold up the others."""

import asyncio
import threading
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from allswell.probe import lookup
from allswell.probe.address_policy import Address
from allswell.probe.lookup import SystemLookup

pytestmark = pytest.mark.asyncio

ADDRESS = ip_address("192.0.2.1")


class Hanging:
    """A resolver that hangs for names in `.dead` until it is released."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str) -> tuple[Address, ...]:
        """Blocks."""
        self.asked.append(host)
        if host.endswith(".dead"):
            self.release.wait(20)
        return (ADDRESS,)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    resolver = Hanging()
    yield resolver
    resolver.release.set()


async def test_hanging_lookups_do_not_hold_up_another_name(hanging: Hanging) -> None:
    resolve = SystemLookup(hanging)
    stuck = [asyncio.create_task(resolve(f"{number}.dead")) for number in range(100)]
    await asyncio.sleep(0)
    assert await resolve("alive.example") == (ADDRESS,)
    hanging.release.set()
    assert await asyncio.gather(*stuck) == [(ADDRESS,)] * 100


async def test_a_name_has_one_lookup_at_a_time_also_after_its_check_has_given_up(
    hanging: Hanging,
) -> None:
    resolve = SystemLookup(hanging)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(resolve("a.dead"), 0.01)
    assert hanging.asked == ["a.dead"]
    hanging.release.set()
    assert await resolve("a.dead") == (ADDRESS,)


async def test_too_many_hanging_lookups_are_our_own_trouble(hanging: Hanging) -> None:
    resolve = SystemLookup(hanging, max_at_once=1)
    stuck = asyncio.create_task(resolve("a.dead"))
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="1 name lookups are hanging"):
        await resolve("alive.example")
    hanging.release.set()
    await stuck
    assert await resolve("alive.example") == (ADDRESS,)


async def test_a_place_that_becomes_free_is_taken(hanging: Hanging) -> None:
    resolve = SystemLookup(hanging, max_at_once=1)
    stuck = asyncio.create_task(resolve("a.dead"))
    await asyncio.sleep(0)
    next_one = asyncio.create_task(resolve("alive.example"))
    await asyncio.sleep(0)
    hanging.release.set()
    assert (await stuck, await next_one) == ((ADDRESS,), (ADDRESS,))


async def test_a_failed_lookup_raises_what_the_resolver_raised() -> None:
    def failing(host: str) -> tuple[Address, ...]:
        raise OSError(host)

    with pytest.raises(OSError, match=r"a\.example"):
        await SystemLookup(failing)("a.example")


async def test_the_system_knows_odd_spellings_and_refuses_impossible_names() -> None:
    assert lookup.ask_system("127.1") == (ip_address("127.0.0.1"),)
    with pytest.raises(OSError, match="no host's name"):
        lookup.ask_system(f"{'é' * 70}.example")
