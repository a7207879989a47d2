"""`allswell up`: the whole service on one machine, from some files."""

import argparse
import asyncio
import os
from pathlib import Path

from allswell.cli.terminal import BAD_INPUT, FAILED, OK, complain
from allswell.cli.up import data_folder, main
from allswell.cli.up.data_folder import DataFolder, FolderTaken

DESCRIPTION = """\
Run the Monitors and StatusPages of some files on this machine: checks run, the page is served,
changes of state are shown here. Secret documents in the same files serve secretKeyRef.

Editing a file takes effect at once. A mistake keeps that object as it was and says so; an empty or
broken file deletes nothing. Ctrl-C stops; the next start continues the history."""
EPILOG = """\
examples:
  allswell up examples/quickstart.yaml
  allswell up --port 9000 --data ./data monitors/ pages.yaml

exit codes: 0 stopped, 1 it cannot run, 2 bad input"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="FILE|DIR", help="files and folders of manifests"
    )
    parser.add_argument(
        "--port", type=_port, default=8080, help="where the page is served, default 8080"
    )
    parser.add_argument(
        "--host",
        type=_host,
        default="127.0.0.1",
        help="the address to serve on, default 127.0.0.1",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="where results go, default one folder for each FILE",
    )
    parser.add_argument(
        "--egress-reference",
        action="append",
        default=[],
        type=_reference,
        metavar="HOST:PORT",
        help="a target that proves this machine's own network before a public target is called"
        " down; may be given several times",
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write a number from 1 to 65535")
    return int(text)


def _host(text: str) -> str:
    try:
        text.encode("idna")
    except UnicodeError:
        text = ""
    if not text:
        raise argparse.ArgumentTypeError("that is no address: write one like 127.0.0.1 or ::1")
    return text


def _reference(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host:
        raise argparse.ArgumentTypeError(f"{text!r} is no target: write it like 192.0.2.1:443")
    return host.strip("[]"), _port(port)


def run(options: argparse.Namespace) -> int:
    """Run until stopped; the exit code."""
    for path in options.paths:
        if not path.exists():
            complain(f"there is no {path}; give a file or folder that holds manifests")
            return BAD_INPUT
    where = options.data or data_folder.usual(options.paths[0], dict(os.environ))
    plan = main.UpOptions(
        paths=tuple(options.paths),
        host=options.host,
        port=options.port,
        references=tuple(options.egress_reference),
    )
    # Asked before the folder is made, so that a start that is refused leaves nothing behind.
    if (code := main.hindrance(plan, where)) != OK:
        return code
    try:
        data = DataFolder.open(where)
    except FolderTaken as error:
        complain(str(error))
        return FAILED
    try:
        return asyncio.run(main.run(plan, data))
    finally:
        data.close()
