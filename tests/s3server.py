"""A real S3 server for tests: over a folder, on a port of loopback, ended by its number."""

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


@dataclass(frozen=True, slots=True)
class Server:
    """One server; its one bucket may be read by everybody, as a CDN would."""

    port: int
    folder: Path

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


@contextmanager
def running() -> Iterator[Server]:
    """A server that runs, and is gone with its files at the end."""
    program = needs.versitygw()
    assert program is not None, "ask for it with the mark needs('versitygw')"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="allswell-s3-") as name:
        folder = Path(name)
        (folder / "data" / BUCKET).mkdir(parents=True)
        (folder / "about").mkdir()
        command = [str(program), "--access", KEY, "--secret", SECRET, "--port", f"127.0.0.1:{port}"]
        command += ["posix", "--sidecar", str(folder / "about"), str(folder / "data")]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                _wait(port)
                yield Server(port, folder)
            finally:
                process.terminate()
                process.wait(10)


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
