"""What the page did and how it is, as Prometheus text. Nothing on the way of a cache hit counts.

All pages are counted together: whoever reads it learns neither how many there are nor which.
"""

import threading
from collections import Counter

HELP = {
    "allswell_web_facts_reads_total": "Reads of a page's facts from the database.",
    "allswell_web_facts_read_failures_total": "Reads of a page's facts that failed.",
    "allswell_web_directory_reads_total": "Reads of the list of pages.",
    "allswell_web_version_polls_total": "Small queries for the pages' versions.",
    "allswell_web_version_poll_failures_total": "Such queries that failed.",
    "allswell_web_copies_rendered_total": "Copies of a page, or of its JSON, that were made.",
    "allswell_web_latency_failures_total": "Requests to the collector that brought no latency.",
    "allswell_web_shared_failures_total": "Uses of the shared Redis that failed.",
    "allswell_web_shared_up": "Whether the shared Redis answered last; 1 also without one.",
}
GAUGES = frozenset({"allswell_web_shared_up"})


class PageMetrics:
    """Counters and gauges, none with a label."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter({"allswell_web_shared_up": 1})

    def add(self, name: str) -> None:
        """Count one. Raises KeyError for a name without a help text."""
        HELP[name]
        with self._lock:
            self._counts[name] += 1

    def set(self, name: str, value: int) -> None:
        """How it is now. Raises KeyError for a name without a help text."""
        HELP[name]
        with self._lock:
            self._counts[name] = value

    def value(self, name: str) -> int:
        """How often it was counted so far."""
        with self._lock:
            return self._counts[name]

    def text(self) -> str:
        """All of them in the text format that Prometheus reads."""
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
