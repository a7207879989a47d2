"""Run the programs that `allswell up` needs beside itself, each a process of its own.

A child that exits is restarted, later each time. A child ends with its parent, whatever happens to
that: its standard input is a pipe that only the parent holds open.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
# A child that ran this long is restarted as soon as one that exits for the first time.
HEALTHY_AFTER = 60.0
STOP_TIMEOUT = 12.0
MAX_LINE = 200
Command = Literal["checker", "page"]
# Checkers stop first, so that their last reports reach the collector.
STOP_ORDER: tuple[Command, ...] = ("checker", "page")


@dataclass(slots=True)
class Child:
    """One process: `allswell <command>`, for a namespace where the command has one for each.

    `warn` gets its warnings and errors, `log` is a file for everything that it logs.
    """

    command: Command
    environment: Mapping[str, str]
    log: Path
    warn: Callable[[str], None]
    namespace: str = ""
    process: asyncio.subprocess.Process | None = None
    _task: asyncio.Task[None] | None = None
    _is_stopping: bool = False
    _last_line: str = ""

    @property
    def name(self) -> str:
        """Return the name for people: `page`, `checker default`."""
        return f"{self.command} {self.namespace}".rstrip()

    def start(self) -> None:
        """Start it, and keep it running."""
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ask it to end, and kill it when it does not."""
        self._is_stopping = True
        process = self.process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        if self._task is not None:
            try:
                await asyncio.wait_for(asyncio.shield(self._task), STOP_TIMEOUT)
            except TimeoutError:
                self.kill()
                await self._task

    def kill(self) -> None:
        """Kill it at once."""
        self._is_stopping = True
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    async def _keep_running(self) -> None:
        wait = FIRST_WAIT
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            self._last_line = ""
            code = await self._run()
            if self._is_stopping:
                return
            if loop.time() - started > HEALTHY_AFTER:
                wait = FIRST_WAIT
            last_line = f" ({self._last_line})" if self._last_line else ""
            self.warn(f"{self.name} exited with code {code}{last_line}; restarting in {wait:g} s")
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    async def _run(self) -> int:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "allswell.cli",
            self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment, "ALLSWELL_STOP_WITH_STDIN": "1"},
            start_new_session=True,
        )
        assert self.process.stderr is not None  # noqa: S101 - it is a pipe
        await self._copy_log(self.process.stderr)
        return await self.process.wait()

    async def _copy_log(self, stream: asyncio.StreamReader) -> None:
        """Copy a stream to the log file, and pass on its warnings and errors."""
        with self.log.open("a", encoding="utf-8") as log:
            while line := await _read_line(stream):
                log.write(line)
                log.flush()
                self._last_line = line.strip()[:MAX_LINE] or self._last_line
                level, _, rest = line.rstrip().partition(" ")
                if level in ("WARNING", "ERROR", "CRITICAL"):
                    self.warn(f"{self.name}: {rest.partition(': ')[2] or rest}")


async def _read_line(stream: asyncio.StreamReader) -> str:
    try:
        return (await stream.readline()).decode(errors="replace")
    except ValueError:
        return "a line too long to show\n"


@dataclass(slots=True)
class Children:
    """All child processes."""

    running: list[Child] = field(default_factory=list)

    @property
    def namespaces(self) -> frozenset[str]:
        """Return the namespaces that have a child."""
        return frozenset(child.namespace for child in self.running if child.namespace)

    def start(self, child: Child) -> None:
        """Start one more."""
        self.running.append(child)
        child.start()

    async def stop(self) -> None:
        """Stop all of them, one after another, in `STOP_ORDER` and by namespace."""
        order = sorted(self.running, key=lambda it: (STOP_ORDER.index(it.command), it.namespace))
        for child in order:
            await child.stop()

    def kill(self) -> None:
        """Kill all of them at once."""
        for child in self.running:
            child.kill()
