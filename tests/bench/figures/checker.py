"""Measure checks: lateness, CPU, bytes written, memory; one checker process on one core."""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.bench import processes
from tests.bench.figure import figure

MONITORS = 1_000
WARM_UP_S = 15.0
HTTPS_S = 60.0
HTTP_S = 40.0
MEMORY_S = 120.0
LATENESS = "allswell_check_start_lateness_seconds_bucket"


@contextmanager
def target(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """Run an nginx on a plain and a TLS port; yield the ports and the CA's file."""
    plain, tls = processes.free_port(), processes.free_port()
    ca = trustme.CA()
    certificate = ca.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    body = (
        f"server {{ listen 127.0.0.1:{plain} backlog=4096;"
        f" listen 127.0.0.1:{tls} ssl backlog=4096; ssl_protocols TLSv1.3;\n"
        f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;\n"
        'location / { return 200 "ok"; } }'
    )
    others = processes.cores()[1]
    with processes.run_nginx(folder, body, others):
        processes.wait_for_port(plain)
        yield plain, tls, folder / "ca.pem"


def quantile_ms(before: Mapping[str, float], after: Mapping[str, float], share: float) -> float:
    """Return a quantile of the lateness between two readings, as Prometheus interpolates it."""
    counts = {
        float(name.partition('le="')[2].rstrip('"}').replace("+Inf", "inf")): value - before[name]
        for name, value in after.items()
        if name.startswith(LATENESS)
    }
    rank, low, below = share * max(counts.values()), 0.0, 0.0
    for bound, count in sorted(counts.items()):
        if count >= rank:
            top = low if bound == float("inf") else bound
            return 1000 * (low + (top - low) * (rank - below) / max(1.0, count - below))
        low, below = bound, count
    return low


def load(scheme: str, seconds: float) -> Iterator[tuple[str, float]]:
    """Measure a thousand monitors every 10 s: lateness, CPU and bytes by check."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with target(folder) as (plain, tls, ca_file):
            address = (
                f"https://localhost:{tls}/" if scheme == "https" else f"http://localhost:{plain}/"
            )
            monitors = [processes.monitor(f"m{n}", address, "10s") for n in range(MONITORS)]
            os.sched_setaffinity(0, processes.cores()[1])
            with processes.run_checker(folder, monitors, processes.cores()[0], ca_file) as (
                pid,
                port,
            ):
                time.sleep(WARM_UP_S)
                late, used = processes.read_metrics(port), processes.read_usage(pid, port)
                time.sleep(seconds)
                late_after, used_after = (
                    processes.read_metrics(port),
                    processes.read_usage(pid, port),
                )
    checks = used_after.checks - used.checks
    expected = MONITORS * seconds / 10
    bad = sum(
        v
        for n, v in late_after.items()
        if n.startswith("allswell_checks_total") and '"up"' not in n
    )
    if checks < 0.95 * expected or bad or late_after["allswell_checks_skipped_total"]:
        raise RuntimeError(f"{checks:.0f} of {expected:.0f} checks ran, {bad:.0f} not up")
    yield "lateness", quantile_ms(late, late_after, 0.99)
    yield "cpu", 1000 * (used_after.cpu_s - used.cpu_s) / checks
    yield "written", (used_after.written - used.written) / checks


@figure(name="start_lateness_p99_ms", unit="ms", limit=20)
@figure(name="cpu_ms_per_check_https", unit="ms", limit=3.5)
@figure(name="bytes_written_per_check", unit="B", limit=6000, needs=("nginx",))
def https() -> Iterator[tuple[str, float]]:
    """Measure 1,000 HTTPS monitors, a new connection each."""
    results = dict(load("https", HTTPS_S))
    yield "start_lateness_p99_ms", results["lateness"]
    yield "cpu_ms_per_check_https", results["cpu"]
    yield "bytes_written_per_check", results["written"]


@figure(name="cpu_ms_per_check_http", unit="ms", limit=2.5, needs=("nginx",))
def http() -> float:
    """Measure 1,000 plain monitors, a new connection each."""
    return dict(load("http", HTTP_S))["cpu"]


@figure(name="checker_rss_mib", unit="MiB", limit=45)
@figure(name="checker_private_mib", unit="MiB", limit=24, needs=("nginx",))
def memory() -> Iterator[tuple[str, float]]:
    """Measure one HTTPS monitor at 1 s, after 2 minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with target(folder) as (_, tls, ca_file):
            monitors = [processes.monitor("one", f"https://localhost:{tls}/", "1s")]
            with processes.run_checker(folder, monitors, processes.cores()[0], ca_file) as (
                pid,
                port,
            ):
                time.sleep(MEMORY_S)
                processes.read_metrics(port)
                yield "checker_rss_mib", processes.read_memory_kib(pid, "Rss") / 1024
                yield "checker_private_mib", processes.read_memory_kib(pid, "Private_Dirty") / 1024
