"""Start the page's process: the only place that makes its clock, environment and adapters."""

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
# A page is made of some hundred thousand objects, and none of them are in a cycle. Searching them
# for cycles after every 700 new ones took a third of the time that rendering a page takes.
COLLECT_AFTER = 100_000
# This clock advances while the machine is suspended, so that old responses do not seem fresh.
TICKS = partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class AppLoader:
    """A loader that makes the application in the worker process."""

    settings: PageSettings
    environ: Mapping[str, str]
    parent: int

    def __call__(self) -> WSGIApplication:
        """Connect everything and start to watch for changes.

        The settings are read again: at a reload the content of files may have changed. If they are
        bad, those of the start are used.
        """
        os.environ.clear()
        gc.set_threshold(COLLECT_AFTER)
        page_settings = self._settings()
        collector = page_settings.collector
        web = build(
            Dependencies(
                reader=CentralReader(engine.connect(page_settings.database_url)),
                latency=None if collector is None else LatencyClient(collector, TICKS),
                clock=lambda: datetime.now(UTC),
                ticks=TICKS,
                executor=ThreadPoolExecutor(READERS, "facts-reader"),
                base_url=page_settings.base_url,
                own_hosts=page_settings.own_hosts,
                pages_domain=page_settings.pages_domain,
                index=page_settings.index,
                hsts=page_settings.hsts,
                redis_url=page_settings.redis_url,
                cache_dir=page_settings.cache_dir,
                trusted_proxies=page_settings.trusted_proxies,
            )
        )
        threading.Thread(target=web.watch.run, args=(threading.Event(),), daemon=True).start()
        server.stop_with(self.parent)
        return _logged(web.front, page_settings) if page_settings.access_log else web.front

    def _settings(self) -> PageSettings:
        try:
            return settings.read(self.environ)
        except BadPageSettings as problem:
            log.warning("page: bad settings, those of the start are used: %s", problem)
            return self.settings


def _logged(application: WSGIApplication, page_settings: PageSettings) -> WSGIApplication:
    return AccessLog(
        application, sys.stdout, lambda: datetime.now(UTC), TICKS, page_settings.trusted_proxies
    )


def main(argv: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> int:
    """Serve the pages; return 0 after a stop, 1 where the port is taken, 2 for bad settings."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if argv:
        return _refuse(2, "allswell page takes no arguments: set environment variables")
    try:
        variables = dict(os.environ if environ is None else environ)
        page_settings = settings.read(variables)
        engine.connect(page_settings.database_url).dispose()
        address = server.ListenAt(page_settings.host, page_settings.port, page_settings.threads)
        server.run(
            AppLoader(page_settings, variables, os.getpid()),
            address,
            stop_with_stdin=page_settings.stop_with_stdin,
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
