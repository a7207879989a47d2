"""Run daemons: each is identified by its PID together with its start time, and ended by both.

A number alone may have been given to somebody else's process since; the pair names one process for
as long as the machine runs. The record is written by the process itself before it becomes the
daemon, so there is no moment in which a daemon runs that nobody has recorded.
"""

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Arguments: the record, the machine's /proc, the command. A shell reads its own entry there, so the
# number is the machine's even where the shell sees another one.
_RECORD = """set -eu
IFS= read -r stat <"$1/self/stat"
printf '%s\\n' "$stat" >"$0.new"
mv "$0.new" "$0"
shift
exec "$@"
"""
MACHINE_PROC = "/run/machine-proc"  # where a node's namespaces show it
MORTAL = ("setpriv", "--pdeathsig=KILL")  # before a command: it ends with who started it
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failed(Exception):
    """Something in the lab did not do what it should; the text says where to look."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine: its number, and its start in clock ticks since boot."""

    pid: int
    started: int


def parse(stat: str) -> Process | None:
    """Read a line of /proc/PID/stat; None if it is empty or the process has ended (a zombie)."""
    head, _, tail = stat.rpartition(")")
    fields = tail.split()
    if not fields or fields[0] in "ZX":
        return None
    return Process(int(head.split(" ", 1)[0]), int(fields[19]))


def find(pid: int) -> Process | None:
    """Return the process that has this number now."""
    return _read(Path(f"/proc/{pid}/stat"))


def _read(path: Path) -> Process | None:
    try:
        return parse(path.read_text(encoding="utf-8", errors="replace"))
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_alive(process: Process) -> bool:
    """Tell whether this very process still runs."""
    return find(process.pid) == process


def end(process: Process, *, grace: float = 0) -> None:
    """End a process: politely if ``grace`` seconds are given, then surely."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        # The handle holds on to one process; what it is, is asked after it is held.
        if is_alive(process):
            _signal(handle, grace)
    finally:
        os.close(handle)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)


def _signal(handle: int, grace: float) -> None:
    gone = select.poll()
    gone.register(handle, select.POLLIN)
    with contextlib.suppress(ProcessLookupError):
        if grace:
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            if gone.poll(grace * 1000):
                return
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    if not gone.poll(30_000):
        raise Failed("a killed process has not ended within 30 s; the kernel holds it")


@dataclass(frozen=True, slots=True)
class Daemon:
    """One named program of a lab that is started, stopped and started again as it was defined."""

    name: str
    run: Path
    logs: Path

    @property
    def log(self) -> Path:
        """Return all that it has printed."""
        return self.logs / f"{self.name}.log"

    @property
    def process(self) -> Process | None:
        """Return the process that runs it now."""
        recorded = _read(self.record)
        return recorded if recorded and is_alive(recorded) else None

    def define(self, command: Sequence[str], *, enter: Sequence[str] = ()) -> None:
        """Set the command, and what leads it into the namespaces of a node."""
        proc = MACHINE_PROC if enter else "/proc"
        recorded = ["sh", "-c", _RECORD, str(self.record), proc, *command]
        self._definition.write_text(json.dumps([*enter, *recorded], indent=1), encoding="utf-8")

    def start(self) -> None:
        """Start it, unless it runs; it is on record when this returns."""
        if self.process is not None:
            return
        self.record.unlink(missing_ok=True)
        command = json.loads(self._definition.read_text(encoding="utf-8"))
        os.posix_spawnp(
            command[0],
            command,
            {"PATH": _PATH},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigdef=[signal.SIGPIPE, signal.SIGINT],
        )
        until = time.monotonic() + 20
        while not self.record.exists():
            if time.monotonic() > until:
                raise Failed(f"{self.name} does not start:\n{self.last_log_lines()}")
            time.sleep(0.01)

    def stop(self, *, grace: float = 0) -> None:
        """End it; at once, or politely if ``grace`` seconds are given."""
        if (process := self.process) is not None:
            end(process, grace=grace)

    def last_log_lines(self, lines: int = 6) -> str:
        """Return the end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(line[:300] for line in text.splitlines()[-lines:])

    @property
    def record(self) -> Path:
        """Return the file that names its process."""
        return self.run / f"{self.name}.stat"

    @property
    def _definition(self) -> Path:
        return self.run / f"{self.name}.json"


def daemons(run: Path, logs: Path) -> list[Daemon]:
    """Return every daemon that a folder knows, oldest first."""
    files = sorted(run.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return [Daemon(path.stem, run, logs) for path in files]
