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

exit codes: 0 stopped by SIGTERM, 1 it cannot run, 2 bad settings"""


def arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> int:
    """Run until stopped; the exit code."""
    return int(program.main())
