"""Run a WSGI application under Granian: one worker process, stopped by a signal or by its parent.

The worker's environment is emptied before the first request: Granian copies it into every
request's, which costs time and exposes secrets.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from wsgiref.types import WSGIApplication

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined] # not exported explicitly
from granian.server.mp import MPServer

from allswell_web.errors import AddressTaken

BACKLOG = 1024
# Requests that are still running after this are cut off, so that a stop takes less than 5 s.
STOP_S = 3
RELOAD_S = 10
PARENT_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class ListenAt:
    """The address to listen at, and the number of threads."""

    host: str
    port: int
    threads: int


class Server(MPServer):
    """Granian's server of processes, with one socket for all of them.

    On Linux each of its workers has its own socket, and connections that wait at the old one's when
    it is closed are reset: a reload under load failed requests. With one socket the new worker
    accepts them.
    """

    def _init_shared_socket(self) -> None:
        holder = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd = holder  # type: ignore[assignment] # the library leaves it without a type
        self._sfd = holder.get_fd()
        self._ssp = None
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)

    def _reload(self, spawn_target: object, target_loader: object) -> None:
        """Replace the workers; the old ones have longer to finish than when everything stops."""
        usual, self.workers_kill_timeout = self.workers_kill_timeout, RELOAD_S
        try:
            super()._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        finally:
            self.workers_kill_timeout = usual


class WorkerLoader(Protocol):
    """A function that makes the application within the worker process; it must be picklable."""

    def __call__(self) -> WSGIApplication:
        """Return the application."""
        ...


def check(address: ListenAt) -> None:
    """Raise `AddressTaken` where the address is in use.

    Granian's own socket silently shares a port with another one of the same user.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, address.port))
            probe.listen(1)
    except OSError as problem:
        reason = os.strerror(problem.errno) if problem.errno else str(problem)
        raise AddressTaken(
            f"cannot listen at {address.host}:{address.port}: {reason.lower()}; "
            "set ALLSWELL_BIND to another address and port"
        ) from problem


def run(loader: WorkerLoader, address: ListenAt, *, stop_with_stdin: bool) -> None:
    """Serve until SIGTERM or SIGINT, or until stdin ends. Raises `AddressTaken`."""
    check(address)
    server = Server(
        "allswell_web",
        address=address.host,
        port=address.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=address.threads,
        backlog=BACKLOG,
        websockets=False,
        log_level=LogLevels.error,
        log_access=False,
        workers_kill_timeout=STOP_S,
    )
    if stop_with_stdin:
        _thread(_stop_at_end_of_stdin)
    server.serve(target_loader=loader, wrap_loader=False)


def stop_with(parent: int, alive: Callable[[], int] = os.getppid) -> None:
    """Stop this worker process when the process that started it is gone."""

    def watch() -> None:
        wait = threading.Event()
        while alive() == parent:
            wait.wait(PARENT_POLL_S)
        os.kill(os.getpid(), signal.SIGTERM)

    _thread(watch)


def _stop_at_end_of_stdin() -> None:
    # Not sys.stdin: a worker forked meanwhile would inherit its lock in the held state.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _thread(target: Callable[[], None]) -> None:
    threading.Thread(target=target, daemon=True).start()
