"""A collector as a process of its own, over a central database that has been migrated.

Told so, it is killed by its own hand between the commit of a change and the answer to it: `News`
comes exactly there.
"""

import asyncio
import json
import logging
import os
import random
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from allswell.archive import bucket_settings as wheres
from allswell.archive.bucket import S3Bucket
from allswell.central import engine
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.central.writer import CentralWriter
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.collector.archive.executor import ArchiveExecutor
from allswell.collector.archive.uploads import Uploads
from allswell.collector.authentication import LocalTokens, Sender
from allswell.collector.server import CollectorServer
from allswell.collector.state import CollectorState, StateChange

PAGE_TOKEN = "the-page"


@dataclass(frozen=True, slots=True)
class Fate:
    """Dies after a commit, as often as told; `seed` makes it the same again."""

    seed: int
    chance: float

    def after(self) -> "Deadly":
        """What is called with each change that was written."""
        return Deadly(random.Random(self.seed), self.chance)


@dataclass(frozen=True, slots=True)
class Deadly:
    """Called after the commit and before the answer."""

    lot: random.Random
    chance: float

    def __call__(self, _: StateChange) -> None:
        if self.lot.random() < self.chance:
            os.kill(os.getpid(), signal.SIGKILL)


def settings(
    database: str,
    port: int,
    tokens: Mapping[str, tuple[str, str]],
    watch_every: float,
    fate: Fate | None,
) -> dict[str, str]:
    """The environment for `main`. `tokens` give a namespace, and its monitor if it has but one."""
    lot = fate or Fate(0, 0)
    return {
        "FAULTS_DATABASE": database,
        "FAULTS_PORT": str(port),
        "FAULTS_TOKENS": json.dumps(dict(tokens)),
        "FAULTS_WATCH_EVERY": str(watch_every),
        "FAULTS_SEED": str(lot.seed),
        "FAULTS_CHANCE": str(lot.chance),
    }


def main() -> int:
    """Collect until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(_collect(os.environ))
    return 0


async def _collect(told: Mapping[str, str]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    central = engine.connect(told["FAULTS_DATABASE"])
    writer = CentralWriter(central)
    fate = Fate(int(told["FAULTS_SEED"]), float(told["FAULTS_CHANCE"]))
    state = CollectorState(writer, on_change=fate.after(), archive_backlog=ArchiveBacklog())
    tokens = {token: Sender(*whom) for token, whom in json.loads(told["FAULTS_TOKENS"]).items()}
    tokens[PAGE_TOKEN] = Sender("", page=True)
    collector = CollectorServer(
        writer,
        state,
        LocalTokens(tokens),
        lambda: datetime.now(UTC),
        judge_every=float(told["FAULTS_WATCH_EVERY"]),
        archive=_archive(told, central, state.archive_backlog),
    )
    await collector.start("127.0.0.1", int(told["FAULTS_PORT"]))
    await stop.wait()
    await collector.stop()
    central.dispose()


def _archive(
    told: Mapping[str, str], central: Engine, news: ArchiveBacklog
) -> ArchiveExecutor | None:
    problems: list[str] = []
    where = wheres.read(told, "ALLSWELL_ARCHIVE_", problems)
    assert problems == []
    if where is None:
        return None
    archiving = Uploads(S3Bucket(where), ArchiveCatalogue(central))
    return ArchiveExecutor(archiving, news, lambda: datetime.now(UTC))


if __name__ == "__main__":
    sys.exit(main())
