"""Measure the Lighthouse scores of a page of 20 components and 90 days, as on a phone."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from statistics import median
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests import needs, npm
from tests.bench.figure import figure
from tests.browser import chromium
from tests.unit.web import test_weight

RUNS = 5
FLAGS = " ".join(("--headless", *chromium.FLAGS))


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def program() -> Path:
    """Return Lighthouse, from the cache or from npm."""
    return npm.folder("lighthouse") / ".bin" / "lighthouse"


@contextmanager
def served() -> Iterator[str]:
    """Yield the address of a rough quarter's page."""
    front = test_weight.page(outages=13).web.front
    server = make_server("127.0.0.1", 0, front, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def lowest(address: str, folder: Path) -> float:
    """Return the lowest of the four scores, of 100."""
    report = folder / "report.json"
    command = [str(program()), address, "--quiet", "--output=json", f"--output-path={report}"]
    browser = {"CHROME_PATH": str(needs.chromium())}
    subprocess.run(
        [*command, f"--chrome-flags={FLAGS}"], check=True, env=os.environ | browser, timeout=180
    )
    categories = json.loads(report.read_text(encoding="utf-8"))["categories"]
    scores = {name: it["score"] for name, it in categories.items()}
    if len(scores) != 4:
        raise RuntimeError(f"Lighthouse has judged {sorted(scores)} only")
    return float(min(scores.values()) * 100)


@figure(name="lighthouse_min", unit="points", limit=100, better="higher", needs=("npm", "chromium"))
def lighthouse() -> float:
    """Return the median of five runs."""
    with served() as address, tempfile.TemporaryDirectory() as folder:
        return median(lowest(address, Path(folder)) for _ in range(RUNS))
