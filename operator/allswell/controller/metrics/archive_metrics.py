"""Count what is in the archive and what waits for it, beside the operator's own metrics."""

from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from allswell.central.archive_catalogue import ArchiveTotals
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.domain import instant


class ArchiveMetrics:
    """The archive's metrics, also where there is no archive."""

    def __init__(
        self, registry: CollectorRegistry, backlog: ArchiveBacklog, now: Callable[[], datetime]
    ) -> None:
        self._backlog, self._now = backlog, now

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"allswell_archive_{name}", text, registry=registry)

        self.steps = Counter(
            "allswell_archive_steps",
            "Uploads permitted and recorded, objects removed, by step and result.",
            ("step", "result"),
            registry=registry,
        )
        self.objects = gauge("objects", "Day files in the archive's catalogue.")
        self.size = gauge("bytes", "Their bytes.")
        self.samples = gauge("samples", "Their samples.")
        self.damaged = gauge("damaged_objects", "Day files found missing or changed.")
        configured = gauge("configured", "Whether there is an archive.")
        configured.set_function(lambda: float(backlog.configured))
        days = gauge("backlog_days", "Days of monitors that are over and wait for the archive.")
        days.set_function(self._days)
        age = gauge("backlog_age_seconds", "How long ago the oldest of them was over; 0 for none.")
        age.set_function(self._age)

    def count_step(self, step: str, result: str) -> None:
        """Count a step and how it ended."""
        self.steps.labels(step, result).inc()

    def show_totals(self, totals: ArchiveTotals) -> None:
        """Show what the catalogue holds."""
        self.objects.set(totals.objects)
        self.size.set(totals.size)
        self.samples.set(totals.samples)
        self.damaged.set(totals.damaged)

    def _days(self) -> float:
        waiting = self._backlog.total()
        return 0.0 if waiting is None else waiting.days

    def _age(self) -> float:
        waiting = self._backlog.total()
        if waiting is None:
            return 0.0
        over = instant.day_start(waiting.oldest) + instant.DAY
        return max(0.0, (self._now() - over).total_seconds())
