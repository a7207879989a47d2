"""Follow the files of one `allswell up`, and apply what they declare."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from allswell.archive.local_folder import LocalFolder
from allswell.central.errors import CentralError
from allswell.central.writer import CentralWriter
from allswell.checker.config import CheckerConfig
from allswell.cli.manifests import Resource
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
    """The state of one run; `desired` is what the files declare, `now` the wall clock."""

    paths: Sequence[Path]
    data: DataFolder
    writer: CentralWriter
    collector_state: CollectorState
    collector: CollectorServer
    archive: LocalFolder
    tokens: LocalTokens
    screen: Screen
    files: FileCache
    now: Callable[[], datetime]
    desired: DesiredState = field(default_factory=DesiredState)
    children: Children = field(default_factory=Children)
    rules: CheckerConfig = field(default_factory=CheckerConfig)
    url: str = ""
    _applied: tuple[Resource, ...] = ()
    _last_error: str = ""

    async def begin(self, children: Children, url: str, rules: CheckerConfig) -> None:
        """Apply the files for the first time. Raises what the writer raises."""
        self.children, self.url, self.rules = children, url, rules
        await self.update()

    async def follow(self, interval: float) -> None:
        """Apply changes of the files for ever; an error is shown once, and retried."""
        while True:
            await asyncio.sleep(interval)
            try:
                await self.update()
            except Exception as error:  # noqa: BLE001 - nothing else would follow the files
                is_expected = isinstance(error, CentralError | OSError)
                text = str(error) if is_expected else f"{type(error).__name__}: {error}"
                if text != self._last_error:
                    self.screen.warn(f"a change of the files is not applied yet: {text}")
                self._last_error = text
            else:
                self._last_error = ""

    async def update(self) -> None:
        """Read the files once and apply what has changed.

        1. Load the files, and decide what is to run.
        2. Show problems that are new or fixed.
        3. If anything is to change, apply it, and show it unless this is the start.
        """
        files = await asyncio.to_thread(self.files.load, self.paths)
        before, self.desired = self.desired, desired.update(self.desired, files)
        at_start = not before.files
        self.screen.problems(before.problems, self.desired.problems, at_start=at_start)
        self.screen.dangling(before.dangling, self.desired.dangling)
        resources = self.desired.resources
        if resources != self._applied:
            await self._apply(apply.by_kind(resources))
            if not at_start:
                self.screen.changed(self._applied, resources)
            self._applied = resources

    async def _apply(self, objects: DesiredObjects) -> None:
        """Apply what is to run.

        1. Write it to the central database, and have the collector read it from there.
        2. Write each checker's list, also for namespaces that no longer have monitors.
        3. Start a checker for each new namespace.
        """

        def write() -> None:
            apply.write_rows(self.writer, objects, self.now())
            if self.collector_state.started is not None:
                self.collector_state.reload()

        await self.collector.write(write)
        running = self.children.namespaces
        namespaces = sorted({*objects.namespaces, *running})
        await asyncio.to_thread(apply.write_lists, self.data, objects, namespaces, self.rules)
        for namespace in set(objects.namespaces) - running:
            self._start_checker(namespace)

    def _start_checker(self, namespace: str) -> None:
        """Start a namespace's checker, with a token that is valid for this namespace only."""
        token = secrets.token_urlsafe(32)
        self.tokens.add(token, Sender(namespace))
        folder = self.data.checker(namespace)
        environment = {
            "ALLSWELL_CONFIG": str(folder),
            "ALLSWELL_DATA": str(folder),
            "ALLSWELL_COLLECTOR_URL": self.url,
            "ALLSWELL_TOKEN_FILE": str(self.data.write_token(f"checker-{namespace}", token)),
            "ALLSWELL_STATUS_BIND": "127.0.0.1:0",
        }
        self.children.start(
            Child("checker", environment, self.data.log, self.screen.warn, namespace=namespace)
        )
