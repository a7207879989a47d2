"""How fast a hit is beside nginx with the same bytes, and how rarely the database is read."""

import gzip
import math
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from allswell.central import engine
from allswell.central.writer import Writer
from allswell.domain.spec import page as spec
from tests.bench import ground
from tests.bench.figure import figure

COMPONENTS = 20
ROUNDS = 5
SECONDS = 3
CONNECTIONS = 32
WINDOW_S = 30.0


@contextmanager
def web(folder: Path) -> Iterator[int]:
    """A real page of 20 components, served on the first core; its port."""
    url = f"sqlite:///{folder / 'central.sqlite'}"
    central = engine.connect(url)
    engine.migrate(central)
    writer, now = Writer(central), datetime.now(UTC)
    writer.start(now)
    monitors = [ground.monitor(f"m{n:02}", "http://127.0.0.1:9/", "60s") for n in range(COMPONENTS)]
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
    port = ground.free_port()
    environment = {"ALLSWELL_DATABASE_URL": url, "ALLSWELL_BIND": f"127.0.0.1:{port}"}
    command = [sys.executable, "-m", "allswell.cli", "page"]
    with ground.process(command, ground.cores()[0], environment, folder / "web.log"):
        ground.wait_for(port)
        yield port


@contextmanager
def static(folder: Path, body: bytes) -> Iterator[int]:
    """nginx on the first core with the same bytes, also ready in gzip; its port."""
    (folder / "html").mkdir()
    (folder / "html" / "index.html").write_bytes(body)
    (folder / "html" / "index.html.gz").write_bytes(gzip.compress(body, 9, mtime=0))
    folder.chmod(0o755)
    port = ground.free_port()
    server = (
        "types { text/html html; } sendfile on; keepalive_requests 1000000;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/html; gzip_static on; }}"
    )
    with ground.nginx(folder, server, ground.cores()[0]):
        ground.wait_for(port)
        yield port


def rate(port: int, header: str) -> float:
    """Answers a second, all of them good, with the load on the second core."""
    core = ",".join(str(number) for number in ground.cores()[1])
    command = ["taskset", "-c", core, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    command += ["-H", header, f"http://127.0.0.1:{port}/"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return float(found[1])


def reads(port: int) -> float:
    """How often the page's facts have been read from the database so far."""
    found = ground.metrics(port)
    return sum(v for n, v in found.items() if n.startswith("allswell_web_facts_reads_total"))


@figure(name="page_hit_vs_nginx_gzip", unit="ratio", limit=0.8, better="higher")
@figure(name="page_hit_vs_nginx_plain", unit="ratio", limit=0.5, better="higher")
@figure(name="page_refreshes_per_window", unit="reads", limit=1)
def hits() -> Iterator[tuple[str, float]]:
    """Both serve in turn, five times each way; the median of the ratios."""
    headers = {"gzip": "Accept-Encoding: gzip", "plain": "Accept-Encoding: identity"}
    rates: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with web(folder) as page:
            with urllib.request.urlopen(f"http://127.0.0.1:{page}/", timeout=10) as answer:
                body = answer.read()
            with static(folder, body) as reference:
                before, began = reads(page), time.monotonic()
                for _ in range(ROUNDS):
                    for how, header in headers.items():
                        rates.setdefault(("page", how), []).append(rate(page, header))
                        rates.setdefault(("nginx", how), []).append(rate(reference, header))
                windows = math.ceil((time.monotonic() - began) / WINDOW_S)
                refreshes = (reads(page) - before) / windows
    for how in headers:
        # Neighbours in time are compared, so that a slow minute of the machine hits both.
        pairs = zip(rates["page", how], rates["nginx", how], strict=True)
        yield f"page_hit_vs_nginx_{how}", median(ours / theirs for ours, theirs in pairs)
    yield "page_refreshes_per_window", refreshes
