"""Run `allswell up`: the whole service on one machine, from some files."""

import argparse
import asyncio
import os
from pathlib import Path

from allswell.cli.errors import BadInput, CliError
from allswell.cli.terminal import BAD_INPUT, FAILED, print_error
from allswell.cli.up import data_folder, main
from allswell.cli.up.data_folder import DataFolder

DESCRIPTION = """\
Run the Monitors and StatusPages of some files on this machine: checks run, the page is served, and
changes of state are printed. Secret documents in the same files provide what secretKeyRef names.

Edits take effect at once. An object with a mistake keeps its last good state and the problem is
printed; an empty or unreadable file deletes nothing. Ctrl-C stops; the next start continues the
history."""
EPILOG = """\
examples:
  allswell up examples/quickstart.yaml
  allswell up --port 9000 --data ./data monitors/ pages.yaml
  allswell up --egress-reference 192.0.2.1:443 status.yaml

exit codes: 0 stopped, 1 cannot run, 2 bad input"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="FILE|DIR", help="files and folders of manifests"
    )
    parser.add_argument(
        "--port", type=_port, default=8080, help="the port of the page, default 8080"
    )
    parser.add_argument(
        "--host",
        type=_host,
        default="127.0.0.1",
        help="the address to listen on, default 127.0.0.1: this machine only",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="the folder for results, default one folder for each FILE",
    )
    parser.add_argument(
        "--egress-reference",
        action="append",
        default=[],
        type=_reference,
        metavar="HOST:PORT",
        help="a target that proves this machine's own network: while no reference can be reached,"
        " public targets are unknown, not down (may be repeated)",
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: write a number from 1 to 65535")
    return int(text)


def _host(text: str) -> str:
    try:
        text.encode("idna")
    except UnicodeError:
        text = ""
    if not text:
        raise argparse.ArgumentTypeError("that is not an address: write one like 127.0.0.1 or ::1")
    return text


def _reference(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host:
        raise argparse.ArgumentTypeError(f"{text!r} is not a target: write one like 192.0.2.1:443")
    return host.strip("[]"), _port(port)


def run(options: argparse.Namespace) -> int:
    """Run until stopped; return the exit code."""
    try:
        return _run(options)
    except CliError as error:
        print_error(str(error))
        return BAD_INPUT if isinstance(error, BadInput) else FAILED


def _run(options: argparse.Namespace) -> int:
    for path in options.paths:
        if not path.exists():
            raise BadInput(f"{path} does not exist; give a file or folder that holds manifests")
    folder = options.data or data_folder.default_path(options.paths[0], dict(os.environ))
    up_options = main.UpOptions(
        paths=tuple(options.paths),
        host=options.host,
        port=options.port,
        references=tuple(options.egress_reference),
    )
    # Checked before the folder is created, so that a start that is refused leaves nothing behind.
    main.check_can_run(up_options, folder)
    data = DataFolder.open(folder)
    try:
        return asyncio.run(main.run(up_options, data))
    finally:
        data.close()
