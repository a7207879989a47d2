"""Run `allswell up` with a folder of manifests and targets on the loopback."""

import http.client
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Target:
    """A web server whose answer can be changed; `tokens` are the Authorization headers it saw."""

    port: int = 0
    status: int = 200
    asked: set[str] = field(default_factory=set)
    tokens: list[str] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def target() -> Iterator[Target]:
    """Serve until the block ends."""
    served = Target()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.add(self.path)
            served.tokens.append(self.headers.get("Authorization", ""))
            self.send_response(served.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def monitor(name: str, url: str, namespace: str = "default", **spec: object) -> dict[str, Any]:
    """Return a Monitor that is checked every second and believed at once."""
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "Monitor",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": "1s", "confirm": {"failures": 1}, "http": {"url": url}, **spec},
    }


def page(
    name: str, title: str, *monitors: str, namespace: str = "default", **spec: object
) -> dict[str, Any]:
    """Return a StatusPage with one group."""
    groups = [{"name": "All", "monitors": [{"name": word} for word in monitors]}]
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"title": title, **({"groups": groups} if monitors else {}), **spec},
    }


def write(file: Path, *objects: object) -> None:
    """Replace a file as careful editors do. JSON is YAML."""
    fresh = file.with_suffix(".new")
    fresh.write_text("\n---\n".join(json.dumps(entry) for entry in objects) + "\n")
    fresh.replace(file)


def is_gone(pid: str) -> bool:
    """Tell whether a process has ended; nobody may have buried it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds, but not for ever."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


class Up:
    """One run."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip())

    @property
    def output(self) -> str:
        """Return all that the terminal shows."""
        return "\n".join(self.lines)

    def get(self, path: str = "/") -> tuple[int, str]:
        """Return status and body of a page."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as line:
            line.request("GET", path)
            answer = line.getresponse()
            return answer.status, answer.read().decode()

    def states(self, path: str = "") -> dict[str, str]:
        """Return the components of a page with their states in Statuspage's words."""
        summary = json.loads(self.get(f"{path}/api/v2/summary.json")[1])
        return {entry["name"]: entry["status"] for entry in summary["components"]}

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds, but not for ever."""

        def holds() -> bool:
            assert self.process.poll() is None, f"it ended, without {what}:\n{self.output}"
            try:
                return bool(condition())
            except (OSError, ValueError, KeyError, http.client.HTTPException):
                return False

        try:
            wait_for(holds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{self.output}") from None

    def says(self, text: str) -> None:
        """Wait until the terminal shows a text."""
        self.until(lambda: text in self.output, repr(text))

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop as Ctrl-C does; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code


def command(*arguments: object) -> list[str]:
    """Return the command line of this checkout."""
    return [sys.executable, "-m", "allswell.cli", *map(str, arguments)]


def environment(home: Path) -> dict[str, str]:
    """Return a plain user's environment; coverage of children goes on."""
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return {"HOME": str(home), "PATH": os.defpath, "PYTHONUNBUFFERED": "1", **coverage}


@contextmanager
def up(home: Path, *arguments: object, port: int = 0) -> Iterator[Up]:
    """Run `allswell up` until the block ends; the page answers when it begins."""
    port = port or free_port()
    process = subprocess.Popen(
        command("up", "--port", port, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(home),
        text=True,
    )
    running = Up(process, port)
    try:
        running.says("Ctrl-C stops")
        yield running
    finally:
        try:
            running.stop()
        finally:
            process.kill()
