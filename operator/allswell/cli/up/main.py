"""Compose `allswell up`: the collector in this process, checkers and page beside it."""

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
from allswell.central.engine import Engine
from allswell.central.errors import CentralError
from allswell.central.writer import CentralWriter
from allswell.checker.config import CheckerConfig
from allswell.cli import manifests
from allswell.cli.errors import BadInput, CannotRun
from allswell.cli.terminal import OK
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

FOLLOW_INTERVAL = 1.0
# On one machine a heartbeat costs nothing, so the page is current soon after a start.
HEARTBEAT_INTERVAL = timedelta(seconds=5)
JUDGE_INTERVAL = 5.0
PAGE_TOKEN = "page"  # noqa: S105 - the name of a file


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the user asked for."""

    paths: tuple[Path, ...]
    host: str
    port: int
    references: tuple[tuple[str, int], ...] = ()


def utc_now() -> datetime:
    """Return the time of the wall clock."""
    return datetime.now(UTC)


def check_can_run(options: UpOptions, folder: Path) -> None:
    """Check what would keep it from running, and create nothing.

    Raises `BadInput` when there is nothing to run, `CannotRun` when folder or port are in use.
    """
    files = manifests.load(options.paths)
    if not manifests.resources(files):
        problems = [str(problem) for problem in manifests.problems(files)]
        advice = "nothing to run: give a file with a Monitor and a StatusPage"
        raise BadInput("\n".join([*problems, advice]))
    # Another run on the same data has the port, too: its problem says better what to do.
    problem = data_folder.problem_in_use(folder) or port_problem(options.host, options.port)
    if problem is not None:
        raise CannotRun(problem)


async def run(options: UpOptions, data: DataFolder) -> int:
    """Run until Ctrl-C or SIGTERM; return the exit code. Raises `CannotRun`."""
    screen = Screen(utc_now)
    try:
        central = engine.connect(data.database)
        engine.migrate(central)
    except CentralError as error:
        raise CannotRun(f"the results in {data.path} cannot be used: {error}") from error
    session = _session(options, data, central, screen)
    await session.collector.start("127.0.0.1", 0)
    session.archive.base_url = f"http://127.0.0.1:{session.collector.port}"
    try:
        return await serve(session, options)
    except (CentralError, OSError) as error:
        raise CannotRun(f"allswell up cannot continue: {error}") from error
    finally:
        await session.collector.stop()
        central.dispose()


def _session(options: UpOptions, data: DataFolder, central: Engine, screen: Screen) -> Session:
    """Wire the collector, with an archive in a folder, and what follows the files."""
    writer, tokens, archive = CentralWriter(central), LocalTokens({}), LocalFolder(data.archive)
    state = CollectorState(writer, on_change=screen.state_changed, archive_backlog=ArchiveBacklog())
    executor = ArchiveExecutor(
        Uploads(archive, ArchiveCatalogue(central)),
        state.archive_backlog,
        utc_now,
        local_uploads=LocalUploads(archive, utc_now),
    )
    collector = CollectorServer(
        writer, state, tokens, utc_now, judge_every=JUDGE_INTERVAL, archive=executor
    )
    return Session(
        paths=options.paths,
        data=data,
        writer=writer,
        collector_state=state,
        collector=collector,
        archive=archive,
        tokens=tokens,
        screen=screen,
        files=FileCache(time.time),
        now=utc_now,
    )


async def serve(session: Session, options: UpOptions) -> int:
    """Run until stopped.

    1. Apply the files, which starts the checkers.
    2. Start the page, and wait until it answers.
    3. Show the header, and follow the files until a signal.
    4. Stop the children, checkers first.
    """
    stop, children = asyncio.Event(), Children()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, request_stop, stop, children)
    url = f"http://127.0.0.1:{session.collector.port}"
    try:
        rules = CheckerConfig(references=options.references, beat_every=HEARTBEAT_INTERVAL)
        await session.begin(children, url, rules)
        children.start(_page(session, options, url))
        await wait_for_page(options.host, options.port, stop)
        session.screen.header(session.desired, options.host, options.port, session.data)
        following = asyncio.create_task(session.follow(FOLLOW_INTERVAL))
        await stop.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        return OK
    finally:
        session.screen.line("stopping")
        await children.stop()
        session.screen.line("stopped; the next start continues the history")


def _page(session: Session, options: UpOptions, url: str) -> Child:
    token = secrets.token_urlsafe(32)
    session.tokens.add(token, Sender("", page=True))
    environment = {
        "ALLSWELL_DATABASE_URL": session.data.database,
        "ALLSWELL_COLLECTOR_URL": url,
        "ALLSWELL_TOKEN_FILE": str(session.data.write_token(PAGE_TOKEN, token)),
        "ALLSWELL_BIND": f"{options.host}:{options.port}",
    }
    return Child("page", environment, session.data.log, session.screen.warn)


def request_stop(stop: asyncio.Event, children: Children) -> None:
    """Stop in order; at the second request, kill the children."""
    if stop.is_set():
        children.kill()
    stop.set()


def port_problem(host: str, port: int) -> str | None:
    """Return a sentence when the port cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            other = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
            return f"cannot listen on {host}:{port}: {error.strerror}; choose another {other}"
    return None


async def wait_for_page(host: str, port: int, stop: asyncio.Event) -> None:
    """Wait until the page answers, at most some ten seconds."""
    address = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - a comparison
    for _ in range(100):
        if stop.is_set():
            return
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(address, port)
            writer.close()
            return
        await asyncio.sleep(0.1)
