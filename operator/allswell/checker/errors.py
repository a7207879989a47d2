"""Define what can go wrong in a checker.

CheckerError
├── BadCheckerSettings    the environment variables cannot be used
├── BadConfig             the list of monitors cannot be used
├── CollectorUnreachable  no answer came from the collector
├── UploadFailed          a day file did not reach the object store
└── UploadRefused         the collector did not permit or record an upload
    └── UploadDeferred    it refuses this day for now, and may take others
"""


class CheckerError(Exception):
    """Something in the checker cannot be done; the text says what, and why."""


class BadCheckerSettings(CheckerError, ValueError):
    """Settings that cannot be used; one line for each problem."""


class BadConfig(CheckerError):
    """A list of monitors that cannot be used; the text says why."""


class CollectorUnreachable(CheckerError):
    """No answer came from the collector."""


class UploadFailed(CheckerError):
    """The bytes did not reach the object store; the text says why, and holds no signature."""


class UploadRefused(CheckerError):
    """The collector did not permit or record an upload; the text says why."""


class UploadDeferred(UploadRefused):
    """The collector refuses this day for now, and may take others."""
