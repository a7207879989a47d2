"""Declare what a measurement measures.

Decorate a function with one ``@figure`` for each thing it measures. With one figure it may return
the number; with several it yields ``(name, value)`` as each becomes known::

    @figure(name="start_lateness_p99_ms", unit="ms", limit=20)
    @figure(name="cpu_ms_per_check_https", unit="ms", limit=5)
    def thousand_monitors() -> Iterator[tuple[str, float]]: ...
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"]
Verdict = Literal["ok", "short"]
Measurement = float | Iterable[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A named number with the limit it is judged by."""

    name: str
    unit: str
    limit: float
    better: Better = "lower"

    def judge(self, value: float) -> Verdict:
        """Compare with the limit; the limit itself is good, not-a-number is not."""
        good = value <= self.limit if self.better == "lower" else value >= self.limit
        return "ok" if good else "short"


@dataclass(frozen=True, slots=True)
class Bench:
    """A function, the figures it measures, and what it needs of the machine (`bench.needs`)."""

    run: Callable[[], Measurement]
    figures: tuple[Figure, ...]
    needs: frozenset[str] = frozenset()

    def results(self) -> Iterator[tuple[Figure, float]]:
        """Measure; yield each figure once.

        Raises:
            LookupError: a name that was not declared, came twice, or never came.
        """
        waiting = {figure.name: figure for figure in self.figures}
        for name, value in self._pairs(self.run()):
            if name not in waiting:
                problem = f"{name!r} is measured but not declared, or measured twice"
                raise LookupError(problem)
            yield waiting.pop(name), value
        if waiting:
            problem = f"declared but not measured: {', '.join(waiting)}"
            raise LookupError(problem)

    def _pairs(self, measured: Measurement) -> Iterable[tuple[str, float]]:
        if isinstance(measured, (int, float)):
            return [(self.figures[0].name, float(measured))]
        return measured


def figure(
    *, name: str, unit: str, limit: float, better: Better = "lower", needs: Collection[str] = ()
) -> Callable[[Callable[[], Measurement] | Bench], Bench]:
    """Declare a figure of the decorated function; `needs` are names from `bench.needs`."""
    declared = Figure(name, unit, limit, better)

    def decorate(target: Callable[[], Measurement] | Bench) -> Bench:
        if isinstance(target, Bench):
            return Bench(target.run, (declared, *target.figures), target.needs | set(needs))
        return Bench(target, (declared,), frozenset(needs))

    return decorate
