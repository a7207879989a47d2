"""The command line: the same parts on one machine, and the door to every program.

A subcommand is a module of its own, imported only when it runs, so that each program loads what it
needs and no more. The room holds no logic of checks, stores or pages.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from types import ModuleType

# A subcommand's module has HELP, DESCRIPTION, EPILOG, arguments(parser) and run(options) -> int.
COMMANDS = {
    "up": "allswell.cli.up",
    "check": "allswell.cli.check",
    "validate": "allswell.cli.validate",
    "migrate": "allswell.cli.migrate",
    "history": "allswell.cli.history",
    "hash-password": "allswell.cli.hash_password",
    "controller": "allswell.cli.programs.controller",
    "checker": "allswell.cli.programs.checker",
    "page": "allswell.cli.programs.page",
    "publish": "allswell.cli.programs.publish",
}
SUMMARY = {
    "up": "run the Monitors and StatusPages of some files on this machine",
    "check": "run checks once, now, and explain the verdict",
    "validate": "say everything that is wrong with manifests",
    "migrate": "bring the central database to this version's schema",
    "history": "list, read, verify and replay the raw results",
    "hash-password": "make what a private StatusPage holds instead of a password",
    "controller": "run the operator and its collector (what the operator's pod runs)",
    "checker": "run a checker (what a checker pod runs)",
    "page": "serve the pages (what the page pod runs)",
    "publish": "copy the public pages to an S3 bucket, for a CDN",
}
DESCRIPTION = """\
allswell: a status page service. Monitors and pages are manifests; on one machine `allswell up`
runs them, on Kubernetes an operator does."""
EPILOG = """\
examples:
  allswell up status.yaml           checks run, the page is at http://127.0.0.1:8080/
  allswell check status.yaml        run every check once and explain the verdicts
  allswell validate status.yaml     say everything that is wrong with the manifests

`allswell SUBCOMMAND --help` tells more."""


def grammar(
    prog: str = "allswell",
    description: str = DESCRIPTION,
    epilog: str = EPILOG,
    summary: Mapping[str, str] = SUMMARY,
) -> argparse.ArgumentParser:
    """What stands before and instead of a subcommand; no subcommand's module is loaded."""
    it = argparse.ArgumentParser(
        prog=prog,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if prog == "allswell":
        it.add_argument("--version", action="version", version=f"allswell {version('allswell')}")
    commands = it.add_subparsers(title="subcommands", metavar="SUBCOMMAND", dest="command")
    for name, words in summary.items():
        commands.add_parser(name, help=words)
    return it


def parsed(given: Sequence[str]) -> argparse.Namespace:
    """The options, with `run`. Exits on bad ones.

    Where no subcommand is given, `run` is None and `help` the text that lists them.
    """
    if not given or given[0] not in COMMANDS:
        grammar().parse_args(given)
        return argparse.Namespace(run=None, help=grammar().format_help())
    module = importlib.import_module(COMMANDS[given[0]])
    if hasattr(module, "COMMANDS"):
        return _parsed_below(module, given)
    return _options(module, f"allswell {given[0]}", given[1:])


def _parsed_below(module: ModuleType, given: Sequence[str]) -> argparse.Namespace:
    """The options of a subcommand's own subcommand."""
    prog = f"allswell {given[0]}"
    if len(given) == 1 or given[1] not in module.COMMANDS:
        listing = grammar(prog, module.DESCRIPTION, module.EPILOG, module.SUMMARY)
        listing.parse_args(given[1:])
        return argparse.Namespace(run=None, help=listing.format_help())
    below = importlib.import_module(module.COMMANDS[given[1]])
    return _options(below, f"{prog} {given[1]}", given[2:])


def _options(module: ModuleType, prog: str, given: Sequence[str]) -> argparse.Namespace:
    it = argparse.ArgumentParser(
        prog=prog,
        description=module.DESCRIPTION,
        epilog=module.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.arguments(it)
    it.set_defaults(run=module.run)
    # Intermixed, so that options may stand between the files or names.
    return it.parse_intermixed_args(given)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            # Here, not at Python's end: there a reader that has gone makes a traceback.
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(given: Sequence[str]) -> int:
    options = parsed(given)
    if options.run is None:
        print(options.help, end="")
        return 0
    return int(options.run(options))
