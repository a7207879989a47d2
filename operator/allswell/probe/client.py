"""Provide httpx's client for one check: its cookies live as long as the check.

It follows no redirect, ignores proxies of the environment and has no time limit: the check judges
and follows every hop, and one deadline covers them all.
"""

import warnings
from collections.abc import Awaitable, Callable

from allswell.probe.lean_httpx import httpx

# Parsed once; a client without a base parses the empty address.
NO_BASE = httpx.URL("")

Hook = Callable[[httpx.Response], Awaitable[None]]


class CheckCookies(httpx.Cookies):
    """The cookies of one check. The jar costs 20 µs a response, and few responses set any."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Store the cookies that a response sets, except those that httpx fails to send back."""
        pairs = response.headers.raw
        cookies = [value for name, value in pairs if name.lower() == b"set-cookie"]
        if not all(map(bytes.isascii, cookies)):
            others = [(n, v) for n, v in pairs if n.lower() != b"set-cookie" or v.isascii()]
            response.headers = httpx.Headers(others)
        if cookies:
            with warnings.catch_warnings():
                # The jar warns of a cookie whose numbers are too large as of a bug of its own.
                warnings.simplefilter("ignore")
                super().extract_cookies(response)


class CheckClient(httpx.AsyncClient):
    """A client whose `hook` sees every response before httpx looks for a redirect in it."""

    def __init__(self, transport: httpx.AsyncBaseTransport, hook: Hook) -> None:
        super().__init__(
            transport=transport,
            event_hooks={"response": [hook]},
            base_url=NO_BASE,
            follow_redirects=False,
            timeout=None,
            trust_env=False,
        )
        self._check_cookies = CheckCookies()

    @property  # type: ignore[misc]  # nobody sets them
    def cookies(self) -> httpx.Cookies:
        """Return the cookies that have been set."""
        return self._check_cookies
