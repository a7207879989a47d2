"""`allswell publish`: a copy of every public page as files in an S3 bucket."""

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from allswell.archive import bucket_settings as wheres
from allswell.archive.bucket import S3Bucket
from allswell.archive.bucket_settings import BucketSettings
from allswell.central import engine, errors
from allswell.central.reader import CentralReader
from allswell.cli.terminal import BAD_INPUT, FAILED, OK, complain
from allswell_web import app, settings
from allswell_web.cache import directory
from allswell_web.cache.facts_sources import FactsSources
from allswell_web.cache.latency_client import LatencyClient
from allswell_web.cache.renderer import Renderer
from allswell_web.errors import BadPageSettings
from allswell_web.publishing.publisher import Publisher
from allswell_web.responses.meters import PageMetrics
from allswell_web.settings import PageSettings

DESCRIPTION = """\
Publish every public page with its JSON, feeds and calendar as files to an S3 bucket, for a CDN in
front of it: within 30 seconds of a change, and at least every 5 minutes. The copy says as of when
it is, and outlives the cluster. A page's files are below NAMESPACE/NAME/, and all links within them
are relative. Private pages are never published, and removed when they become private."""
EPILOG = """\
environment:
  ALLSWELL_DATABASE_URL               the central database (or ALLSWELL_DATABASE_URL_FILE)
  ALLSWELL_COLLECTOR_URL              where today's latency comes from, with
  ALLSWELL_TOKEN_FILE                 the token for it and
  ALLSWELL_CA_FILE                    the CA of the collector
  ALLSWELL_BASE_URL                   the address of pages without a host name of their own
  ALLSWELL_HOSTS, ALLSWELL_INDEX, ALLSWELL_PAGES_DOMAIN
                                      as the page has them: where pages are at home
  ALLSWELL_PUBLISH_BUCKET             the bucket
  ALLSWELL_PUBLISH_PREFIX             what stands before every name in it
  ALLSWELL_PUBLISH_ENDPOINT           another store than Amazon's, like https://s3.example.com
  ALLSWELL_PUBLISH_REGION             its region
  ALLSWELL_PUBLISH_ADDRESSING         path, virtual or auto: where the bucket's name stands
  ALLSWELL_PUBLISH_CA_FILE            the authorities of its certificate
  ALLSWELL_PUBLISH_ENCRYPTION         AES256 or aws:kms, with
  ALLSWELL_PUBLISH_KMS_KEY            the key for it
  ALLSWELL_PUBLISH_ACCESS_KEY_ID      the key that may write (or …_FILE); without it that of the
  ALLSWELL_PUBLISH_SECRET_ACCESS_KEY  machine (or …_FILE)

exit codes: 0 stopped by SIGTERM or done, 1 --once has failed, 2 bad settings"""
_NAME = "ALLSWELL_PUBLISH_"


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """All settings: those that the page has too, and the bucket."""

    page: PageSettings
    where: BucketSettings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--once", action="store_true", help="publish everything now, and end")


def run(options: argparse.Namespace) -> int:
    """Run until stopped; the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        publisher = _publisher(read(os.environ))
    except BadPageSettings as problem:
        complain("\n".join(problem.problems))
        return BAD_INPUT
    except errors.BadDatabaseUrl as problem:
        complain(f"ALLSWELL_DATABASE_URL: {problem}")
        return BAD_INPUT
    if options.once:
        return OK if publisher.try_step() else FAILED
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    publisher.run(stop)
    return OK


def read(environ: Mapping[str, str]) -> PublishSettings:
    """Read the settings. Raises `settings.Invalid` with every problem at once."""
    problems: list[str] = []
    where = wheres.read(environ, _NAME, problems)
    if where is None:
        problems.insert(0, f"{_NAME}BUCKET is not set: write the bucket's name")
    try:
        page = settings.read(environ)
    except BadPageSettings as problem:
        raise BadPageSettings((*problem.problems, *problems)) from None
    if problems or where is None:
        raise BadPageSettings(tuple(problems))
    return PublishSettings(page, where)


def _publisher(given: PublishSettings) -> Publisher:
    meters, it = PageMetrics(), given.page
    sources = FactsSources(
        CentralReader(engine.connect(it.database_url)),
        None if it.collector is None else LatencyClient(it.collector, time.monotonic),
        lambda: datetime.now(UTC),
        time.monotonic,
        ThreadPoolExecutor(1),
        meters,
    )
    press = Renderer(app.create(it.base_url), sources.clock, meters)
    listing = partial(
        directory.of, own_hosts=it.own_hosts, index=it.index, pages_domain=it.pages_domain
    )
    return Publisher(sources, press, S3Bucket(given.where), listing)
