"""Define the tables of the checker's file, what each column means, and the steps between versions.

`user_version` counts the steps that a file has been through. A step is for ever: add, never change.
"""

import sqlite3
from collections.abc import Sequence

APPLICATION_ID = 0x616C7377  # "alsw"
PAGE_SIZE = 1024  # a commit writes whole pages; a quarter of SQLite's usual size saves two thirds

_FILE = """
CREATE TABLE file (  -- one row: what is true of the whole file
  id INTEGER PRIMARY KEY CHECK (id = 1),  -- always 1
  raw_lost INTEGER NOT NULL               -- samples dropped for want of room before an archive had
                                          -- them, since the file was made
) STRICT
"""

_MONITOR = """
CREATE TABLE monitor (  -- every monitor that this file holds something of
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- its short name in the other tables, never used again
  name TEXT NOT NULL UNIQUE,                 -- its name in the manifest
  target TEXT NOT NULL,                      -- hash of what is checked; a new one resets confirming
  store TEXT NOT NULL UNIQUE,                -- random id under which its transitions are numbered
  sequence INTEGER NOT NULL,                 -- the last numbered transition of `store`, 0 for none
  retention_ms INTEGER NOT NULL              -- how long samples are kept, as last asked for
) STRICT
"""

_HEALTH = """
CREATE TABLE health (  -- the state of judging, rewritten with every sample
  monitor INTEGER PRIMARY KEY REFERENCES monitor,
  body TEXT NOT NULL,       -- claim, runs and flapping as JSON
  seen_since_ms INTEGER,    -- unbroken observation: start of its first sample, Unix ms; NULL: none
  seen_last_ms INTEGER,     -- start of its last sample, Unix ms
  seen_until_ms INTEGER     -- end of the last sample's cover, Unix ms
) STRICT
"""

_SAMPLE = """
CREATE TABLE sample (  -- every raw result, about 23 bytes each
  monitor INTEGER NOT NULL REFERENCES monitor,
  started_ms INTEGER NOT NULL,  -- start of the check, Unix ms; moved to the next free one if taken
  latency_us INTEGER NOT NULL,  -- from start to verdict, microseconds
  reason INTEGER NOT NULL,      -- number of the reason, 0 for up
  PRIMARY KEY (monitor, started_ms)
) STRICT, WITHOUT ROWID
"""

_DAY = """
CREATE TABLE day (  -- every UTC day of a monitor that has, or had, samples
  monitor INTEGER NOT NULL REFERENCES monitor,
  day INTEGER NOT NULL,                 -- days since 1970-01-01
  revision INTEGER NOT NULL DEFAULT 0,  -- of the last roll-up reported, 0 while not sealed
  changed INTEGER NOT NULL DEFAULT 0,   -- 1: samples came after the seal
  archived INTEGER NOT NULL DEFAULT 0,  -- 1: an archive has every row, so they may go first
  present INTEGER NOT NULL DEFAULT 0,   -- 1: there are rows of this day in `sample`
  lost INTEGER NOT NULL DEFAULT 0,      -- rows of this day dropped for want of room
  PRIMARY KEY (monitor, day)
) STRICT, WITHOUT ROWID
"""

_OUTGOING = """
CREATE TABLE outgoing (  -- reports: waiting, delivered (kept for a restored centre) and dead
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they are sent
  monitor INTEGER NOT NULL REFERENCES monitor,
  store TEXT NOT NULL,         -- the store id that it speaks for, also one that was given up
  sequence INTEGER,            -- number of a transition; NULL for a roll-up
  day INTEGER,                 -- a transition's day, or the day of a roll-up: days since 1970-01-01
  revision INTEGER,            -- of a roll-up; NULL for a transition
  body TEXT NOT NULL,          -- the envelope as JSON, without sent_at
  state INTEGER NOT NULL DEFAULT 0,  -- 0 waiting, 1 delivered, 2 dead
  since_ms INTEGER NOT NULL,   -- when it was delivered or died, Unix ms; while it waits the time it
                               -- speaks of, as wide, so that delivering takes no room
  why TEXT,                    -- what the centre refused it with; NULL unless dead
  CHECK ((sequence IS NULL) <> (revision IS NULL))
) STRICT
"""

_TRANSITIONS = """
CREATE UNIQUE INDEX outgoing_transition ON outgoing (store, sequence) WHERE sequence IS NOT NULL
"""

# gathered  1: its rows were read for the archive, and none has come since
# removed   1: rows that an archive has were removed, so what is here is not the whole day
# archived_as  the store id under which the archive has it, also one that was given up
_ARCHIVING = (
    "ALTER TABLE day ADD COLUMN gathered INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE day ADD COLUMN removed INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE day ADD COLUMN archived_as TEXT",
)

STEPS: tuple[tuple[str, ...], ...] = (
    (
        _FILE,
        "INSERT INTO file VALUES (1, 0)",
        _MONITOR,
        _HEALTH,
        _SAMPLE,
        _DAY,
        "CREATE INDEX day_by_age ON day (archived DESC, day) WHERE present = 1",
        _OUTGOING,
        "CREATE INDEX outgoing_waiting ON outgoing (id) WHERE state = 0",
        "CREATE INDEX outgoing_dead ON outgoing (id) WHERE state = 2",
        _TRANSITIONS,
    ),
    _ARCHIVING,
)


def version(connection: sqlite3.Connection) -> int:
    """Return how many steps the file has been through."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Take the steps that are missing, each in a transaction with its number."""
    for number in range(version(connection) + 1, len(steps) + 1):
        connection.execute("BEGIN IMMEDIATE")
        for statement in steps[number - 1]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
