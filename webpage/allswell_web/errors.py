"""Define the errors of the page, in one tree. The lower library's error is the cause.

PageError
├── BadPageSettings      settings that cannot be used
├── AddressTaken         the address is in use
├── NothingCached        a value was never read, and cannot be read now
├── LatencyUnavailable   the collector returned no latency
├── RedisUnavailable     Redis failed now, or a moment ago
├── NothingToPublish     the central database has never been written
└── DamagedData          stored bytes that are not what they should be
    ├── DamagedSnapshot
    └── DamagedResponse
"""


class PageError(Exception):
    """The base of every error of the page."""


class BadPageSettings(PageError):
    """Settings that cannot be used; `problems` names each one and what to write instead."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class AddressTaken(PageError):
    """The address cannot be bound; the text gives the reason."""


class NothingCached(PageError):
    """No value was ever read, and none can be read now."""


class LatencyUnavailable(PageError):
    """The collector returned no latency; `__cause__` is the reason."""


class RedisUnavailable(PageError):
    """Redis failed now, or a moment ago and is not called again yet."""


class NothingToPublish(PageError):
    """The central database has never been written, so there is nothing to publish."""


class DamagedData(PageError):
    """Stored bytes that cannot be read back."""


class DamagedSnapshot(DamagedData):
    """Bytes that are no snapshot, or one of another format."""


class DamagedResponse(DamagedData):
    """Bytes in the response store that are no response."""
