"""The archive's figures, for Prometheus, beside the operator's others."""

from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from allswell.central.archive_catalogue import ArchiveTotals
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.domain import instant


class ArchiveMetrics:
    """What is counted of the archive, also that there is none."""

    def __init__(
        self, registry: CollectorRegistry, news: ArchiveBacklog, now: Callable[[], datetime]
    ) -> None:
        self._news, self._now = news, now

        def gauge(name: str, says: str) -> Gauge:
            return Gauge(f"allswell_archive_{name}", says, registry=registry)

        self.steps = Counter(
            "allswell_archive_steps",
            "Deposits permitted and recorded, objects removed, by step and result.",
            ("step", "result"),
            registry=registry,
        )
        self.objects = gauge("objects", "Day files in the archive's catalogue.")
        self.size = gauge("bytes", "Their bytes.")
        self.samples = gauge("samples", "Their samples.")
        self.damaged = gauge("damaged_objects", "Day files found missing or changed.")
        configured = gauge("configured", "Whether there is an archive.")
        configured.set_function(lambda: float(news.configured))
        days = gauge("backlog_days", "Days of monitors that are over and wait for the archive.")
        days.set_function(self._days)
        age = gauge("backlog_age_seconds", "How long ago the oldest of them was over; 0 for none.")
        age.set_function(self._age)

    def count(self, step: str, result: str) -> None:
        """Count a step and how it ended."""
        self.steps.labels(step, result).inc()

    def counted(self, totals: ArchiveTotals) -> None:
        """Show what the catalogue holds."""
        self.objects.set(totals.objects)
        self.size.set(totals.size)
        self.samples.set(totals.samples)
        self.damaged.set(totals.damaged)

    def _days(self) -> float:
        backlog = self._news.total()
        return 0.0 if backlog is None else backlog.days

    def _age(self) -> float:
        backlog = self._news.total()
        if backlog is None:
            return 0.0
        over = instant.day_start(backlog.oldest) + instant.DAY
        return max(0.0, (self._now() - over).total_seconds())
