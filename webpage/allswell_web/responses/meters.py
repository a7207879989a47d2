"""Count what the page does, and write it as Prometheus text. A cache hit counts nothing.

All pages are counted together, so the metrics do not reveal how many there are, or which.
"""

import threading
from collections import Counter

HELP = {
    "allswell_web_facts_reads_total": "Reads of a page's facts from the database.",
    "allswell_web_facts_read_failures_total": "Reads of a page's facts that failed.",
    "allswell_web_directory_reads_total": "Reads of the list of pages.",
    "allswell_web_version_polls_total": "Queries for the pages' versions.",
    "allswell_web_version_poll_failures_total": "Queries for the pages' versions that failed.",
    "allswell_web_copies_rendered_total": "Responses rendered: pages, JSON, feeds, pictures.",
    "allswell_web_latency_failures_total": "Requests to the collector for latency that failed.",
    "allswell_web_shared_failures_total": "Requests to the shared Redis that failed.",
    "allswell_web_shared_up": "1 if the last request to Redis succeeded, or there is no Redis.",
}
GAUGES = frozenset({"allswell_web_shared_up"})


class PageMetrics:
    """Counters and gauges, none with a label."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter({"allswell_web_shared_up": 1})

    def increment(self, name: str) -> None:
        """Increment a counter. Raises KeyError for a name without a help text."""
        HELP[name]
        with self._lock:
            self._counts[name] += 1

    def set(self, name: str, value: int) -> None:
        """Set a gauge. Raises KeyError for a name without a help text."""
        HELP[name]
        with self._lock:
            self._counts[name] = value

    def value(self, name: str) -> int:
        """Return the current value."""
        with self._lock:
            return self._counts[name]

    def text(self) -> str:
        """Write all metrics in Prometheus' text format."""
        with self._lock:
            counts = {name: self._counts[name] for name in HELP}
        lines: list[str] = []
        for name, help_text in HELP.items():
            kind = "gauge" if name in GAUGES else "counter"
            lines += [
                f"# HELP {name} {help_text}",
                f"# TYPE {name} {kind}",
                f"{name} {counts[name]}",
            ]
        return "\n".join(lines) + "\n"
