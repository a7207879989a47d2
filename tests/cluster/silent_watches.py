"""Proxy the API server with the watches of one kind silenced: open, and without events for ever."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.cluster.cluster_access import Cluster

PIECE = 65_536


class SilencingProxy(ThreadingHTTPServer):
    """Forwards everything but the events of one kind's watches."""

    daemon_threads = True

    def __init__(self, cluster: Cluster, plural: str) -> None:
        self._host = urlsplit(cluster.api.configuration.host)
        self._tls = ssl.create_default_context(cafile=cluster.api.configuration.ssl_ca_cert)
        self._plural = plural
        self.released = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Return its URL."""
        return f"http://127.0.0.1:{self.server_port}"

    def is_watch(self, path: str) -> bool:
        """Tell whether a path starts a watch."""
        return parse_qs(urlsplit(path).query).get("watch") == ["true"]

    def is_silenced(self, path: str) -> bool:
        """Tell whether a path starts one of the silenced watches."""
        return self.is_watch(path) and urlsplit(path).path.endswith(f"/{self._plural}")

    def connect(self) -> HTTPSConnection:
        """Connect to the API server."""
        return HTTPSConnection(self._host.hostname or "", self._host.port, context=self._tls)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SilencingProxy

    def _forward(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        with suppress(OSError, HTTPException), closing(self.server.connect()) as connect:
            connect.request(
                self.command, self.path, body, {**headers, "Accept-Encoding": "identity"}
            )
            answer = connect.getresponse()
            self.send_response_only(answer.status)
            for name in ("Content-Type", "Content-Length"):
                if value := answer.getheader(name):
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            if self.server.is_silenced(self.path):
                self.server.released.wait()
                return
            while piece := answer.read1(PIECE):
                self.wfile.write(piece)

    do_GET = do_POST = do_PATCH = do_DELETE = _forward  # noqa: N815 - their names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@contextmanager
def running(cluster: Cluster, plural: str, kubeconfig: Path) -> Iterator[SilencingProxy]:
    """Run such a proxy, and point a kubeconfig at it."""
    with SilencingProxy(cluster, plural) as connect:
        config = json.loads(kubeconfig.read_text())
        config["clusters"][0]["cluster"] = {"server": connect.url}
        kubeconfig.write_text(json.dumps(config))
        threading.Thread(target=connect.serve_forever, args=(0.1,), daemon=True).start()
        yield connect
        connect.released.set()
        connect.shutdown()
