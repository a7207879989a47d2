"""Run a collector as a process of its own, over a migrated central database.

With a crash plan it kills itself between the commit of a change and the answer to it: `on_change`
is called exactly there.
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

from allswell.archive import bucket_settings
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
class CrashPlan:
    """Dies after a commit, as often as told; `seed` makes it the same again."""

    seed: int
    chance: float

    def after(self) -> "CrashAfterCommit":
        """Return what is called with each change that was written."""
        return CrashAfterCommit(random.Random(self.seed), self.chance)


@dataclass(frozen=True, slots=True)
class CrashAfterCommit:
    """Called after the commit and before the answer."""

    random: random.Random
    chance: float

    def __call__(self, _: StateChange) -> None:
        if self.random.random() < self.chance:
            os.kill(os.getpid(), signal.SIGKILL)


def settings(
    database: str,
    port: int,
    tokens: Mapping[str, tuple[str, str]],
    watch_every: float,
    crash_plan: CrashPlan | None,
) -> dict[str, str]:
    """Return the environment of `main`; `tokens` give a namespace, and its only monitor if any."""
    plan = crash_plan or CrashPlan(0, 0)
    return {
        "FAULTS_DATABASE": database,
        "FAULTS_PORT": str(port),
        "FAULTS_TOKENS": json.dumps(dict(tokens)),
        "FAULTS_WATCH_EVERY": str(watch_every),
        "FAULTS_SEED": str(plan.seed),
        "FAULTS_CHANCE": str(plan.chance),
    }


def main() -> int:
    """Collect until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(_collect(os.environ))
    return 0


async def _collect(settings: Mapping[str, str]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    central = engine.connect(settings["FAULTS_DATABASE"])
    writer = CentralWriter(central)
    crash_plan = CrashPlan(int(settings["FAULTS_SEED"]), float(settings["FAULTS_CHANCE"]))
    state = CollectorState(writer, on_change=crash_plan.after(), archive_backlog=ArchiveBacklog())
    tokens = {token: Sender(*whom) for token, whom in json.loads(settings["FAULTS_TOKENS"]).items()}
    tokens[PAGE_TOKEN] = Sender("", page=True)
    collector = CollectorServer(
        writer,
        state,
        LocalTokens(tokens),
        lambda: datetime.now(UTC),
        judge_every=float(settings["FAULTS_WATCH_EVERY"]),
        archive=_archive(settings, central, state.archive_backlog),
    )
    await collector.start("127.0.0.1", int(settings["FAULTS_PORT"]))
    await stop.wait()
    await collector.stop()
    central.dispose()


def _archive(
    settings: Mapping[str, str], central: Engine, backlog: ArchiveBacklog
) -> ArchiveExecutor | None:
    problems: list[str] = []
    bucket = bucket_settings.read(settings, "ALLSWELL_ARCHIVE_", problems)
    assert problems == []
    if bucket is None:
        return None
    archiving = Uploads(S3Bucket(bucket), ArchiveCatalogue(central))
    return ArchiveExecutor(archiving, backlog, lambda: datetime.now(UTC))


if __name__ == "__main__":
    sys.exit(main())
