"""Run `allswell validate`: report every problem of some manifests at once."""

import argparse
import sys
from pathlib import Path

from allswell.cli import manifests, references
from allswell.cli.manifests import ManifestFile
from allswell.cli.terminal import BAD_INPUT, OK, count_of, paint, print_error
from allswell.cli.yamlfile import LocatedProblem
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import StatusPage

DESCRIPTION = """\
Read Monitors and StatusPages and report every problem at once: file, line, path in the manifest,
what is wrong, and what to write instead. No check is run and nothing is changed.
Documents of other kinds are ignored."""
EPILOG = """\
examples:
  allswell validate status.yaml
  allswell validate manifests/ && kubectl apply -f manifests/

exit codes: 0 no problems, 2 there are problems"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="FILE|DIR", help="files and folders of manifests"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    files = manifests.load(options.paths)
    problems = sorted_problems(files)
    for problem in problems:
        print_error(paint(str(problem), "down", sys.stderr))
    resources = manifests.resources(files)
    if not problems and not resources:
        print_error("no Monitor or StatusPage found; give a file that contains one")
        return BAD_INPUT
    if problems:
        print_error(f"\n{count_of(len(problems), 'problem')} in {count_of(len(files), 'file')}")
        return BAD_INPUT
    monitors = sum(isinstance(resource, Monitor) for resource in resources)
    pages = sum(isinstance(resource, StatusPage) for resource in resources)
    print(f"{count_of(monitors, 'Monitor')} and {count_of(pages, 'StatusPage')}: no problems")
    return OK


def sorted_problems(files: tuple[ManifestFile, ...]) -> list[LocatedProblem]:
    """Return every problem, in the order of the files given and by line."""
    order = {file.file: index for index, file in enumerate(files)}
    problems = [*manifests.problems(files), *references.find_missing(files)]
    return sorted(problems, key=lambda problem: (order[problem.file], problem.line))
