"""Start checkers and collectors within milliseconds, by forking a process that is ready.

Run as a program this module is that process: single-threaded, with all imported. It reads orders
from standard input, a JSON object a line, and answers each with a line. What it forked is a process
like any other, with its own number, settings and signals; at the end of its input it ends those
that are left. Nobody else waits for them, so a number is not used again before the test has asked
for its exit code.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


@dataclass(slots=True)
class ForkedProcess:
    """One process that a fork server started."""

    pid: int
    fork_server: "ForkServer"
    code: int | None = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has been waited for."""
        if self.code is None:
            os.kill(self.pid, number)

    def ended(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        if self.code is None:
            self.code = self.fork_server.ask({"ended": self.pid})
        return self.code

    def wait(self, seconds: float = 15) -> int:
        """Wait for the end. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while (code := self.ended()) is None:
            if time.monotonic() > until:
                raise TimeoutError(f"process {self.pid} runs on")
            time.sleep(0.01)
        return code

    def kill(self) -> None:
        """End it by SIGKILL, if it has not ended, and wait."""
        self.send(signal.SIGKILL)
        self.wait()

    def stop(self, seconds: float = 15) -> int:
        """Ask it to end by SIGTERM; the exit code."""
        self.send(signal.SIGTERM)
        return self.wait(seconds)


@dataclass(slots=True)
class ForkServer:
    """The other end of the program below. Any thread may call."""

    process: "subprocess.Popen[str]"
    _one: threading.Lock = field(default_factory=threading.Lock)

    def start(self, role: str, environment: Mapping[str, str], log: Path) -> ForkedProcess:
        """Start a `checker` or a `collector` with exactly these settings."""
        order = {"start": role, "environment": dict(environment), "log": str(log)}
        pid = self.ask(order)
        assert pid is not None
        return ForkedProcess(pid, self)

    def ask(self, order: Mapping[str, object]) -> int | None:
        """Send one order and return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self._one:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            answer: int | None = json.loads(self.process.stdout.readline())
            return answer


@contextmanager
def opened() -> Iterator[ForkServer]:
    """Yield a fork server; the processes that it started are killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.faults.fork_server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield ForkServer(process)
        finally:
            process.communicate(timeout=20)


def main() -> None:
    """Serve orders until the input ends."""
    from allswell.checker import main as checker  # noqa: PLC0415 - the other end needs none
    from tests.integration.faults import collector_process  # noqa: PLC0415

    roles = {"checker": checker.main, "collector": collector_process.main}
    living: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            pid = os.fork()
            if not pid:
                _be(order, roles)
            living.add(pid)
            answer: int | None = pid
        else:
            answer = _ended(order["ended"])
            living -= {order["ended"]} if answer is not None else set()
        print(json.dumps(answer), flush=True)
    for pid in living:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _ended(pid: int) -> int | None:
    running, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if running else None


def _be(order: Mapping[str, Any], roles: Mapping[str, Any]) -> None:
    """Run the program that was ordered; does not return."""
    code = 70
    try:
        os.environ.clear()
        os.environ.update(order["environment"])
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = roles[order["start"]]()
    except BaseException:  # noqa: BLE001 - nothing of it may return to the orders
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
