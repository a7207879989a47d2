"""Run the command line: the same parts on one machine, and an entry to every program.

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

# A subcommand's module has DESCRIPTION, EPILOG, arguments(parser) and run(options) -> int; one with
# subcommands of its own has COMMANDS and SUMMARY instead of the functions.
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
    "check": "run checks once and explain the results",
    "validate": "report every problem in manifests",
    "migrate": "migrate the central database to this version's schema",
    "history": "list, print, verify and replay raw results",
    "hash-password": "hash the password of a private StatusPage",
    "controller": "run the operator and its collector (in the operator's pod)",
    "checker": "run a checker (in a checker's pod)",
    "page": "serve the status pages (in the page's pod)",
    "publish": "publish the public pages to an S3 bucket, for a CDN",
}
DESCRIPTION = """\
allswell: a status page service. Monitors and status pages are declared in manifests; `allswell up`
runs them on one machine, the operator runs them on Kubernetes."""
EPILOG = """\
examples:
  allswell up status.yaml           run checks and serve the page at http://127.0.0.1:8080/
  allswell check status.yaml        run every check once and explain the results
  allswell validate status.yaml     report every problem in the manifests

`allswell SUBCOMMAND --help` describes a subcommand, with examples and exit codes."""


def listing_parser(
    prog: str = "allswell",
    description: str = DESCRIPTION,
    epilog: str = EPILOG,
    summary: Mapping[str, str] = SUMMARY,
) -> argparse.ArgumentParser:
    """Build a parser that only lists subcommands; no subcommand's module is loaded."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if prog == "allswell":
        parser.add_argument(
            "--version", action="version", version=f"allswell {version('allswell')}"
        )
    commands = parser.add_subparsers(title="subcommands", metavar="SUBCOMMAND", dest="command")
    for name, words in summary.items():
        commands.add_parser(name, help=words)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the options, with `run`. Exits on bad ones.

    Without a subcommand `run` is None and `help` the text that lists the subcommands.
    """
    if not arguments or arguments[0] not in COMMANDS:
        listing_parser().parse_args(arguments)
        return argparse.Namespace(run=None, help=listing_parser().format_help())
    module = importlib.import_module(COMMANDS[arguments[0]])
    if hasattr(module, "COMMANDS"):
        return _parse_nested(module, arguments)
    return _options(module, f"allswell {arguments[0]}", arguments[1:])


def _parse_nested(module: ModuleType, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the options of a subcommand's own subcommand."""
    prog = f"allswell {arguments[0]}"
    if len(arguments) == 1 or arguments[1] not in module.COMMANDS:
        listing = listing_parser(prog, module.DESCRIPTION, module.EPILOG, module.SUMMARY)
        listing.parse_args(arguments[1:])
        return argparse.Namespace(run=None, help=listing.format_help())
    nested = importlib.import_module(module.COMMANDS[arguments[1]])
    return _options(nested, f"{prog} {arguments[1]}", arguments[2:])


def _options(module: ModuleType, prog: str, arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=prog,
        description=module.DESCRIPTION,
        epilog=module.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.arguments(parser)
    parser.set_defaults(run=module.run)
    # Intermixed, so that options may stand between the files or names.
    return parser.parse_intermixed_args(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            # Here, not at Python's end: there a closed pipe makes a traceback.
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    if options.run is None:
        print(options.help, end="")
        return 0
    return int(options.run(options))
