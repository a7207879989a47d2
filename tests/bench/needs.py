"""List what figures need of the machine beside Python, and how to install it."""

import os
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

from tests import needs
from tests.bench.figure import Bench
from tests.cluster.lab import build, machine
from tests.cluster.lab.paths import LabPaths
from tests.needs import Need

GO = "Go 1.26 or later (https://go.dev/dl/)"


def wrk() -> Path | None:
    """Find the load generator wrk."""
    return needs.program("wrk")


def go() -> Path | None:
    """Find Go."""
    program = build.go()
    return Path(program) if program else None


@cache
def node() -> Path | None:
    """Find what a node that runs pods needs: root, Go and containerd's programs."""
    here = machine.inspect(LabPaths.of(os.environ).cache)
    return None if here.lacks_for_node else go()


BENCH_NEEDS: Mapping[str, Need] = {
    **needs.NEEDS,
    "wrk": Need("wrk", "the load generator wrk", "sudo apt-get install wrk", wrk),
    "control-plane": Need("control-plane", "Go, which builds a Kubernetes", GO, go),
    "node": Need("node", "what pods need", f"{GO}; as root: {machine.INSTALL}", node),
}


def say_lacking(benches: Iterable[Bench], known: Mapping[str, Need] = BENCH_NEEDS) -> list[Bench]:
    """Print what the machine lacks and which figures that costs; return the other benches."""
    benches = list(benches)
    wanted = sorted({name for bench in benches for name in bench.needs})
    lacking = {need.name: need for need in needs.lacking(known[name] for name in wanted)}
    for need in lacking.values():
        figures = ", ".join(_figures(benches, need.name))
        print(f"{needs.sentence(need)}\n  Not measured: {figures}.", flush=True)
    return [bench for bench in benches if not bench.needs & lacking.keys()]


def _figures(benches: Collection[Bench], need: str) -> list[str]:
    return [figure.name for bench in benches if need in bench.needs for figure in bench.figures]
