"""`allswell validate`: every problem of some manifests at once."""

import argparse
import sys
from pathlib import Path

from allswell.cli import manifests, references
from allswell.cli.manifests import ManifestFile
from allswell.cli.terminal import BAD_INPUT, OK, complain, counted, paint
from allswell.cli.yamlfile import LocatedProblem
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import StatusPage

DESCRIPTION = """\
Read Monitors and StatusPages and say every problem at once: file, line, path in the manifest,
what is wrong, and what to write instead. Nothing is checked and nothing is changed.
Documents of other kinds are passed over."""
EPILOG = """\
examples:
  allswell validate status.yaml
  allswell validate manifests/ && kubectl apply -f manifests/

exit codes: 0 all is well, 2 there are problems"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="FILE|DIR", help="files and folders of manifests"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    sheets = manifests.load(options.paths)
    problems = in_order(sheets)
    for problem in problems:
        complain(paint(str(problem), "down", sys.stderr))
    things = manifests.things(sheets)
    if not problems and not things:
        complain("there is no Monitor and no StatusPage in there; give a file that holds one")
        return BAD_INPUT
    if problems:
        complain(f"\n{counted(len(problems), 'problem')} in {counted(len(sheets), 'file')}")
        return BAD_INPUT
    monitors = sum(isinstance(thing, Monitor) for thing in things)
    pages = sum(isinstance(thing, StatusPage) for thing in things)
    print(f"{counted(monitors, 'Monitor')} and {counted(pages, 'StatusPage')}: all is well")
    return OK


def in_order(sheets: tuple[ManifestFile, ...]) -> list[LocatedProblem]:
    """Every problem, as the files were given and by line."""
    places = {entry.file: place for place, entry in enumerate(sheets)}
    found = [*manifests.problems(sheets), *references.dangling(sheets)]
    return sorted(found, key=lambda problem: (places[problem.file], problem.line))
