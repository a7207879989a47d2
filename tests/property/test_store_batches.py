"""How a stream of results is cut into batches makes no difference to what the file holds."""

import itertools
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import health_json
from allswell.domain.health import judge
from allswell.domain.report import Transition
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.store import BatchItem, EnrolledMonitor, Store
from tests.unit.store.examples import NOW, at, seen

REASONS = st.sampled_from(["", "", "Slow", "Timeout", "HTTP 503", "CheckerError"])
RESULTS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 90), REASONS), max_size=40)
TABLES = ("monitor", "health", "sample", "day", "outgoing")


def stream(monitors: list[EnrolledMonitor], results: list[tuple[int, int, str]]) -> list[BatchItem]:
    """Return what a checker would commit."""
    healths = [each.health for each in monitors]
    numbers = [0] * len(monitors)
    parts = []
    for who, minute, reason in results:
        monitor, sample = monitors[who], Sample(at(minute), minute, reason)
        healths[who], claim = judge(healths[who], sample, Confirm(failures=2))
        envelopes = []
        if claim is not None:
            numbers[who] += 1
            name = f"m{who}"
            envelopes.append(Transition(name, monitor.store, numbers[who], claim))
        parts.append(
            BatchItem(monitor.number, sample, healths[who], seen(minute), tuple(envelopes))
        )
    return parts


def content(results: list[tuple[int, int, str]], cuts: set[int]) -> list[object]:
    """Commit the stream in the batches that the cuts make; return all rows of the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checker.db"
        store = Store.open(path, max_bytes=10_000_000, now=NOW)
        monitors = [store.enroll(f"m{number}", "t") for number in range(2)]
        parts = stream(monitors, results)
        edges = sorted({0, len(parts), *(cut for cut in cuts if cut < len(parts))})
        for start, end in itertools.pairwise(edges):
            store.commit(parts[start:end])
        store.close()
        ids = {each.store: f"store {each.number}" for each in monitors}
        with closing(sqlite3.connect(path)) as connection:
            rows = [row for table in TABLES for row in connection.execute(f"SELECT * FROM {table}")]
    return [named(row, ids) for row in rows]


def named(row: tuple[object, ...], ids: dict[str, str]) -> list[str]:
    """Return a row with the random ids replaced."""
    cells = [str(cell) for cell in row]
    for long, short in ids.items():
        cells = [cell.replace(long, short) for cell in cells]
    return cells


@given(RESULTS, st.sets(st.integers(1, 40)))
def test_where_a_stream_is_cut_changes_nothing(
    results: list[tuple[int, int, str]], cuts: set[int]
) -> None:
    assert content(results, set()) == content(results, cuts)


@given(st.lists(st.tuples(st.integers(0, 90), REASONS), min_size=1, max_size=60))
def test_a_health_comes_back_as_it_was_kept(results: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "checker.db", max_bytes=10_000_000, now=NOW)
        api = store.enroll("m0", "t")
        parts = stream([api], [(0, *result) for result in results])
        store.commit(parts)
        found = store.enroll("m0", "t").health
        store.close()
    assert found == parts[-1].health
    assert health_json.parse(health_json.text(found)) == found
