"""Serve `/healthz` and `/metrics` of a checker, on a thread of the standard library's server.

Every answer is made by the event loop itself, so an answer proves that the loop runs. The metrics
name what is checked, and whoever can reach a pod need not be allowed to know that: so they are for
requests from within the pod, unless the installation opens them.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread

log = logging.getLogger(__name__)
LOOP_TIMEOUT = 2.0
PUBLIC_PATH = "/healthz"


def is_allowed(path: str, client: str) -> bool:
    """Tell whether a client at this address may read a path that is not open to all."""
    return path == PUBLIC_PATH or ip_address(client).is_loopback


class HealthServer:
    """Serves the text that `respond` returns for a path. Port 0 takes a free one; see `port`.

    `is_open` lets clients from elsewhere read more than the health.
    """

    def __init__(
        self,
        host: str,
        port: int,
        respond: Callable[[str], str | None],
        *,
        is_open: bool = False,
    ) -> None:
        loop = asyncio.get_running_loop()

        async def respond_on_loop(path: str) -> str | None:
            return respond(path)

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if not is_open and not is_allowed(path, self.client_address[0]):
                    self.send_text(HTTPStatus.FORBIDDEN, "metrics are served within the pod only\n")
                    return
                response = asyncio.run_coroutine_threadsafe(respond_on_loop(path), loop)
                try:
                    text = response.result(LOOP_TIMEOUT)
                except TimeoutError:
                    self.send_text(
                        HTTPStatus.SERVICE_UNAVAILABLE, "the event loop does not respond\n"
                    )
                    return
                status = HTTPStatus.NOT_FOUND if text is None else HTTPStatus.OK
                self.send_text(status, text or "not found\n")

            def send_text(self, status: HTTPStatus, text: str) -> None:
                content = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                log.debug(format, *args)

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    @property
    def port(self) -> int:
        """Return the port that is listened on."""
        return self._server.server_port

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
