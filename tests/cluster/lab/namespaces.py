"""The walls around a node: its processes, mounts and interfaces exist inside, and end at once.

One process holds them (holder.py). When it ends, the kernel ends every other process in there, and
with the last of them the mounts and interfaces go. So there is nothing to hunt for afterwards.
"""

import sys
import time
from pathlib import Path

from tests.cluster.lab.places import Places
from tests.cluster.lab.processes import Daemon, Failed

_HOLDER = Path(__file__).with_name("holder.py")
_UNSHARE = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child")


def outer(places: Places) -> Daemon:
    """The process that waits outside for the first one inside."""
    return Daemon("namespaces", places.run, places.logs)


def inner(places: Places) -> Daemon:
    """The first process inside; its record appears when the place is ready."""
    return Daemon("first", places.run, places.logs)


def enter(pid: int) -> tuple[str, ...]:
    """Return what to put before a command to run it inside."""
    return ("nsenter", f"--target={pid}", "--mount", "--net", "--pid", "--")


def start(places: Places) -> int:
    """Make the namespaces and return the number of the process that holds them."""
    daemon = outer(places)
    script = (sys.executable, "-I", str(_HOLDER), str(places.data), str(inner(places).record))
    daemon.define([*_UNSHARE, *script])
    daemon.start()
    until = time.monotonic() + 20
    while (process := inner(places).process) is None:
        if time.monotonic() > until:
            raise Failed(f"the namespaces are not ready after 20 s:\n{daemon.last_words()}")
        time.sleep(0.05)
    return process.pid


def end(places: Places) -> None:
    """End all that runs inside."""
    inner(places).stop()
    outer(places).stop()
