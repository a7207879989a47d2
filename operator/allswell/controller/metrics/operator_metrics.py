"""Count what the operator does, for Prometheus. One registry, made at the start and passed on."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS_S = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)


class OperatorMetrics:
    """The operator's own metrics."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reconciles = self._counter(
            "reconciles", "Reconciliations of an object, by kind and result.", "kind", "result"
        )
        self.reconcile_seconds = Histogram(
            "allswell_reconcile_seconds",
            "How long a reconciliation took.",
            ("kind",),
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.writes = self._counter(
            "writes", "Writes to the API server, by kind and verb.", "kind", "verb"
        )
        self.resyncs = self._counter(
            "resyncs", "Complete lists of everything, by result.", "result"
        )
        self.resync_missed = self._counter(
            "resync_missed",
            "Changes that a resync has found before the watch delivered them, by kind.",
            "kind",
        )
        self.resync_timestamp = self._gauge(
            "resync_timestamp_seconds", "When the last resync succeeded."
        )
        self.queue_length = self._gauge("queue_length", "Objects that wait to be reconciled.")
        self.rollout_waiting, self.rollout_under_way = self._rollout()
        self.certificate_orders, self.certificate_orders_waiting = self._orders()
        self.objects = Gauge(
            "allswell_objects", "Objects in the cache, by kind.", ("kind",), registry=self.registry
        )
        self.token_verdicts = self._counter(
            "token_verdicts", "Reviews of tokens, by result.", "result"
        )
        self.collector_refusals = self._counter(
            "collector_refusals",
            "Messages that were refused because their Monitor had sent too many.",
        )

    def _rollout(self) -> tuple[Gauge, Gauge]:
        """Make the gauges of a roll-out: who waits for a slot, and who has one."""
        return (
            self._gauge(
                "rollout_waiting",
                "Checkers that wait for a slot to be replaced, as the installation has changed.",
            ),
            self._gauge(
                "rollout_under_way",
                "Checkers that were replaced in a slot and have not run for long enough yet.",
            ),
        )

    def _orders(self) -> tuple[Gauge, Gauge]:
        """Make the gauges of the budget of certificates: what is spent, and who waits for more."""
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

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"allswell_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"allswell_{name}", text, registry=self.registry)
