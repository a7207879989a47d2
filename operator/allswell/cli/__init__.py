"""The command line: the same parts on one machine, and the door to every program.

A subcommand is a module of its own, imported only when it runs, so that each program loads what it
needs and no more. The room holds no logic of checks, stores or pages.
"""

import argparse
from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """The command line's grammar, without side effects."""
    it = argparse.ArgumentParser(prog="allswell", description="A status page service.")
    it.add_argument("--version", action="version", version="allswell 0.1.0")
    return it


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    parser().parse_args(argv)
    parser().print_help()
    return 0
