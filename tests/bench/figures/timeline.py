"""Measure what deriving the states of a window costs."""

import time
from datetime import UTC, datetime, timedelta

from allswell.domain import timeline
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from tests.bench.figure import figure

START = datetime(2026, 9, 1, tzinfo=UTC)
WINDOW = timedelta(days=90)
OVERLAYS, CLAIMS, RUNS = 5_000, 1_000, 5


@figure(name="segments_5000_overlays_ms", unit="ms", limit=30)
def segments() -> float:
    """Measure the CPU time of one derivation over 90 days with 5,000 pauses; the least of five."""
    step = WINDOW / OVERLAYS
    overlays = [
        Overlay(OverlayKind.PAUSED, START + i * step, START + i * step + step / 3)
        for i in range(OVERLAYS)
    ]
    words = [(State.UP, ""), (State.DOWN, "Timeout")]
    claims = [
        HealthClaim(words[i % 2][0], START + i * WINDOW / CLAIMS, words[i % 2][1])
        for i in range(CLAIMS)
    ]
    spent = []
    for _ in range(RUNS):
        before = time.process_time()
        timeline.segments(claims, overlays, START, START + WINDOW)
        spent.append(time.process_time() - before)
    return 1000 * min(spent)
