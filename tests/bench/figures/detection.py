"""Measure the time from a broken target to the page that shows it, with a real `allswell up`."""

import http.server
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import processes
from tests.bench.figure import figure

INTERVAL, EVERY, TIMEOUT, FAILURES = 5.0, 2.0, 4.0, 2
BOUND = INTERVAL + (FAILURES - 1) * EVERY + FAILURES * TIMEOUT
PAGE = 30.0
ROUNDS = 3

MANIFESTS = """
apiVersion: allswell.dev/v1alpha1
kind: Monitor
metadata: {{name: target}}
spec:
  interval: 5s
  timeout: 4s
  confirm: {{failures: 2, every: 2s}}
  http: {{url: "http://127.0.0.1:{port}/"}}
---
apiVersion: allswell.dev/v1alpha1
kind: StatusPage
metadata: {{name: page}}
spec:
  title: Bench
  groups: [{{name: All, monitors: [{{name: target}}]}}]
"""


class Good(http.server.BaseHTTPRequestHandler):
    """Answers 200 to everybody."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def target(port: int) -> Iterator[None]:
    """Run a web server until the block ends; after it the port refuses."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Good)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def hanging(port: int) -> Iterator[None]:
    """Open a port that accepts connections and never answers: the slowest way to be down."""
    with socket.create_server(("127.0.0.1", port), backlog=128):
        yield


@figure(name="detection_s", unit="s", limit=BOUND + PAGE)
def detection() -> float:
    """Measure the slowest of some rounds; the target hangs, so checks take their whole timeout."""
    port, page = processes.free_port(), processes.free_port()
    status = f"http://127.0.0.1:{page}/api/v2/summary.json"

    def says(word: str) -> bool:
        components = processes.get_json(status)["components"]
        assert isinstance(components, list)
        return any(not c["group"] and c["status"] == word for c in components)

    slowest = 0.0
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "status.yaml"
        file.write_text(MANIFESTS.format(port=port))
        command = [sys.executable, "-m", "allswell.cli", "up", str(file)]
        command += ["--port", str(page), "--data", f"{name}/data"]
        with processes.run_process(command, {*processes.cores()[0], *processes.cores()[1]}):
            processes.wait_for_port(page)
            for number in range(ROUNDS):
                with target(port):
                    processes.wait_until(lambda: says("operational"), 90)
                    time.sleep(number * INTERVAL / ROUNDS)
                with hanging(port):
                    took = processes.wait_until(lambda: says("major_outage"), 120)
                slowest = max(slowest, took)
    return slowest
