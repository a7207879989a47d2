"""Runs a WSGI application under Granian: one worker process, stopped by a signal or by its parent.

The worker's environment is emptied before the first request: Granian copies it into every
request's, which costs time, and what it holds is nobody's business there.
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
from granian.net import SocketSpec  # type: ignore[attr-defined] # it is, without saying so
from granian.server.mp import MPServer

from allswell_web.errors import AddressTaken

BACKLOG = 1024
# Requests that are still running after this are cut off, so that a stop takes less than 5 s.
STOP_S = 3
RELOAD_S = 10
PARENT_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class ListenAt:
    """Where to listen, and with how many threads."""

    host: str
    port: int
    threads: int


class Server(MPServer):
    """Granian's server of processes, with one socket for all that are ever started.

    On Linux each of its workers listens by itself, and what waits at the old one's socket when that
    is closed is reset: a reload under load failed requests. With one socket the new worker takes
    them.
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
    """Makes the application within the worker process; it must be picklable."""

    def __call__(self) -> WSGIApplication:
        """Return the application."""
        ...


def check(place: ListenAt) -> None:
    """Raise `Taken` where somebody listens already.

    Granian's own socket shares a port with another one of the same user, without a word.
    """
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((place.host, place.port))
            probe.listen(1)
    except OSError as problem:
        reason = os.strerror(problem.errno) if problem.errno else str(problem)
        raise AddressTaken(
            f"cannot listen at {place.host}:{place.port}: {reason.lower()}; "
            "set ALLSWELL_BIND to another address and port"
        ) from problem


def run(loader: WorkerLoader, place: ListenAt, *, stop_with_stdin: bool) -> None:
    """Serve until SIGTERM or SIGINT, or until stdin ends. Raises `Taken`."""
    check(place)
    server = Server(
        "allswell_web",
        address=place.host,
        port=place.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=place.threads,
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
    """In a worker: stop this process when the process that started it is gone."""

    def watch() -> None:
        wait = threading.Event()
        while alive() == parent:
            wait.wait(PARENT_LOOK_S)
        os.kill(os.getpid(), signal.SIGTERM)

    _thread(watch)


def _stop_at_end_of_stdin() -> None:
    # Not sys.stdin: its lock would be held for ever in a worker that is forked meanwhile.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _thread(target: Callable[[], None]) -> None:
    threading.Thread(target=target, daemon=True).start()
