"""Run `allswell migrate`: migrate the central database to this version's schema."""

import argparse
import os
from pathlib import Path

from allswell.central import engine
from allswell.central.errors import BadDatabaseUrl, CentralError
from allswell.cli.terminal import BAD_INPUT, FAILED, OK, print_error

DESCRIPTION = """\
Apply the migrations that the central database lacks. Safe to repeat, and safe to run twice at once.
A database that a newer allswell has migrated is left unchanged, and refused if this version cannot
work with it.
The URL may also come from ALLSWELL_DATABASE_URL or, as a file, ALLSWELL_DATABASE_URL_FILE, which
keeps a password out of the process list."""
EPILOG = """\
examples:
  allswell migrate --database-url postgresql://allswell@db.example.com/allswell
  allswell migrate --database-url sqlite:////var/lib/allswell/central.sqlite

exit codes: 0 done, 1 the database cannot be migrated, 2 bad input"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--database-url", metavar="URL", help="postgresql://… or sqlite:///…")


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    url = options.database_url or os.environ.get("ALLSWELL_DATABASE_URL")
    file = os.environ.get("ALLSWELL_DATABASE_URL_FILE")
    if not url and file:
        try:
            url = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            print_error(f"{file} cannot be read: {error}")
            return BAD_INPUT
    if not url:
        print_error("no database given: use --database-url postgresql://user@host/name")
        return BAD_INPUT
    try:
        before, after = migrate(url)
    except BadDatabaseUrl as error:
        print_error(str(error))
        return BAD_INPUT
    except CentralError as error:
        print_error(str(error))
        return FAILED
    change = "no migration needed" if before == after else f"migrated from {before}"
    print(f"the database is at revision {after}: {change}")
    return OK


def migrate(url: str) -> tuple[str, str]:
    """Migrate; return the revision before and after. Raises what the engine raises."""
    central = engine.connect(url)
    try:
        return engine.migrate(central)
    finally:
        central.dispose()
