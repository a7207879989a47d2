"""`allswell page`: what the page pod runs."""

import argparse

from allswell_web import main as program

DESCRIPTION = """\
Serve the pages: read only, from the central database, with a copy of each page kept for 30
seconds. `allswell up` and the chart start it."""
EPILOG = """\
environment:
  ALLSWELL_DATABASE_URL    the central database (or ALLSWELL_DATABASE_URL_FILE)
  ALLSWELL_COLLECTOR_URL   where today's latency comes from
  ALLSWELL_TOKEN_FILE      the token for it
  ALLSWELL_CA_FILE         the CA of the collector
  ALLSWELL_BIND            host:port, default 127.0.0.1:8080
  ALLSWELL_THREADS         how many requests are answered at a time, default 4
  ALLSWELL_BASE_URL        where pages without a host name of their own are reached
  ALLSWELL_HOSTS           own host names, at which pages are found by path; default: localhost
                           and bare addresses
  ALLSWELL_PAGES_DOMAIN    a domain under which each page has a host name of its own
  ALLSWELL_INDEX           0: no list of pages at the root of an own host
  ALLSWELL_REDIS_URL       what replicas share (or ALLSWELL_REDIS_URL_FILE)
  ALLSWELL_CACHE_DIR       a folder that keeps the last facts for the next start
  ALLSWELL_TRUSTED_PROXIES networks whose X-Forwarded-For is believed
  ALLSWELL_HSTS            1: every host is reached by TLS alone, and browsers are told so
  ALLSWELL_ACCESS_LOG      1: a line of JSON for each request, without cookie or full address

SIGHUP reads the named files again and replaces the process that answers; no request fails.

exit codes: 0 stopped by SIGTERM, 1 it cannot run, 2 bad settings"""


def arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> int:
    """Run until stopped; the exit code."""
    return int(program.main())
