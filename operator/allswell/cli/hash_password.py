"""Run `allswell hash-password`: hash the password of a private StatusPage."""

import argparse
import getpass
import secrets
import sys

from allswell.cli.terminal import BAD_INPUT, OK, print_error
from allswell.domain import password

MAX_LENGTH = 1024
DESCRIPTION = """\
Read a password, from the terminal without showing it or else from the first line of standard input,
and print its salted hash (scrypt). Put that line into spec.access.passwordHash of a StatusPage."""
EPILOG = """\
examples:
  allswell hash-password      prompts twice, prints scrypt:…

exit codes: 0 done, 2 bad input"""


def arguments(_: argparse.ArgumentParser) -> None:
    """Declare no arguments: a password in one would show in the list of processes."""


def run(_: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    text = _prompt() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if text is None:
        print_error("the two passwords differ; nothing is printed")
        return BAD_INPUT
    if not 0 < len(text) <= MAX_LENGTH:
        print_error(f"write a password of 1 to {MAX_LENGTH} characters")
        return BAD_INPUT
    print(password.hash_password(text, secrets.token_bytes(password.SALT_BYTES)))
    return OK


def _prompt() -> str | None:
    """Prompt twice for a password; return None when the two differ."""
    first = getpass.getpass("Password: ")
    return first if first == getpass.getpass("Repeat password: ") else None
