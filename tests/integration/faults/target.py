"""Serve the target of the checks: an HTTP server in the test that records what it did, and when."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class TargetEvent:
    """A request or a change: when it came, and whether the endpoint was good."""

    at: datetime
    good: bool


@dataclass(slots=True)
class Endpoint:
    """One path of the server: whether it is good, its changes, its requests."""

    good: bool = True
    changes: list[TargetEvent] = field(default_factory=list)
    requests: list[TargetEvent] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        """Return when the present state began."""
        return self.changes[-1].at if self.changes else datetime.min.replace(tzinfo=UTC)

    @property
    def states(self) -> tuple[bool, ...]:
        """Return every state that it was in, in order; it begins good."""
        return (True, *(change.good for change in self.changes))

    def longest_gap(self, since: datetime, until: datetime) -> timedelta:
        """Return the longest time without a request between two moments."""
        moments = [since, *(one.at for one in self.requests if since < one.at < until), until]
        return max(after - before for before, after in pairwise(moments))


class Target:
    """Serves any path with 200 until it is broken. Any thread may call."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._endpoints: dict[str, Endpoint] = {}
        self._changed = threading.Condition()

    def url(self, name: str) -> str:
        """Return the URL of an endpoint."""
        return f"http://127.0.0.1:{self.port}/{name}"

    def endpoint(self, name: str) -> Endpoint:
        """Return an endpoint; it changes as requests come."""
        with self._changed:
            return self._endpoints.setdefault(name, Endpoint())

    def change(self, name: str, *, good: bool) -> datetime:
        """Break or repair an endpoint; return when it was done."""
        endpoint = self.endpoint(name)
        with self._changed:
            endpoint.good = good
            endpoint.changes.append(TargetEvent(datetime.now(UTC), good))
            return endpoint.changes[-1].at

    def serve(self, name: str) -> bool:
        """Record a request; return whether to answer it with 200."""
        endpoint = self.endpoint(name)
        with self._changed:
            endpoint.requests.append(TargetEvent(datetime.now(UTC), endpoint.good))
            self._changed.notify_all()
            return endpoint.good

    def recent(self, name: str) -> tuple[datetime, list[datetime]]:
        """Return since when an endpoint is in its state, and the latest requests."""
        endpoint = self.endpoint(name)
        with self._changed:
            return endpoint.since, [one.at for one in endpoint.requests[-60:]]

    def wait_for_requests(self, name: str, more_than: int, seconds: float) -> bool:
        """Wait until an endpoint has had more than so many requests; False when time is over."""
        endpoint = self.endpoint(name)
        with self._changed:
            return self._changed.wait_for(lambda: len(endpoint.requests) > more_than, seconds)


@contextmanager
def serving() -> Iterator[Target]:
    """Run a target on a free port until the end."""
    targets: list[Target] = []
    handler = _handler(lambda path: targets[0].serve(path.strip("/")))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    targets.append(Target(server.server_port))
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield targets[0]
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _handler(serve: Callable[[str], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            good = serve(self.path)
            body = b"all's well\n" if good else b"broken\n"
            try:
                self.send_response(200 if good else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

    return Handler
