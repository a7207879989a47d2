"""Define what can go wrong in a command.

CliError
├── BadInput         what the user asked for cannot be found or understood
└── CannotRun        a program cannot run on this machine as asked
    └── FolderInUse  another run has the data folder, or it cannot be used
"""


class CliError(Exception):
    """A command cannot be carried out; the text says why, and what to do."""


class BadInput(CliError):
    """What was asked for cannot be found or understood; the text says what to write."""


class CannotRun(CliError):
    """A program cannot run on this machine as asked; the text says what to change."""


class FolderInUse(CannotRun):
    """Another `allswell up` runs on this data folder, or the folder cannot be used."""
