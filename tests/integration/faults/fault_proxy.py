"""Proxy HTTP between two programs, and let a test act at each step of a request.

A request and its answer are held until the test has acted on the step, so that what it kills there
has come exactly so far.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Step = Literal["before", "middle", "after"]
# What is called with the step, the method and the path; False drops the connection there.
Act = Callable[[Step, str, str], bool]


class FaultProxy:
    """A way to `port`, on a port of its own."""

    def __init__(self, port: int) -> None:
        self.upstream_port = port
        self.act: Act = lambda _step, _method, _path: True
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def _pass(self) -> None:
                with suppress(OSError, HTTPException):
                    if proxy.forward(self):
                        return
                self.close_connection = True

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815 - their names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def forward(self, request: BaseHTTPRequestHandler) -> bool:
        """Pass a request on and its answer back, unless the test says no."""
        method, path = request.command, request.path
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if not self.act("before", method, path):
            return False
        upstream = HTTPConnection("127.0.0.1", self.upstream_port, timeout=30)
        try:
            upstream.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() != "expect":
                    upstream.putheader(name, value)
            upstream.endheaders()
            upstream.send(body[: len(body) // 2])
            if not self.act("middle", method, path):
                return False
            upstream.send(body[len(body) // 2 :])
            answer = upstream.getresponse()
            content = answer.read()
            if not self.act("after", method, path):
                return False
            _send_response(request, answer.status, answer.getheaders(), content)
        finally:
            upstream.close()
        return True

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _send_response(
    request: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], content: bytes
) -> None:
    request.send_response_only(status)
    is_head = request.command == "HEAD"
    for name, value in headers:
        if name.lower() not in ("connection", "transfer-encoding") and (
            is_head or name.lower() != "content-length"
        ):
            request.send_header(name, value)
    if not is_head:
        request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


@contextmanager
def running(port: int) -> Iterator[FaultProxy]:
    """Run a proxy to a port for as long as the block lasts."""
    proxy = FaultProxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
