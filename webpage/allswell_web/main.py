"""The page's process: the only place where its clock, environment and adapters are made."""

import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from wsgiref.types import WSGIApplication

from allswell.central import engine, errors
from allswell.central.reader import CentralReader
from allswell_web import settings
from allswell_web.build import Dependencies, build
from allswell_web.cache.latency_client import LatencyClient
from allswell_web.errors import AddressTaken, BadPageSettings
from allswell_web.serving import server
from allswell_web.serving.access_log import AccessLog
from allswell_web.settings import PageSettings

log = logging.getLogger(__name__)
READERS = 4
# A page is made of some hundred thousand objects, and none of them are in a cycle. To look for
# cycles among them after every 700 new ones took a third of the time that making a page takes.
COLLECT_AFTER = 100_000
# A laptop that slept must not take the copies from before for fresh ones: this clock goes on.
TICKS = partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class AppLoader:
    """Makes the application in the worker process."""

    settings: PageSettings
    environ: Mapping[str, str]
    parent: int

    def __call__(self) -> WSGIApplication:
        """Connect everything and begin to watch for changes.

        The settings are read again: at a reload what files hold may have changed. Those that
        cannot be used leave the ones from the start.
        """
        os.environ.clear()
        gc.set_threshold(COLLECT_AFTER)
        it = self._settings()
        collector = None if it.collector is None else LatencyClient(it.collector, TICKS)
        web = build(
            Dependencies(
                reader=CentralReader(engine.connect(it.database_url)),
                latency=collector,
                clock=lambda: datetime.now(UTC),
                ticks=TICKS,
                executor=ThreadPoolExecutor(READERS, "reading"),
                base_url=it.base_url,
                own_hosts=it.own_hosts,
                pages_domain=it.pages_domain,
                index=it.index,
                hsts=it.hsts,
                redis_url=it.redis_url,
                cache_dir=it.cache_dir,
                trusted_proxies=it.trusted_proxies,
            )
        )
        threading.Thread(target=web.watch.run, args=(threading.Event(),), daemon=True).start()
        server.stop_with(self.parent)
        return _logged(web.front, it) if it.access_log else web.front

    def _settings(self) -> PageSettings:
        try:
            return settings.read(self.environ)
        except BadPageSettings as problem:
            log.warning("The settings of the start go on: %s", problem)
            return self.settings


def _logged(front: WSGIApplication, it: PageSettings) -> WSGIApplication:
    return AccessLog(front, sys.stdout, lambda: datetime.now(UTC), TICKS, it.trusted_proxies)


def main(argv: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> int:
    """Serve the pages; 0 after a stop, 1 where the port is taken, 2 for settings that are wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if argv:
        return _refuse(2, "allswell page takes no arguments: set environment variables")
    try:
        given = dict(os.environ if environ is None else environ)
        found = settings.read(given)
        engine.connect(found.database_url).dispose()
        place = server.ListenAt(found.host, found.port, found.threads)
        server.run(
            AppLoader(found, given, os.getpid()), place, stop_with_stdin=found.stop_with_stdin
        )
    except BadPageSettings as problem:
        return _refuse(2, *problem.problems)
    except errors.BadDatabaseUrl as problem:
        return _refuse(2, f"ALLSWELL_DATABASE_URL: {problem}")
    except AddressTaken as problem:
        return _refuse(1, f"allswell page: {problem}")
    return 0


def _refuse(code: int, *sentences: str) -> int:
    sys.stderr.writelines(f"{sentence}\n" for sentence in sentences)
    return code
