"""Count the checker's own work and write it as Prometheus text.

Written by hand: the client library costs a megabyte in every checker pod, and these few lines are
all that is exposed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from allswell.domain.sample import Sample

BOUNDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.5, 1.0, 5.0)


@dataclass(slots=True)
class CheckerCounters:
    """Counters since the start of the process."""

    skipped: int = 0
    late: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    late_sum: float = 0.0
    checks: dict[tuple[str, str], int] = field(default_factory=dict)
    latest: dict[str, Sample] = field(default_factory=dict)

    def count_start(self, lateness: float) -> None:
        """Count a check that began `lateness` seconds after it was due."""
        bucket = sum(lateness > bound for bound in BOUNDS)
        self.late[bucket] += 1
        self.late_sum += max(0.0, lateness)

    def count_result(self, monitor: str, sample: Sample) -> None:
        """Count a finished check."""
        key = (monitor, sample.state.value)
        self.checks[key] = self.checks.get(key, 0) + 1
        self.latest[monitor] = sample

    def forget(self, monitors: Iterable[str]) -> None:
        """Drop the counts of monitors that are no longer in the list."""
        for name in monitors:
            self.latest.pop(name, None)
            for key in [key for key in self.checks if key[0] == name]:
                del self.checks[key]


def exposition(counters: CheckerCounters, gauges: Mapping[str, float]) -> str:
    """Return the whole exposition; `gauges` are single values by their full name."""
    lines = ["# TYPE allswell_checks_total counter"]
    for (monitor, state), count in sorted(counters.checks.items()):
        lines.append(f'allswell_checks_total{{monitor="{monitor}",state="{state}"}} {count}')
    lines.append("# TYPE allswell_check_latency_seconds gauge")
    for monitor, sample in sorted(counters.latest.items()):
        seconds = sample.latency_us / 1_000_000
        lines.append(f'allswell_check_latency_seconds{{monitor="{monitor}"}} {seconds:.6f}')
    lines += _lateness(counters)
    lines += ["# TYPE allswell_checks_skipped_total counter"]
    lines += [f"allswell_checks_skipped_total {counters.skipped}"]
    for name, value in sorted(gauges.items()):
        lines += [f"# TYPE {name} gauge", f"{name} {value:g}"]
    return "\n".join(lines) + "\n"


def _lateness(counters: CheckerCounters) -> list[str]:
    name = "allswell_check_start_lateness_seconds"
    lines, total = [f"# TYPE {name} histogram"], 0
    for bound, count in zip((*BOUNDS, "+Inf"), counters.late, strict=True):
        total += count
        lines.append(f'{name}_bucket{{le="{bound}"}} {total}')
    return [*lines, f"{name}_sum {counters.late_sum:.6f}", f"{name}_count {total}"]
