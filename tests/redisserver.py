"""Run a real Redis server for tests: on a loopback port, without a disk, ended by PID."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests import needs

START_S = 10.0


@dataclass(slots=True)
class Server:
    """One server; started, killed and started again at the same port."""

    port: int
    _running: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Return the address of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and wait until it answers."""
        program = needs.program("redis-server")
        assert program is not None, "ask for it with the mark needs('redis')"
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        self._running = subprocess.Popen(
            [str(program), *options, "--appendonly", "no", "--dir", "/"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < deadline, "Redis did not start"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as when a machine is lost: with all that it held."""
        if self._running is not None:
            os.kill(self._running.pid, signal.SIGKILL)
            self._running.wait()
            self._running = None

    def freeze(self) -> None:
        """Let it hang: connections stay open and nothing is answered."""
        assert self._running is not None
        os.kill(self._running.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._running is not None
        os.kill(self._running.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as asked:
                asked.sendall(b"PING\r\n")
                return asked.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def running() -> Iterator[Server]:
    """Yield a server that runs, and is gone at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Server(probe.getsockname()[1])
    server.start()
    try:
        yield server
    finally:
        server.kill()
