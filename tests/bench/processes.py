"""Run the processes that figures are measured with: nginx, a collector, checkers, on loopback.

Everything that is started is ended by its PID. With two cores or more, what is measured has the
first for itself and all else runs on the second.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from allswell.archive.local_folder import LocalFolder
from allswell.central import engine
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.central.writer import CentralWriter
from allswell.checker import config
from allswell.checker.config import CheckerConfig
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.collector.archive.executor import ArchiveExecutor
from allswell.collector.archive.local_uploads import LocalUploads
from allswell.collector.archive.uploads import Uploads
from allswell.collector.authentication import LocalTokens, Sender
from allswell.collector.server import CollectorServer
from allswell.collector.state import CollectorState
from allswell.domain.spec import monitor as spec
from allswell.domain.spec.monitor import Monitor
from tests.bench import runtime
from tests.nginx import configuration

TOKEN = "bench"
TIMEOUT = 20.0


def cores() -> tuple[set[int], set[int]]:
    """Return the core of what is measured, and those of everything else; one core serves both."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, set(usable[1:]) or {usable[0]}


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Wait until a port of loopback answers."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.1) -> float:
    """Wait until something holds; the seconds it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(every)
    return time.monotonic() - began


@contextmanager
def run_process(
    command: Sequence[str],
    cpus: set[int],
    environment: dict[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program on some cores for as long as the block lasts."""
    with (log or Path(os.devnull)).open("ab") as out:
        running = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),  # noqa: PLW1509 - one thread here
        )
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


@contextmanager
def run_nginx(folder: Path, body: str, cpus: set[int]) -> Iterator[None]:
    """Run nginx with a `http` block's content."""
    settings = folder / "nginx.conf"
    main = "worker_rlimit_nofile 20000; events { worker_connections 8192; }"
    settings.write_text(configuration(folder, f"access_log off;\n{body}", main))
    with run_process(
        ["nginx", "-p", str(folder), "-c", str(settings)], cpus, log=folder / "nginx.out"
    ):
        yield


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far."""

    cpu_s: float
    written: int
    checks: int


def read_usage(pid: int, status_port: int) -> Usage:
    """Read it off the kernel and the checker's own metrics."""
    written = re.search(r"^write_bytes: (\d+)", Path(f"/proc/{pid}/io").read_text(), re.MULTILINE)
    result = read_metrics(status_port)
    checks = sum(v for name, v in result.items() if name.startswith("allswell_checks_total"))
    return Usage(read_cpu_s(pid), int(written[1]) if written else 0, int(checks))


def read_cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used, in user and in kernel mode, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_memory_kib(pid: int, name: str) -> int:
    """Return a line of a process's smaps_rollup, in KiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    result = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(result[1]) if result else 0


def read_metrics(port: int) -> dict[str, float]:
    """Return a program's metrics by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def get_json(url: str) -> dict[str, object]:
    """Return a JSON document."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        result: dict[str, object] = json.load(answer)
    return result


def monitor(name: str, url: str, interval: str) -> Monitor:
    """Return a Monitor of a URL."""
    return spec.read(
        {
            "apiVersion": "allswell.dev/v1alpha1",
            "kind": "Monitor",
            "metadata": {"name": name},
            "spec": {"interval": interval, "http": {"url": url}},
        }
    )


@contextmanager
def run_collector(
    folder: Path, monitors: Sequence[Monitor], archive_backlog: ArchiveBacklog | None = None
) -> Iterator[str]:
    """Run a real collector on a SQLite database in a thread of this process; its address.

    With `news` it archives into a folder; checkers are told so once `news.configured` is set.
    """
    central = engine.connect(f"sqlite:///{folder / 'central.sqlite'}")
    engine.migrate(central)
    writer = CentralWriter(central)
    for entry in monitors:
        writer.register(entry, namespace_uid="bench", now=datetime.now(UTC))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> CollectorServer:
        tokens = LocalTokens({TOKEN: Sender("default")})
        local_folder = LocalFolder(folder / "archive")
        archive = (
            None if archive_backlog is None else _archive(local_folder, central, archive_backlog)
        )
        result = CollectorServer(
            writer,
            CollectorState(writer, archive_backlog=archive_backlog),
            tokens,
            utc_now,
            archive=archive,
        )
        await result.start("127.0.0.1", 0)
        local_folder.base_url = f"http://127.0.0.1:{result.port}"
        return result

    running = asyncio.run_coroutine_threadsafe(begin(), loop).result(TIMEOUT)
    try:
        yield f"http://127.0.0.1:{running.port}"
    finally:
        asyncio.run_coroutine_threadsafe(running.stop(), loop).result(TIMEOUT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT)
        loop.close()
        central.dispose()


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def _archive(
    local_folder: LocalFolder, central: Engine, archive_backlog: ArchiveBacklog
) -> ArchiveExecutor:
    local_uploads = LocalUploads(local_folder, utc_now)
    executor = ArchiveExecutor(
        Uploads(local_folder, ArchiveCatalogue(central)),
        archive_backlog,
        utc_now,
        local_uploads=local_uploads,
    )
    archive_backlog.configured = False
    return executor


@contextmanager
def run_checker(
    folder: Path,
    monitors: Sequence[Monitor],
    cpus: set[int],
    ca_file: Path | None = None,
    archive_backlog: ArchiveBacklog | None = None,
) -> Iterator[tuple[int, int]]:
    """Run a real checker against a real collector; its PID and status port."""
    port = free_port()
    listed = CheckerConfig(monitors=tuple(monitors), allow_loopback=True)
    (folder / config.FILE).write_text(config.text(listed))
    (folder / "token").write_text(TOKEN)
    with run_collector(folder, monitors, archive_backlog) as url:
        environment = {
            "ALLSWELL_CONFIG": str(folder),
            "ALLSWELL_DATA": str(folder),
            "ALLSWELL_COLLECTOR_URL": url,
            "ALLSWELL_TOKEN_FILE": str(folder / "token"),
            "ALLSWELL_STATUS_BIND": f"127.0.0.1:{port}",
            "ALLSWELL_LOG_LEVEL": "WARNING",
        }
        if ca_file is not None:
            environment["ALLSWELL_EXTRA_CA_FILE"] = str(ca_file)
        command = [runtime.python(), "-m", "allswell.cli", "checker"]
        with run_process(command, cpus, environment, folder / "checker.log") as running:
            wait_for_port(port)
            yield running.pid, port
