"""Serve what the checkers of a test check: a real nginx on the machine's interface, with TLS.

Its access log is the truth that the product is held against: when each check came.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import trustme

from tests import needs, nginx
from tests.cluster.cluster_access import wait_until
from tests.cluster.operator_process import free_port

HOST = "target.example"
# Where no test has anything, and the installation lets nobody look.
DENIED = "198.51.100.0/24"
_SERVED = """\
  log_format moment '$msec $uri $status';
  access_log {folder}/access.log moment;
  server {{
    listen {address}:{port} ssl;
    ssl_certificate {folder}/chain.pem;
    ssl_certificate_key {folder}/key.pem;
    location / {{ return 200 "all is well\\n"; }}
    location /secret {{
      if ($http_authorization != "Bearer sesame") {{ return 401; }}
      return 200 "all is well\\n";
    }}
  }}
"""


@dataclass(slots=True)
class Target:
    """An nginx that may be stopped and started; `authority` is the PEM of who signed for it."""

    folder: Path
    address: str
    port: int
    authority: str
    process: "subprocess.Popen[bytes] | None" = None

    def url(self, path: str = "/") -> str:
        """Return the address of a path; pods find the host by the lab's names."""
        return f"https://{HOST}:{self.port}{path}"

    def start(self) -> datetime:
        """Start it; when it was ready."""
        program = needs.nginx()
        assert program is not None, "nginx is needed: sudo apt-get install nginx"
        (self.folder / "temp").mkdir(exist_ok=True)
        command = [str(program), "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_until((self.folder / "pid").exists, what=f"nginx runs ({self.folder}/error.log)")
        return datetime.now(UTC)

    def stop(self) -> datetime:
        """Stop it at once; when it was gone."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None
        return datetime.now(UTC)

    def checks(self, path: str) -> list[datetime]:
        """Return when each request for a path was answered."""
        log = self.folder / "access.log"
        rows = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [datetime.fromtimestamp(float(row[0]), UTC) for row in rows if row[1] == path]

    def longest_gap(self, path: str, since: datetime, to: datetime) -> timedelta:
        """Return the longest time without a request for a path between two moments."""
        moments = [since, *(at for at in self.checks(path) if since < at < to), to]
        return max(after - before for before, after in pairwise(moments))


@contextmanager
def serving(folder: Path, address: str) -> Iterator[Target]:
    """Yield a target that runs until the end."""
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for piece in certificate.cert_chain_pems:
        piece.write_to_path(folder / "chain.pem", append=True)
    target = Target(folder, address, free_port(), authority.cert_pem.bytes().decode())
    served = _SERVED.format(folder=folder, address=address, port=target.port)
    (folder / "nginx.conf").write_text(nginx.configuration(folder, served))
    target.start()
    try:
        yield target
    finally:
        target.stop()
