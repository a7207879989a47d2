"""A real S3 server for tests: over a folder, on a port of loopback, ended by its number."""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from allswell.archive.bucket import Where
from tests import needs

START_S = 20.0
KEY = "tester"
SECRET = "not-a-secret"
BUCKET = "pages"


@dataclass(slots=True)
class Server:
    """One server; its one bucket may be read by everybody, as a CDN would."""

    port: int
    folder: Path
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def where(self, prefix: str = "") -> Where:
        """How to write to the bucket."""
        return Where(BUCKET, prefix, self.endpoint, "us-east-1", KEY, SECRET)

    def names(self) -> set[str]:
        """The files that there are."""
        root = self.folder / "data" / BUCKET
        return {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}

    def start(self) -> None:
        """Start, and wait until it answers."""
        program = needs.versitygw()
        assert program is not None, "ask for it with the mark needs('versitygw')"
        address = f"127.0.0.1:{self.port}"
        command = [str(program), "--access", KEY, "--secret", SECRET, "--port", address]
        where = [str(self.folder / "about"), str(self.folder / "data")]
        self._process = subprocess.Popen(
            [*command, "posix", "--sidecar", *where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait(self.port)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it; by SIGKILL it leaves what it had begun."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
        self._process = None


@contextmanager
def running() -> Iterator[Server]:
    """A server that runs, and is gone with its files at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="allswell-s3-") as name:
        server = Server(port, Path(name))
        (server.folder / "data" / BUCKET).mkdir(parents=True)
        (server.folder / "about").mkdir()
        server.start()
        try:
            yield server
        finally:
            server.end()


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the S3 server did not start"
            time.sleep(0.05)
        else:
            return
