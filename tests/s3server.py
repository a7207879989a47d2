"""Run a real S3 server for tests: over a folder, on a loopback port, ended by PID."""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from allswell.archive.bucket import BucketSettings
from tests import needs

START_S = 20.0
KEY = "tester"
SECRET = "not-a-secret"
BUCKET = "pages"
# Names below this one are buckets, to a request that says so; nothing resolves it.
DOMAIN = "s3.test"


@dataclass(slots=True)
class Server:
    """One server; its one bucket may be read by everybody, as a CDN would.

    With an `authority`, the PEM of who signed for it, it speaks TLS.
    """

    port: int
    folder: Path
    address: str = "127.0.0.1"
    authority: str = ""
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def endpoint(self) -> str:
        """Return its address."""
        return f"http{'s' if self.authority else ''}://{self.address}:{self.port}"

    def where(self, prefix: str = "") -> BucketSettings:
        """Return the settings to write to the bucket with."""
        return BucketSettings(BUCKET, prefix, self.endpoint, "us-east-1", KEY, SECRET)

    def names(self) -> set[str]:
        """Return the files that there are."""
        root = self.folder / "data" / BUCKET
        return {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}

    def start(self) -> None:
        """Start, and wait until it answers."""
        program = needs.versitygw()
        assert program is not None, "ask for it with the mark needs('versitygw')"
        address = f"{self.address}:{self.port}"
        command = [str(program), "--access", KEY, "--secret", SECRET, "--port", address]
        command += ["--virtual-domain", DOMAIN]
        if self.authority:
            command += ["--cert", str(self.folder / "chain.pem")]
            command += ["--key", str(self.folder / "key.pem")]
        where = [str(self.folder / "about"), str(self.folder / "data")]
        self._process = subprocess.Popen(
            [*command, "posix", "--sidecar", *where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait(self.address, self.port)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it; by SIGKILL it leaves what it had begun."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
        self._process = None


@contextmanager
def running(address: str = "127.0.0.1", *, tls: bool = False) -> Iterator[Server]:
    """Yield a server that runs, and is gone with its files at the end."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="allswell-s3-") as name:
        server = Server(port, Path(name), address)
        if tls:
            server.authority = _signed_for(address, Path(name))
        (server.folder / "data" / BUCKET).mkdir(parents=True)
        (server.folder / "about").mkdir()
        server.start()
        try:
            yield server
        finally:
            server.end()


def _signed_for(address: str, folder: Path) -> str:
    """Put a certificate and its key into a folder; the PEM of their authority."""
    authority = trustme.CA()
    issued = authority.issue_cert(address)
    (folder / "key.pem").write_bytes(issued.private_key_pem.bytes())
    (folder / "chain.pem").write_bytes(b"".join(it.bytes() for it in issued.cert_chain_pems))
    return authority.cert_pem.bytes().decode()


def _wait(address: str, port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the S3 server did not start"
            time.sleep(0.05)
        else:
            return
