"""Connect by TLS to a server that may be about to start or to end."""

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator


@contextlib.contextmanager
def connected(
    trusting: ssl.SSLContext, place: tuple[str, int], name: str
) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection to an address and a port, with a name as SNI; raise OSError.

    The socket is wrapped before it connects: Python 3.11 leaves one open that is wrapped afterwards
    when the other end has reset the connection meanwhile.
    """
    with trusting.wrap_socket(socket.socket(), server_hostname=name) as line:
        line.settimeout(5)
        line.connect(place)
        asked = http.client.HTTPConnection(name)
        asked.sock = line
        with contextlib.closing(asked):
            yield asked
