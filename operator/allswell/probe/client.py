"""httpx's client for one check: its cookies begin and end with the check.

It follows no redirect, heeds no proxy of the environment and has no time limit: every hop is for
the check to judge and to follow, and one deadline covers them all.
"""

import warnings
from collections.abc import Awaitable, Callable

from allswell.probe.lean_httpx import httpx

# Parsed once; a client without a base parses the empty address.
NO_BASE = httpx.URL("")

Hook = Callable[[httpx.Response], Awaitable[None]]


class CheckCookies(httpx.Cookies):
    """The cookies of one check. To look for some takes 20 µs, and few answers set any."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep the cookies that an answer sets, but for those that httpx fails to send back."""
        pairs = response.headers.raw
        cookies = [value for name, value in pairs if name.lower() == b"set-cookie"]
        if not all(map(bytes.isascii, cookies)):
            kept = [(n, v) for n, v in pairs if n.lower() != b"set-cookie" or v.isascii()]
            response.headers = httpx.Headers(kept)
        if cookies:
            with warnings.catch_warnings():
                # The jar tells a cookie whose numbers are too large as a bug of its own.
                warnings.simplefilter("ignore")
                super().extract_cookies(response)


class CheckClient(httpx.AsyncClient):
    """A client whose `hook` sees every answer before httpx looks for a redirect in it."""

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
        """Give the cookies that have been set."""
        return self._check_cookies
