"""`allswell hash-password`: what a StatusPage holds instead of a password."""

import argparse
import getpass
import secrets
import sys

from allswell.cli.terminal import BAD_INPUT, OK, complain
from allswell.domain import password

LONGEST = 1024
DESCRIPTION = """\
Read a password, from the terminal without showing it or else as the first line of standard input,
and print its salted hash (scrypt). Put that line into spec.access.passwordHash of a StatusPage."""
EPILOG = """\
examples:
  allswell hash-password      asks twice, prints scrypt:…

exit codes: 0 done, 2 bad input"""


def arguments(_: argparse.ArgumentParser) -> None:
    """It takes none: an argument would show in the list of processes."""


def run(_: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    given = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if given is None:
        complain("the two differ; nothing is printed")
        return BAD_INPUT
    if not 0 < len(given) <= LONGEST:
        complain(f"write a password of 1 to {LONGEST} characters")
        return BAD_INPUT
    print(password.hash_password(given, secrets.token_bytes(password.SALT_BYTES)))
    return OK


def _asked() -> str | None:
    """What somebody typed twice; None when the two differ."""
    first = getpass.getpass("Password: ")
    return first if first == getpass.getpass("The same again: ") else None
