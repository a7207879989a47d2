"""The composition root of `allswell up`: collector in this process, checkers and web beside it."""

import asyncio
import contextlib
import errno
import secrets
import signal
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from allswell.archive.local_folder import LocalFolder
from allswell.central import engine
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.central.errors import CentralError
from allswell.central.writer import CentralWriter
from allswell.checker.config import CheckerConfig
from allswell.cli import manifests
from allswell.cli.terminal import BAD_INPUT, FAILED, OK, complain
from allswell.cli.up import data_folder
from allswell.cli.up.children import Child, Children
from allswell.cli.up.data_folder import DataFolder
from allswell.cli.up.file_cache import FileCache
from allswell.cli.up.screen import Screen
from allswell.cli.up.session import Session
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.collector.archive.executor import ArchiveExecutor
from allswell.collector.archive.local_uploads import LocalUploads
from allswell.collector.archive.uploads import Uploads
from allswell.collector.authentication import LocalTokens, Sender
from allswell.collector.server import CollectorServer
from allswell.collector.state import CollectorState

LOOK_EVERY = 1.0
# On one machine a sign of life costs nothing, so that a page has its present soon after a start.
BEAT_EVERY = timedelta(seconds=5)
WATCH_EVERY = 5.0
PAGE = "page"


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the user asked for."""

    paths: tuple[Path, ...]
    host: str
    port: int
    references: tuple[tuple[str, int], ...] = ()


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def hindrance(plan: UpOptions, where: Path) -> int:
    """Say what keeps it from running, and make nothing; the exit code, OK if there is nothing."""
    sheets = manifests.load(plan.paths)
    if not manifests.things(sheets):
        for problem in manifests.problems(sheets):
            complain(str(problem))
        complain("there is nothing to run: give a file with a Monitor and a StatusPage")
        return BAD_INPUT
    # Another run on the same data has the port, too: that says better what to do.
    if (why := data_folder.held(where) or taken(plan.host, plan.port)) is not None:
        complain(why)
        return FAILED
    return OK


async def run(plan: UpOptions, data: DataFolder) -> int:
    """Run until Ctrl-C or SIGTERM; the exit code."""
    screen = Screen(utc_now)
    try:
        central = engine.connect(data.database)
        engine.migrate(central)
    except CentralError as error:
        complain(f"the results in {data.path} cannot be used: {error}")
        return FAILED
    writer = CentralWriter(central)
    centre = CollectorState(writer, on_change=screen.news, archive_backlog=ArchiveBacklog())
    tokens = LocalTokens({})
    archived = LocalFolder(data.archive)
    archive = ArchiveExecutor(
        Uploads(archived, ArchiveCatalogue(central)),
        centre.archive_backlog,
        utc_now,
        local_uploads=LocalUploads(archived, utc_now),
    )
    collector = CollectorServer(
        writer, centre, tokens, utc_now, judge_every=WATCH_EVERY, archive=archive
    )
    await collector.start("127.0.0.1", 0)
    archived.base_url = f"http://127.0.0.1:{collector.port}"
    try:
        shelf = FileCache(time.time)
        session = Session(
            plan.paths, data, writer, centre, collector, tokens, screen, shelf, utc_now
        )
        return await serve(session, plan, data, screen)
    except (CentralError, OSError) as error:
        complain(f"allswell up cannot go on: {error}")
        return FAILED
    finally:
        await collector.stop()
        central.dispose()


async def serve(session: Session, plan: UpOptions, data: DataFolder, screen: Screen) -> int:
    """Start the programs, follow the files, stop in order."""
    stop = asyncio.Event()
    children = Children()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop, stop, children)
    token = secrets.token_urlsafe(32)
    session.tokens.add(token, Sender("", page=True))
    url = f"http://127.0.0.1:{session.collector.port}"
    environment = {
        "ALLSWELL_DATABASE_URL": data.database,
        "ALLSWELL_COLLECTOR_URL": url,
        "ALLSWELL_TOKEN_FILE": str(data.token(PAGE, token)),
        "ALLSWELL_BIND": f"{plan.host}:{plan.port}",
    }
    try:
        rules = CheckerConfig(references=plan.references, beat_every=BEAT_EVERY)
        await session.begin(children, url, rules)
        children.start(Child("page", environment, data.log, screen.trouble))
        await ready(plan.host, plan.port, stop)
        screen.header(session.desired, plan.host, plan.port, data)
        following = asyncio.create_task(session.follow(LOOK_EVERY))
        await stop.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        return OK
    finally:
        screen.line("stopping")
        await children.stop()
        screen.line("stopped; the next start continues the history")


def told_to_stop(stop: asyncio.Event, children: Children) -> None:
    """Stop in order; told a second time, at once."""
    if stop.is_set():
        children.kill()
    stop.set()


def taken(host: str, port: int) -> str | None:
    """A sentence when the port cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            other = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
            return f"{host}:{port} cannot be listened on: {error.strerror}; choose another {other}"
    return None


async def ready(host: str, port: int, stop: asyncio.Event) -> None:
    """Wait until the page answers, but not for ever."""
    address = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - a comparison
    for _ in range(100):
        if stop.is_set():
            return
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(address, port)
            writer.close()
            return
        await asyncio.sleep(0.1)
