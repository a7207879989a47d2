"""Provide httpx's client for a check: its cookies live as long as the check.

It follows no redirect, ignores proxies of the environment and has no time limit: the check judges
and follows every hop, and one deadline covers them all.
"""

import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from allswell.probe.lean_httpx import httpx

# Parsed once; a client without a base parses the empty address.
NO_BASE = httpx.URL("")
MAX_IDLE = 64

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
    """A client for one check. Its `hook` sees every response before httpx looks for a redirect."""

    def __init__(self, transport: httpx.AsyncBaseTransport, hook: Hook) -> None:
        self._switch = _Switch(transport)
        self._check_cookies = CheckCookies()
        super().__init__(
            transport=self._switch,
            event_hooks={"response": [hook]},
            base_url=NO_BASE,
            follow_redirects=False,
            timeout=None,
            trust_env=False,
        )

    @property  # type: ignore[misc]  # nobody sets them
    def cookies(self) -> httpx.Cookies:
        """Return the cookies that have been set."""
        return self._check_cookies

    def reset(self, transport: httpx.AsyncBaseTransport, hook: Hook) -> None:
        """Make the client as if it were new, for another check."""
        self._switch.transport = transport
        self._check_cookies.clear()
        self.event_hooks = {"response": [hook]}


class _Switch(httpx.AsyncBaseTransport):
    """A transport that passes requests on to another one, which may be replaced."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self.transport = transport

    def handle_async_request(self, request: httpx.Request) -> Coroutine[Any, Any, httpx.Response]:
        """Pass a request on."""
        return self.transport.handle_async_request(request)


class ClientPool:
    """Clients that no check uses at present. To make one takes 15 µs, a twentieth of a check."""

    def __init__(self) -> None:
        self._idle: list[CheckClient] = []

    @contextmanager
    def client(self, transport: httpx.AsyncBaseTransport, hook: Hook) -> Iterator[CheckClient]:
        """Lend a client to one check."""
        if self._idle:
            client = self._idle.pop()
            client.reset(transport, hook)
        else:
            client = CheckClient(transport, hook)
        try:
            yield client
        finally:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(client)
