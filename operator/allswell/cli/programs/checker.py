"""`allswell checker`: what a checker pod runs."""

import argparse

from allswell.checker import main

DESCRIPTION = """\
Run a checker: it checks the monitors of its list on its own clock, keeps every result in its own
SQLite file and reports changes to the collector. `allswell up` and the operator start it."""
EPILOG = """\
environment:
  ALLSWELL_CONFIG          the folder that holds checker.json and secrets/
  ALLSWELL_DATA            the folder for results
  ALLSWELL_COLLECTOR_URL   the collector's address
  ALLSWELL_TOKEN_FILE      the file that holds the checker's token, read anew for each request
  ALLSWELL_CA_FILE         the CA of the collector
  ALLSWELL_EXTRA_CA_FILE   a CA that targets may use beside the public ones
  ALLSWELL_ARCHIVE_CA_FILE the CA of the archive's store, instead of the public ones
  ALLSWELL_STORE_PATIENCE  seconds to wait for an earlier checker to let go of the file, default 0
  ALLSWELL_STATUS_BIND     where /healthz and /metrics are, default 127.0.0.1:9090
  ALLSWELL_METRICS_OPEN    1: /metrics answers those from elsewhere, too, not only this machine
  ALLSWELL_LOG_LEVEL       DEBUG, INFO, WARNING or ERROR, default INFO

exit codes: 0 stopped by SIGTERM, 1 it cannot run, 2 bad settings"""


def arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> int:
    """Run until stopped; the exit code."""
    return main.main()
