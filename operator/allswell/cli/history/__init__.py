"""`allswell history`: the raw results, in the archive and in checkers' own files."""

COMMANDS = {
    "ls": "allswell.cli.history.ls",
    "get": "allswell.cli.history.get",
    "verify": "allswell.cli.history.verify",
    "replay": "allswell.cli.history.replay",
}
SUMMARY = {
    "ls": "list what the archive holds, by its catalogue and by itself",
    "get": "print a monitor's raw results as NDJSON or CSV",
    "verify": "read the archive and hold it against its catalogue",
    "replay": "make transitions and roll-ups again, perhaps by another rule",
}
DESCRIPTION = """\
Every raw result is kept: for some days in the checker's own file, and for good in the archive."""
EPILOG = """\
Which installation is meant is said by --data FOLDER, the data folder of an `allswell up`, or by the
environment, as in the operator's pod.

examples:
  allswell history ls --data ~/.local/share/allswell/status-1a2b3c
  allswell history get default/api --from 2026-11-01 --to 2026-12-01
  kubectl exec deployment/allswell-operator -- allswell history verify

`allswell history SUBCOMMAND --help` tells more.
exit codes: 0 done, 1 something is wrong, 2 bad input"""
