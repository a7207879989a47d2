"""One run of `allswell up`: follows the files and makes what they say true."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from allswell.central.errors import CentralError
from allswell.central.writer import CentralWriter
from allswell.checker.config import CheckerConfig
from allswell.cli.manifests import Thing
from allswell.cli.up import apply, desired
from allswell.cli.up.apply import DesiredObjects
from allswell.cli.up.children import Child, Children
from allswell.cli.up.data_folder import DataFolder
from allswell.cli.up.desired import DesiredState
from allswell.cli.up.file_cache import FileCache
from allswell.cli.up.screen import Screen
from allswell.collector.authentication import LocalTokens, Sender
from allswell.collector.server import CollectorServer
from allswell.collector.state import CollectorState


@dataclass(slots=True)
class Session:
    """What a run holds on to."""

    paths: Sequence[Path]
    data: DataFolder
    writer: CentralWriter
    centre: CollectorState
    collector: CollectorServer
    tokens: LocalTokens
    screen: Screen
    shelf: FileCache
    now: Callable[[], datetime]
    desired: DesiredState = field(default_factory=DesiredState)
    children: Children = field(default_factory=Children)
    rules: CheckerConfig = field(default_factory=CheckerConfig)
    url: str = ""
    _applied: tuple[Thing, ...] = ()
    _trouble: str = ""

    async def begin(self, children: Children, url: str, rules: CheckerConfig) -> None:
        """Make the files true for the first time. Raises what the writer raises."""
        self.children, self.url, self.rules = children, url, rules
        await self.look()

    async def follow(self, every: float) -> None:
        """Look at the files again and again; whatever goes wrong is said once and tried again."""
        while True:
            await asyncio.sleep(every)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - nobody else would follow the files
                known = isinstance(error, CentralError | OSError)
                why = str(error) if known else f"{type(error).__name__}: {error}"
                if why != self._trouble:
                    self.screen.trouble(f"a change of the files waits: {why}")
                self._trouble = why
            else:
                self._trouble = ""

    async def look(self) -> None:
        """Look at the files once and make true what changed."""
        sheets = await asyncio.to_thread(self.shelf.load, self.paths)
        before, self.desired = self.desired, desired.after(self.desired, sheets)
        at_start = not before.files
        self.screen.problems(before.problems, self.desired.problems, at_start=at_start)
        self.screen.lacking(before.lacking, self.desired.lacking)
        things = self.desired.things
        if things != self._applied:
            await self._apply(apply.sorted_out(things))
            if not at_start:
                self.screen.changed(self._applied, things)
            self._applied = things

    async def _apply(self, wanted: DesiredObjects) -> None:
        def write() -> None:
            apply.write_rows(self.writer, wanted, self.now())
            if self.centre.started is not None:
                self.centre.reload()

        await self.collector.write(write)
        running = {name.partition(" ")[2] for name in self.children.running} - {""}
        everywhere = sorted({*wanted.namespaces, *running})
        await asyncio.to_thread(apply.write_lists, self.data, wanted, everywhere, self.rules)
        for namespace in set(wanted.namespaces) - running:
            self._start_checker(namespace)

    def _start_checker(self, namespace: str) -> None:
        """A namespace's checker, with a token that speaks for this namespace only."""
        token = secrets.token_urlsafe(32)
        self.tokens.add(token, Sender(namespace))
        here = self.data.checker(namespace)
        environment = {
            "ALLSWELL_CONFIG": str(here),
            "ALLSWELL_DATA": str(here),
            "ALLSWELL_COLLECTOR_URL": self.url,
            "ALLSWELL_TOKEN_FILE": str(self.data.token(f"checker-{namespace}", token)),
            "ALLSWELL_STATUS_BIND": "127.0.0.1:0",
        }
        name = f"checker {namespace}"
        self.children.start(Child(name, environment, self.data.log, self.screen.trouble))
