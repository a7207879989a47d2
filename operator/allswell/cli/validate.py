"""`allswell validate`: every problem of some manifests at once."""

import argparse
import sys
from pathlib import Path

from allswell.cli import manifests
from allswell.cli.manifests import Sheet
from allswell.cli.terminal import BAD_INPUT, OK, complain, counted, paint
from allswell.cli.yamlfile import Located
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
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE|DIR")


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    sheets = manifests.load(options.paths)
    problems = (*manifests.problems(sheets), *dangling(sheets))
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


def dangling(sheets: tuple[Sheet, ...]) -> tuple[Located, ...]:
    """Monitors that a page names and that stand in none of the files, where Monitors stand."""
    known = {
        item.key[1:]
        for entry in sheets
        for item in entry.items
        if item.key and item.key[0] == "Monitor"
    }
    if not known or not all(entry.whole for entry in sheets):
        return ()
    found = []
    for entry in sheets:
        for item in entry.items:
            page = item.thing
            if not isinstance(page, StatusPage):
                continue
            for g, group in enumerate(page.groups):
                for m, named in enumerate(group.monitors):
                    if (page.meta.namespace, named.name) not in known:
                        path = ("spec", "groups", g, "monitors", m, "name")
                        wrong = f"there is no Monitor {named.name!r} in this namespace"
                        found.append(item.document.at(path, wrong, "add it or mend the name"))
    return tuple(found)
