"""Run `allswell history`: read raw results from the archive and from checkers' own files."""

COMMANDS = {
    "ls": "allswell.cli.history.ls",
    "get": "allswell.cli.history.get",
    "verify": "allswell.cli.history.verify",
    "replay": "allswell.cli.history.replay",
}
SUMMARY = {
    "ls": "list the day files of the archive and of its catalogue",
    "get": "print a monitor's raw results as NDJSON or CSV",
    "verify": "compare the archive with its catalogue",
    "replay": "judge raw results again, also by another rule, and compare",
}
DESCRIPTION = """\
Every raw result is kept: for some days in the checker's own file, and permanently in the archive.
A day file holds one UTC day of one monitor; the catalogue in the central database lists them."""
EPILOG = """\
Choose the installation with --data FOLDER, the data folder of an `allswell up`, or by the
environment, as in the operator's pod.

examples:
  allswell history ls --data ~/.local/share/allswell/status-1a2b3c
  allswell history get default/api --from 2026-11-01 --to 2026-12-01
  kubectl exec deployment/allswell-operator -- allswell history verify

`allswell history SUBCOMMAND --help` describes a subcommand.
exit codes: 0 done, 1 a problem or difference was found, 2 bad input"""
