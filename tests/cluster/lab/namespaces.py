"""Isolate a node in namespaces: its processes, mounts and interfaces exist inside, and end at once.

One process holds them (namespace_init.py). When it ends, the kernel ends every other process in
them, and with the last of them the mounts and interfaces go. So nothing is left to hunt for.
"""

import sys
import time
from pathlib import Path

from tests.cluster.lab.paths import LabPaths
from tests.cluster.lab.processes import Daemon, Failed

_INIT = Path(__file__).with_name("namespace_init.py")
_UNSHARE = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child")


def outer(paths: LabPaths) -> Daemon:
    """Return the process that waits outside for the first one inside."""
    return Daemon("namespaces", paths.run, paths.logs)


def inner(paths: LabPaths) -> Daemon:
    """Return the first process inside; its record appears when the place is ready."""
    return Daemon("first", paths.run, paths.logs)


def enter(pid: int) -> tuple[str, ...]:
    """Return what to put before a command to run it inside."""
    return ("nsenter", f"--target={pid}", "--mount", "--net", "--pid", "--")


def start(paths: LabPaths) -> int:
    """Make the namespaces and return the number of the process that holds them."""
    daemon = outer(paths)
    script = (sys.executable, "-I", str(_INIT), str(paths.data), str(inner(paths).record))
    daemon.define([*_UNSHARE, *script])
    daemon.start()
    until = time.monotonic() + 20
    while (process := inner(paths).process) is None:
        if time.monotonic() > until:
            raise Failed(f"the namespaces are not ready after 20 s:\n{daemon.last_log_lines()}")
        time.sleep(0.05)
    return process.pid


def end(paths: LabPaths) -> None:
    """End all that runs inside."""
    inner(paths).stop()
    outer(paths).stop()
