"""Measure how fast a hit is beside nginx with the same bytes, and the reads of the database."""

import gzip
import math
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from allswell.central import engine
from allswell.central.writer import CentralWriter
from allswell.domain.spec import page as spec
from tests import redisserver
from tests.bench import processes
from tests.bench.figure import figure

COMPONENTS = 20
ROUNDS = 5
SECONDS = 3
CONNECTIONS = 32
WINDOW_S = 30.0
REQUESTS = 10_000
AT_ONCE = 64


def filled(folder: Path) -> str:
    """Fill a central database with a page of 20 components; return its URL."""
    url = f"sqlite:///{folder / 'central.sqlite'}"
    central = engine.connect(url)
    engine.migrate(central)
    writer, now = CentralWriter(central), datetime.now(UTC)
    writer.start(now)
    monitors = [
        processes.monitor(f"m{n:02}", "http://127.0.0.1:9/", "60s") for n in range(COMPONENTS)
    ]
    for entry in monitors:
        writer.register(entry, namespace_uid="bench", now=now)
    entries = [{"name": entry.meta.name} for entry in monitors]
    manifest = {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": "page"},
        "spec": {"title": "Bench", "groups": [{"name": "All", "monitors": entries}]},
    }
    shown = spec.read(manifest)
    components = spec.components(shown, [entry.meta for entry in monitors])
    writer.put_page(shown, components, now, namespace_uid="bench")
    central.dispose()
    return url


@contextmanager
def web(folder: Path, url: str, **more: str) -> Iterator[int]:
    """Run a real page on the first core; yield its port."""
    port = processes.free_port()
    environment = {"ALLSWELL_DATABASE_URL": url, "ALLSWELL_BIND": f"127.0.0.1:{port}", **more}
    command = [sys.executable, "-m", "allswell.cli", "page"]
    with processes.run_process(command, processes.cores()[0], environment, folder / "web.log"):
        processes.wait_for_port(port)
        yield port


@contextmanager
def static(folder: Path, body: bytes) -> Iterator[int]:
    """Run nginx on the first core with the same bytes, also as gzip; yield its port."""
    (folder / "html").mkdir()
    (folder / "html" / "index.html").write_bytes(body)
    (folder / "html" / "index.html.gz").write_bytes(gzip.compress(body, 9, mtime=0))
    folder.chmod(0o755)
    port = processes.free_port()
    server = (
        "types { text/html html; } sendfile on; keepalive_requests 1000000;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/html; gzip_static on; }}"
    )
    with processes.run_nginx(folder, server, processes.cores()[0]):
        processes.wait_for_port(port)
        yield port


@dataclass(frozen=True, slots=True)
class Load:
    """What a load found: answers a second, and the time that 99 of 100 answers took at most."""

    rate: float
    p99_ms: float


def load(port: int, header: str) -> Load:
    """Load a URL with 32 connections from the second core. Raises when an answer is not good."""
    core = ",".join(str(number) for number in processes.cores()[1])
    command = [
        "taskset",
        "-c",
        core,
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{SECONDS}s",
        "--latency",
    ]
    command += ["-H", header, f"http://127.0.0.1:{port}/"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    slow = re.search(r"\b99%\s+([\d.]+)(us|ms|s)\b", output)
    if rate is None or slow is None or "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}[slow[2]]
    return Load(float(rate[1]), float(slow[1]) * unit)


def reads(port: int) -> float:
    """Return how often the page's facts have been read from the database so far."""
    return processes.read_metrics(port)["allswell_web_facts_reads_total"]


@figure(name="page_hit_vs_nginx_gzip", unit="ratio", limit=0.8, better="higher")
@figure(name="page_hit_vs_nginx_plain", unit="ratio", limit=0.5, better="higher")
@figure(name="page_hit_p99_ms", unit="ms", limit=20)
@figure(name="page_hit_p99_nginx_ms", unit="ms", limit=20)
@figure(name="page_refreshes_per_window", unit="reads", limit=1, needs=("wrk", "nginx"))
def hits() -> Iterator[tuple[str, float]]:
    """Measure both in turn, five times each way; the medians. The p99s are those with gzip."""
    headers = {"gzip": "Accept-Encoding: gzip", "plain": "Accept-Encoding: identity"}
    loads: dict[tuple[str, str], list[Load]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with web(folder, filled(folder)) as page:
            with urllib.request.urlopen(f"http://127.0.0.1:{page}/", timeout=10) as answer:
                body = answer.read()
            with static(folder, body) as reference:
                before, began = reads(page), time.monotonic()
                for _ in range(ROUNDS):
                    for how, header in headers.items():
                        loads.setdefault(("page", how), []).append(load(page, header))
                        loads.setdefault(("nginx", how), []).append(load(reference, header))
                windows = math.ceil((time.monotonic() - began) / WINDOW_S)
                refreshes = (reads(page) - before) / windows
    for how in headers:
        # Neighbours in time are compared, so that a slow minute of the machine hits both.
        pairs = zip(loads["page", how], loads["nginx", how], strict=True)
        yield f"page_hit_vs_nginx_{how}", median(ours.rate / theirs.rate for ours, theirs in pairs)
    yield "page_hit_p99_ms", median(it.p99_ms for it in loads["page", "gzip"])
    yield "page_hit_p99_nginx_ms", median(it.p99_ms for it in loads["nginx", "gzip"])
    yield "page_refreshes_per_window", refreshes


def visit(ports: Sequence[int], requests: int) -> None:
    """Send so many requests, 64 at a time, over all replicas. Raises when one fails."""

    def ask(number: int) -> None:
        port = ports[number % len(ports)]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            answer.read()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(ask, number) for number in range(requests)]:
            done.result()


@figure(name="page_refreshes_two_replicas", unit="reads", limit=1, needs=("redis",))
def replicas() -> float:
    """Measure reads per 30 s: 10,000 requests, 64 at a time, over two replicas with a Redis."""
    with tempfile.TemporaryDirectory() as name, redisserver.running() as redis:
        folder = Path(name)
        url, shared = filled(folder), {"ALLSWELL_REDIS_URL": redis.url}
        with web(folder, url, **shared) as first, web(folder, url, **shared) as second:
            began = time.monotonic()
            visit((first, second), REQUESTS)
            windows = math.ceil((time.monotonic() - began) / WINDOW_S)
            return (reads(first) + reads(second)) / windows
