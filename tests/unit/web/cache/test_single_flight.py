import threading
from concurrent.futures import ThreadPoolExecutor

from tests.unit.web import fakes, harness


def test_fifty_visitors_of_an_expired_copy_cause_one_read_and_get_the_old_copy_at_once() -> None:
    reader = fakes.Reader(fakes.facts(fakes.component()))
    with ThreadPoolExecutor(4) as executor, ThreadPoolExecutor(50) as visitors:
        bench = harness.bench(reader, executor=executor)
        assert bench.ask().status == 200
        assert reader.entered.acquire(timeout=5)
        reader.gate = threading.Event()
        bench.clock.advance(31)
        slow = visitors.submit(bench.ask)
        assert reader.entered.acquire(timeout=5)
        answers = [asked.result(1) for asked in [visitors.submit(bench.ask) for _ in range(49)]]
        reader.gate.set()
        answers.append(slow.result(5))
    assert {answer.status for answer in answers} == {200}
    assert reader.reads == [1, 1]


def test_fifty_visitors_of_a_cold_page_cause_one_read_and_all_get_the_page() -> None:
    reader = fakes.Reader(fakes.facts(fakes.component()))
    reader.gate = threading.Event()
    with ThreadPoolExecutor(4) as executor, ThreadPoolExecutor(50) as visitors:
        bench = harness.bench(reader, executor=executor)
        requests = [visitors.submit(bench.ask) for _ in range(50)]
        reader.gate.set()
        answers = [one.result(5) for one in requests]
    assert {answer.status for answer in answers} == {200}
    assert reader.reads == [1]


def test_a_database_that_hangs_does_not_keep_visitors_waiting() -> None:
    reader = fakes.Reader(fakes.facts(fakes.component()))
    with ThreadPoolExecutor(4) as executor:
        bench = harness.bench(reader, executor=executor)
        bench.ask()
        reader.gate = threading.Event()
        bench.clock.advance(600)
        text = bench.ask().text
        reader.gate.set()
    assert "The current status is unknown" in text
