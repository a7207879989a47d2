"""The operator's own figures, for Prometheus. One registry, made at the start and passed on."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)


class OperatorMetrics:
    """What the operator counts of its own work."""

    def __init__(self) -> None:
        it = self.registry = CollectorRegistry()
        self.reconciles = Counter(
            "allswell_reconciles",
            "Looks at an object, by kind and result.",
            ("kind", "result"),
            registry=it,
        )
        self.seconds = Histogram(
            "allswell_reconcile_seconds",
            "How long a look took.",
            ("kind",),
            buckets=SECONDS,
            registry=it,
        )
        self.writes = Counter(
            "allswell_writes",
            "Writes to the API server, by kind and verb.",
            ("kind", "verb"),
            registry=it,
        )
        self.resyncs = Counter(
            "allswell_resyncs", "Complete looks at everything.", ("result",), registry=it
        )
        self.missed = Counter(
            "allswell_resync_missed",
            "Changes that a complete look has found before the watch told of them, by kind.",
            ("kind",),
            registry=it,
        )
        self.resynced = self._gauge("resync_timestamp_seconds", "When the last full look ended.")
        self.waiting = self._gauge("queue_length", "Objects that wait for a look.")
        self.held = self._gauge(
            "rollout_waiting",
            "Checkers that wait for their turn to be replaced, as the installation has changed.",
        )
        self.rolling = self._gauge(
            "rollout_under_way",
            "Checkers that were replaced by turn and have not run for long enough yet.",
        )
        self.orders, self.postponed = self._orders()
        self.objects = Gauge(
            "allswell_objects", "Objects in the index, by kind.", ("kind",), registry=it
        )
        self.verdicts, self.refusals = self._asked()

    def _asked(self) -> tuple[Counter, Counter]:
        """Who asks the collector and may not, or more than is anybody's share."""
        it = self.registry
        return (
            Counter(
                "allswell_token_verdicts",
                "Judgements of tokens, by result.",
                ("result",),
                registry=it,
            ),
            Counter(
                "allswell_collector_refusals",
                "Messages that were refused because their Monitor had sent too many.",
                registry=it,
            ),
        )

    def _orders(self) -> tuple[Gauge, Gauge]:
        """How far the budget of certificates is spent, and who waits for more of it."""
        return (
            self._gauge(
                "certificate_orders",
                "Certificates for host names that were ordered in the last three hours.",
            ),
            self._gauge(
                "certificate_orders_waiting",
                "Host names that are proved and wait until another certificate may be ordered.",
            ),
        )

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(f"allswell_{name}", words, registry=self.registry)
