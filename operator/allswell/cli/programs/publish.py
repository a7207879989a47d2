"""Run `allswell publish`: publish every public page as files to an S3 bucket."""

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

from allswell.archive import bucket_settings
from allswell.archive.bucket import S3Bucket
from allswell.archive.bucket_settings import BucketSettings
from allswell.central import engine, errors
from allswell.central.reader import CentralReader
from allswell.cli.terminal import BAD_INPUT, FAILED, OK, print_error
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
front of it: within 30 seconds of a change, and at least every 5 minutes. The copy states the time
of its data, and outlives the cluster. A page's files are below NAMESPACE/NAME/, and all links
within them are relative. Private pages are never published; a page that becomes private is
removed."""
EPILOG = """\
environment:
  ALLSWELL_DATABASE_URL               the central database (or ALLSWELL_DATABASE_URL_FILE)
  ALLSWELL_COLLECTOR_URL              the collector's URL, for today's latency
  ALLSWELL_TOKEN_FILE                 the file that holds the token for the collector
  ALLSWELL_CA_FILE                    the CA certificate of the collector
  ALLSWELL_BASE_URL                   the URL of pages without a host name of their own
  ALLSWELL_HOSTS, ALLSWELL_INDEX, ALLSWELL_PAGES_DOMAIN
                                      as for `allswell page`
  ALLSWELL_PUBLISH_BUCKET             the bucket
  ALLSWELL_PUBLISH_PREFIX             the prefix of every key in it
  ALLSWELL_PUBLISH_ENDPOINT           an S3 server other than Amazon's, like https://s3.example.com
  ALLSWELL_PUBLISH_REGION             its region
  ALLSWELL_PUBLISH_ADDRESSING         path, virtual or auto: where the URL has the bucket's name
  ALLSWELL_PUBLISH_CA_FILE            the CA certificates of the S3 server
  ALLSWELL_PUBLISH_ENCRYPTION         the encryption: AES256, or aws:kms with
  ALLSWELL_PUBLISH_KMS_KEY            the key for it
  ALLSWELL_PUBLISH_ACCESS_KEY_ID      an access key that may write (or …_FILE), default the
  ALLSWELL_PUBLISH_SECRET_ACCESS_KEY  machine's identity (or …_FILE)

exit codes: 0 stopped by SIGTERM or done, 1 --once failed, 2 bad settings"""
_PREFIX = "ALLSWELL_PUBLISH_"


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """All settings: those of the page, and the bucket."""

    page: PageSettings
    bucket: BucketSettings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--once", action="store_true", help="publish everything now and exit")


def run(options: argparse.Namespace) -> int:
    """Run until stopped; return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        publisher = _publisher(read(os.environ))
    except BadPageSettings as error:
        print_error("\n".join(error.problems))
        return BAD_INPUT
    except errors.BadDatabaseUrl as error:
        print_error(f"ALLSWELL_DATABASE_URL: {error}")
        return BAD_INPUT
    if options.once:
        return OK if publisher.try_step() else FAILED
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    publisher.run(stop)
    return OK


def read(environ: Mapping[str, str]) -> PublishSettings:
    """Read the settings. Raises `BadPageSettings` with every problem."""
    problems: list[str] = []
    bucket = bucket_settings.read(environ, _PREFIX, problems)
    if bucket is None:
        problems.insert(0, f"{_PREFIX}BUCKET is not set: set it to the bucket's name")
    try:
        page = settings.read(environ)
    except BadPageSettings as error:
        raise BadPageSettings((*error.problems, *problems)) from None
    if problems or bucket is None:
        raise BadPageSettings(tuple(problems))
    return PublishSettings(page, bucket)


def _publisher(publish_settings: PublishSettings) -> Publisher:
    page, metrics = publish_settings.page, PageMetrics()
    sources = FactsSources(
        CentralReader(engine.connect(page.database_url)),
        None if page.collector is None else LatencyClient(page.collector, time.monotonic),
        lambda: datetime.now(UTC),
        time.monotonic,
        ThreadPoolExecutor(1),
        metrics,
    )
    renderer = Renderer(app.create(page.base_url), sources.clock, metrics)
    listing = partial(
        directory.of, own_hosts=page.own_hosts, index=page.index, pages_domain=page.pages_domain
    )
    return Publisher(sources, renderer, S3Bucket(publish_settings.bucket), listing)
