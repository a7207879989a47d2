"""Define a route of the API: its address, its kind with headers, and the function that makes it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from allswell.central import page_data
from allswell_web.api.schemas import Schema
from allswell_web.presentation.context import Buckets

_JSON = "public, max-age=15, s-maxage=30, stale-while-revalidate=30, stale-if-error=3600"
_FEED = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
# GitHub's image proxy keeps a picture for hours unless it gets this and a validator.
_ASK_AGAIN = "no-cache"
_PICTURE = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)


@dataclass(frozen=True, slots=True)
class RouteKind:
    """What the responses of some routes have in common; scripts of any site may read open ones."""

    media_type: str
    cache: str
    is_open: bool = True
    headers: tuple[tuple[str, str], ...] = ()


JSON = RouteKind("application/json; charset=utf-8", _JSON)
ATOM = RouteKind("application/atom+xml; charset=utf-8", _FEED)
RSS = RouteKind("application/rss+xml; charset=utf-8", _FEED)
CALENDAR = RouteKind("text/calendar; charset=utf-8", "max-age=900", is_open=False)
BADGE = RouteKind("image/svg+xml; charset=utf-8", _ASK_AGAIN, headers=_PICTURE)
SHIELD = RouteKind("application/json; charset=utf-8", _ASK_AGAIN)


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """The input of a route; `url` is the page's address and ends with a slash."""

    facts: page_data.PageData
    buckets: Buckets
    now: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Route:
    """One address below a page's own, with `{names}` in it, and its summary.

    `make` takes the names' values by name and returns the whole body as text. `parameters` are the
    schemas of these names. What is not `is_known` is answered but not cached: its addresses are
    endless.
    """

    path: str
    kind: RouteKind
    summary: str
    make: Callable[..., str]
    schema: Schema | None = None
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    is_known: Callable[..., bool] = lambda *_, **__: True

    @property
    def name(self) -> str:
        """Return a unique name made of letters, digits and underscores."""
        return re.sub("[^a-z0-9]+", "_", self.path.strip("/"))

    @property
    def rule(self) -> str:
        """Return the path in Flask's spelling, which knows the words of an enumeration."""
        return re.sub(r"{(\w+)}", lambda match: self._part(match[1]), self.path)

    def _part(self, name: str) -> str:
        words = self.parameters[name].get("enum")
        if not isinstance(words, list):
            return f"<{name}>"
        listed = ",".join(f'"{word}"' for word in words)
        return f"<any({listed}):{name}>"
