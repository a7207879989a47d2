"""The target of the checks: an HTTP server in the test that knows what it did, and when."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Served:
    """One request: when it came, and whether it was answered well."""

    at: datetime
    good: bool


@dataclass(slots=True)
class Part:
    """What one path of the server did: how it stands, its turns, its requests."""

    good: bool = True
    turns: list[Served] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)

    @property
    def began(self) -> datetime:
        """When it took on the state that it has."""
        return self.turns[-1].at if self.turns else datetime.min.replace(tzinfo=UTC)

    @property
    def told(self) -> tuple[bool, ...]:
        """Every state that it was in, in order; it began well."""
        return (True, *(turn.good for turn in self.turns))

    def longest_gap(self, since: datetime, until: datetime) -> timedelta:
        """The longest time without a request between two moments."""
        moments = [since, *(one.at for one in self.served if since < one.at < until), until]
        return max(after - before for before, after in pairwise(moments))


class Target:
    """Serves any path well until it is broken. Any thread may call."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._parts: dict[str, Part] = {}
        self._changed = threading.Condition()

    def url(self, name: str) -> str:
        """The address of a part."""
        return f"http://127.0.0.1:{self.port}/{name}"

    def part(self, name: str) -> Part:
        """What a part did; it changes as long as anybody asks for it."""
        with self._changed:
            return self._parts.setdefault(name, Part())

    def turn(self, name: str, *, good: bool) -> datetime:
        """Break or heal a part; when it was done."""
        part = self.part(name)
        with self._changed:
            part.good = good
            part.turns.append(Served(datetime.now(UTC), good))
            return part.turns[-1].at

    def serve(self, name: str) -> bool:
        """Note a request; whether it is to be answered well."""
        part = self.part(name)
        with self._changed:
            part.served.append(Served(datetime.now(UTC), part.good))
            self._changed.notify_all()
            return part.good

    def lately(self, name: str) -> tuple[datetime, list[datetime]]:
        """When a part took on its state, and the requests since, with some from before."""
        part = self.part(name)
        with self._changed:
            return part.began, [one.at for one in part.served[-60:]]

    def asked(self, name: str, more_than: int, seconds: float) -> bool:
        """Wait until a part was asked more than so many times; False when time is over."""
        part = self.part(name)
        with self._changed:
            return self._changed.wait_for(lambda: len(part.served) > more_than, seconds)


@contextmanager
def serving() -> Iterator[Target]:
    """A target that listens on a free port until the end."""
    found: list[Target] = []
    handler = _handler(lambda path: found[0].serve(path.strip("/")))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    found.append(Target(server.server_port))
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield found[0]
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
