"""Run `allswell page`, the program of the page pod."""

import argparse

from allswell_web import main as program

DESCRIPTION = """\
Serve the status pages: read-only, from the central database, each page cached for 30 seconds.
`allswell up` and the chart start it."""
EPILOG = """\
environment:
  ALLSWELL_DATABASE_URL    the central database (or ALLSWELL_DATABASE_URL_FILE)
  ALLSWELL_COLLECTOR_URL   the collector's URL, for today's latency
  ALLSWELL_TOKEN_FILE      the file that holds the token for the collector
  ALLSWELL_CA_FILE         the CA certificate of the collector
  ALLSWELL_BIND            host:port, default 127.0.0.1:8080
  ALLSWELL_THREADS         how many requests are handled concurrently, default 4
  ALLSWELL_BASE_URL        the URL of pages without a host name of their own
  ALLSWELL_HOSTS           host names at which pages are found by path; default: localhost and IP
                           addresses
  ALLSWELL_PAGES_DOMAIN    a domain under which each page has a host name of its own
  ALLSWELL_INDEX           0: do not list the pages at the root of such a host
  ALLSWELL_REDIS_URL       the Redis that replicas share (or ALLSWELL_REDIS_URL_FILE)
  ALLSWELL_CACHE_DIR       a folder that keeps the last data for the next start
  ALLSWELL_TRUSTED_PROXIES networks whose X-Forwarded-For header is trusted
  ALLSWELL_HSTS            1: every host is served over TLS only, and HSTS headers are sent
  ALLSWELL_ACCESS_LOG      1: log a line of JSON per request, without cookies or full addresses

SIGHUP reads the files named by these variables again and replaces the serving process; no request
fails.

exit codes: 0 stopped by SIGTERM, 1 cannot run, 2 bad settings"""


def arguments(_: argparse.ArgumentParser) -> None:
    """Declare no arguments."""


def run(_: argparse.Namespace) -> int:
    """Run until stopped; return the exit code."""
    return int(program.main())
