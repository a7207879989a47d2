"""Run `allswell checker`, the program of a checker pod."""

import argparse

from allswell.checker import main

DESCRIPTION = """\
Run a checker: it checks the monitors of its list on schedule, keeps every result in its own SQLite
file and reports changes of state to the collector. `allswell up` and the operator start it."""
EPILOG = """\
environment:
  ALLSWELL_CONFIG          the folder that holds checker.json and secrets/
  ALLSWELL_DATA            the folder for results
  ALLSWELL_COLLECTOR_URL   the collector's URL, like https://collector:8443
  ALLSWELL_TOKEN_FILE      the file that holds the checker's token, read again for each request
  ALLSWELL_CA_FILE         the CA certificate of the collector
  ALLSWELL_EXTRA_CA_FILE   CA certificates for targets beside the public ones
  ALLSWELL_ARCHIVE_CA_FILE the CA certificate of the object store, instead of the public ones
  ALLSWELL_STORE_PATIENCE  seconds to wait for an earlier checker to release the file, default 0
  ALLSWELL_STATUS_BIND     host:port of /healthz and /metrics, default 127.0.0.1:9090
  ALLSWELL_METRICS_OPEN    1: serve /metrics to other machines as well, not only to this one
  ALLSWELL_LOG_LEVEL       DEBUG, INFO, WARNING or ERROR, default INFO

exit codes: 0 stopped by SIGTERM, 1 cannot run, 2 bad settings"""


def arguments(_: argparse.ArgumentParser) -> None:
    """Declare no arguments."""


def run(_: argparse.Namespace) -> int:
    """Run until stopped; return the exit code."""
    return main.main()
