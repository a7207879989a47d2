"""`/healthz` and `/metrics` of a checker, on a thread of the standard library's server.

Every answer is made by the event loop itself, so an answer proves that the loop runs. The figures
name what is checked, and who can reach a pod need not be allowed to know that: so they are for
those who ask from within the pod, unless the installation opens them.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread

log = logging.getLogger(__name__)
PATIENCE = 2.0
FOR_ALL = "/healthz"


def may_read(path: str, asker: str) -> bool:
    """Whether one at this address may read a page that is not open to all."""
    return path == FOR_ALL or ip_address(asker).is_loopback


class HealthServer:
    """Serves what `pages` makes: a text by path. Port 0 takes a free one, told by `port`.

    `is_open`: those who ask from elsewhere are told more than whether the process is well.
    """

    def __init__(
        self,
        host: str,
        port: int,
        pages: Callable[[str], str | None],
        *,
        is_open: bool = False,
    ) -> None:
        loop = asyncio.get_running_loop()

        async def page(path: str) -> str | None:
            return pages(path)

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if not is_open and not may_read(path, self.client_address[0]):
                    self.answer(HTTPStatus.FORBIDDEN, "figures are for those within the pod\n")
                    return
                asked = asyncio.run_coroutine_threadsafe(page(path), loop)
                try:
                    found = asked.result(PATIENCE)
                except TimeoutError:
                    self.answer(HTTPStatus.SERVICE_UNAVAILABLE, "the checker's loop hangs\n")
                    return
                status = HTTPStatus.NOT_FOUND if found is None else HTTPStatus.OK
                self.answer(status, found or "not found\n")

            def answer(self, status: HTTPStatus, text: str) -> None:
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
        Thread(target=self._server.serve_forever, name="status", daemon=True).start()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._server.server_port

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
