"""Run a real PostgreSQL server for tests: in a folder of its own, on a free port, ended by PID.

The server refuses to run as root, so a root shell (as in a container) runs it as a user that owns
nothing else. Nothing is kept, so it does not wait for the disk.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests import needs

USERS = ("postgres", "nobody")
PASSWORD = "not-a-secret"
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "unix_socket_directories": "",
}


class Server:
    """One server with its own data; stopped and started at will."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.port = _free_port()
        self._folder = folder
        self._programs = programs

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make the data of a server in an empty folder; it does not run yet."""
        programs = needs.postgres_bin()
        assert programs is not None, "ask for it with the mark needs('postgresql')"
        made = cls(folder, programs)
        if (user := plain_user()) is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        made._run("initdb", "-D", "data", "-U", "allswell", "-A", "trust", "-E", "UTF8", "-N")
        return made

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://allswell:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {**_SETTINGS, "port": str(self.port)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._run("pg_ctl", "start", "-w", "-t", "30", "-D", "data", "-l", "log", "-o", options)

    def stop(self) -> None:
        """End it at once: connections break as when a machine is lost."""
        if (self._folder / "data/postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-w", "-t", "30", "-m", "immediate", "-D", "data")

    def create(self, database: str) -> str:
        """Make an empty database and return its address."""
        self._run("createdb", *self._here(), database)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever still uses it."""
        self._run("dropdb", "--force", *self._here(), database)

    def _here(self) -> tuple[str, ...]:
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", "allswell")

    def _run(self, program: str, *arguments: str) -> None:
        user = plain_user()
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            cwd=self._folder,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
        )


@contextmanager
def running() -> Iterator[Server]:
    """Yield a server that runs, and is gone with its data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="allswell-postgres-"))
    try:
        server = Server.make(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def plain_user() -> pwd.struct_passwd | None:
    """Return whom the server runs as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    there = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(there[name] for name in USERS if name in there)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
