"""Measure the size of a month of one monitor in the checker's own file."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from allswell.domain import cover, health
from allswell.domain.cover import Grace
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.store import BatchItem, Store
from tests.bench.figure import figure

SAMPLES = 44_640
MINUTE = timedelta(minutes=1)
BEGINNING = datetime(2026, 10, 1, tzinfo=UTC)


@figure(name="sample_bytes_on_disk", unit="B", limit=28)
def month() -> float:
    """Measure 31 days of a one-minute monitor, a commit each, with varying latencies."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "checker.sqlite"
        store = Store.open(path, now=BEGINNING)
        enrolled = store.enroll("one", "target")
        judged, seen, span = enrolled.health, enrolled.observation, Grace().cover(MINUTE)
        for number in range(SAMPLES):
            started = BEGINNING + number * MINUTE + timedelta(milliseconds=number * 7919 % 997)
            sample = Sample(started, 40_000 + number * 104_729 % 160_001)
            judged, _ = health.judge(judged, sample, Confirm())
            seen = cover.extend(seen, started, span)
            store.commit([BatchItem(enrolled.number, sample, judged, seen)])
        store.close()
        return path.stat().st_size / SAMPLES
