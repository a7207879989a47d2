"""The programs that `allswell up` runs beside itself, each a process of its own.

A child that ends is started again, later each time. A child ends with its parent, whatever becomes
of that: its standard input is a pipe that only the parent holds open.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
LONG_ENOUGH = 60.0
PATIENCE = 12.0
LONGEST_LINE = 200


@dataclass(slots=True)
class Child:
    """One program. `say` gets what it complains of, `log` a file for all it says."""

    name: str
    environment: Mapping[str, str]
    log: Path
    say: Callable[[str], None]
    process: asyncio.subprocess.Process | None = None
    _task: asyncio.Task[None] | None = None
    _is_stopping: bool = False
    _last: str = ""

    def start(self) -> None:
        """Start it, and keep it running."""
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        self._is_stopping = True
        process = self.process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        if self._task is not None:
            try:
                await asyncio.wait_for(asyncio.shield(self._task), PATIENCE)
            except TimeoutError:
                self.kill()
                await self._task

    def kill(self) -> None:
        """End it at once."""
        self._is_stopping = True
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    async def _keep_running(self) -> None:
        wait = FIRST_WAIT
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._last = ""
            code = await self._run()
            if self._is_stopping:
                return
            if loop.time() - began > LONG_ENOUGH:
                wait = FIRST_WAIT
            last = f" ({self._last})" if self._last else ""
            self.say(f"{self.name} ended with {code}{last}; it starts again in {wait:g} s")
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    async def _run(self) -> int:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "allswell.cli",
            self.name.partition(" ")[0],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment, "ALLSWELL_STOP_WITH_STDIN": "1"},
            start_new_session=True,
        )
        assert self.process.stderr is not None  # noqa: S101 - it is a pipe
        await self._listen(self.process.stderr)
        return await self.process.wait()

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            while line := await _line(stream):
                log.write(line)
                log.flush()
                self._last = line.strip()[:LONGEST_LINE] or self._last
                level, _, rest = line.rstrip().partition(" ")
                if level in ("WARNING", "ERROR", "CRITICAL"):
                    self.say(f"{self.name}: {rest.partition(': ')[2] or rest}")


async def _line(stream: asyncio.StreamReader) -> str:
    try:
        return (await stream.readline()).decode(errors="replace")
    except ValueError:
        return "a line too long to show\n"


@dataclass(slots=True)
class Children:
    """All programs, by name."""

    running: dict[str, Child] = field(default_factory=dict)

    def start(self, child: Child) -> None:
        """Start one more."""
        self.running[child.name] = child
        child.start()

    async def stop(self) -> None:
        """Stop all of them, checkers first, so that the last reports find the collector."""
        for name in sorted(self.running):
            await self.running[name].stop()

    def kill(self) -> None:
        """End all of them at once."""
        for child in self.running.values():
            child.kill()
