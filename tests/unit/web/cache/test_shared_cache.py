"""Check two processes that read one value through a shared cache; time is a fake."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from allswell_web.cache import snapshot
from allswell_web.cache.shared_cache import SnapshotOrigin, SnapshotReader
from tests.unit.web import fakes

WORD = snapshot.codec(str)


class Source:
    """Words that count how often they were read; the version is their length."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)
        self.reads = 0
        self.least_version = 0

    def read(self) -> str:
        self.reads += 1
        if not self.words:
            raise ConnectionError("gone")
        return self.words[0]

    def relay(
        self,
        memory: fakes.Memory,
        clock: fakes.Clock,
        serves: Callable[[str], bool] = lambda _: True,
    ) -> SnapshotReader[str]:
        origin = SnapshotOrigin(self.read, lambda _: 30.0, len, lambda: self.least_version, serves)
        return SnapshotReader("word", origin, WORD, memory, clock.wall)


def settled(relay: SnapshotReader[str]) -> tuple[str, float]:
    reading = relay.read()
    reading.finish()
    return reading.value, reading.fresh_for_s


def test_the_second_process_takes_what_the_first_has_read_for_the_rest_of_its_time() -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    assert settled(source.relay(memory, clock)) == ("a", 30.0)
    clock.advance(12)
    assert settled(source.relay(memory, clock)) == ("a", 18.0)
    clock.advance(18)
    assert settled(source.relay(memory, clock)) == ("a", 30.0)
    assert source.reads == 2


def test_a_newer_version_is_read_once_for_all_and_at_most_every_two_seconds() -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    first, second = source.relay(memory, clock), source.relay(memory, clock)
    settled(first)
    source.words, source.least_version = ["bb"], 2
    clock.advance(0.5)
    assert settled(second) == ("a", 1.5)
    clock.advance(1.5)
    assert settled(second) == ("bb", 30.0)
    assert settled(first) == ("bb", 30.0)
    assert source.reads == 2


def test_a_value_that_no_longer_serves_is_read_anew_after_two_seconds() -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    settled(source.relay(memory, clock))
    source.words = ["b"]
    picky = source.relay(memory, clock, lambda word: word == "b")
    clock.advance(1)
    assert settled(picky) == ("a", 1.0)
    clock.advance(1)
    assert settled(picky) == ("b", 30.0)


def test_without_the_origin_what_was_kept_serves_however_old_also_a_new_process() -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    settled(source.relay(memory, clock))
    source.words = []
    clock.advance(3 * 24 * 3600)
    assert settled(source.relay(memory, clock)) == ("a", 5.0)
    assert memory.holders == {}


def test_without_the_origin_a_process_keeps_what_it_has_had_newer_itself() -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    relay = source.relay(memory, clock)
    settled(relay)
    old = memory.snapshots["word"]
    clock.advance(40)
    settled(relay)
    memory.snapshots["word"] = old
    source.words = []
    clock.advance(40)
    with pytest.raises(ConnectionError):
        relay.read()


def test_a_reader_waits_for_the_one_that_reads_and_takes_its_word() -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    lease = memory.acquire("word")
    assert lease is not None
    holder, waiting = source.relay(memory, clock), source.relay(memory, clock)
    began = threading.Event()

    def wait() -> tuple[str, float]:
        began.set()
        return settled(waiting)

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(wait)
        assert began.wait(5)
        memory.release("word", lease)
        settled(holder)
        assert result.result(5)[0] == "a"
    assert source.reads == 1


def test_a_holder_that_died_keeps_nobody_waiting() -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    memory.acquire("word")
    assert settled(source.relay(memory, clock)) == ("a", 30.0)
    assert memory.holders == {}


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_what_a_machine_with_a_wrong_clock_has_kept_is_not_taken_for_fresh(seconds: float) -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    wrong = fakes.Clock()
    wrong.advance(seconds)
    settled(source.relay(memory, wrong))
    settled(source.relay(memory, clock))
    assert source.reads == 2


def test_what_cannot_be_read_is_read_from_the_origin() -> None:
    memory, clock, source = fakes.Memory(), fakes.Clock(), Source("a")
    settled(source.relay(memory, clock))
    stored = memory.snapshots["word"]
    memory.snapshots["word"] = type(stored)(
        b"?", stored.read_at, stored.fresh_until, stored.version
    )
    assert settled(source.relay(memory, clock)) == ("a", 30.0)
    assert source.reads == 2
