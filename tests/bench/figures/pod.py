"""Measure what one checker's pod costs on a real node, and how soon it has a result."""

import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import median

from tests.bench import labs
from tests.bench.figure import figure
from tests.cluster import installation, monitor_pods, targets
from tests.cluster.lab import machine

MEBI = 2**20
PODS = 5
# Long enough for the first beats, reports and every import to have happened.
SETTLED = 75.0


@figure(name="pod_to_first_result_s", unit="s", limit=15)
@figure(name="checker_anon_mib", unit="MiB", limit=30, needs=("node",))
def pods() -> Iterator[tuple[str, float]]:
    """Measure the worst of five checkers with TLS; other kernel counters are printed beside it."""
    with labs.cluster(machine.NODE) as cluster, tempfile.TemporaryDirectory() as folder:
        assert cluster.lab is not None
        address = cluster.lab.machine_address
        cluster.lab.name(address, targets.HOST)
        with targets.serving(Path(folder), address) as target:
            values = installation.merge(
                installation.QUICK, {"checker": {"extraCAs": target.authority}}
            )
            with installation.installed(cluster, "allswell", values):
                many = [
                    monitor_pods.monitor(f"m{number}", target.url(f"/{number}"), interval="5s")
                    for number in range(PODS)
                ]
                installation.apply(cluster, "default", *many)
                monitors = [
                    monitor_pods.RunningMonitor(cluster, "default", f"m{n}") for n in range(PODS)
                ]
                for watched in monitors:
                    watched.wait_for_state("up", limit=120)
                yield "pod_to_first_result_s", max(first_result(watched) for watched in monitors)
                time.sleep(SETTLED)
                counted = [memory(watched.pod()["metadata"]["uid"]) for watched in monitors]
                for name in sorted(counted[0]):
                    values_of = [each[name] / MEBI for each in counted]
                    print(f"  {name}: {median(values_of):.1f} MiB", flush=True)
                yield "checker_anon_mib", max(each["anon"] for each in counted) / MEBI


def first_result(watched: monitor_pods.RunningMonitor) -> float:
    """Return seconds from the container's start to its first sample's."""
    status = watched.pod()["status"]["containerStatuses"][0]
    began = datetime.fromisoformat(status["state"]["running"]["startedAt"])
    return (min(at for at, _ in watched.samples()) - began).total_seconds()


def memory(pod: str) -> dict[str, int]:
    """Return the memory of a pod's checker by its control group, in bytes."""
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes()
            groups = (entry / "cgroup").read_text().splitlines()
        except OSError:
            continue
        if b"allswell\0checker" in command and any(pod in line for line in groups):
            return counted(groups)
    raise LookupError(pod)


def counted(groups: list[str]) -> dict[str, int]:
    """Read `memory.stat`; the two generations of control groups have their own words."""
    root = Path("/sys/fs/cgroup")
    for line in groups:
        _, kinds, path = line.split(":", 2)
        if kinds == "memory":
            counted_bytes = _stat(root / "memory" / path.lstrip("/"))
            return {"anon": counted_bytes["total_rss"], "page cache": counted_bytes["total_cache"]}
        if not kinds and (root / path.lstrip("/") / "memory.stat").exists():
            counted_bytes = _stat(root / path.lstrip("/"))
            return {
                "anon": counted_bytes["anon"],
                "page cache": counted_bytes["file"],
                "kernel": counted_bytes["kernel"],
            }
    raise LookupError("the kernel counts no memory by control group here")


def _stat(folder: Path) -> dict[str, int]:
    rows = (folder / "memory.stat").read_text().splitlines()
    return {name: int(value) for name, value in (row.split() for row in rows)}
