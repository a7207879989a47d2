"""Run a minimal ingress controller: nginx, configured from the real Ingresses and Secrets.

None of the known controllers could be had as a Go module or a Debian package, so this is what plays
their part in the tests. It does what the Ingress kind says and no more: it merges rules by host,
knows the path types Exact and Prefix, and takes the certificate of a host from the Secret that an
Ingress names. It knows no annotation. It listens at the node's own address on ports 80 and 443,
among the node's processes, from where Services are reached.
"""

import subprocess
import threading
from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from tests import needs, nginx
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.lab.lifecycle import Lab
from tests.cluster.lab.processes import Daemon

CLASS = "lab"
EVERY = 0.5

_HEAD = """\
  access_log {folder}/access.log;
  server_names_hash_bucket_size 512;
  server_names_hash_max_size 4096;
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-For $remote_addr;
  server {{ listen {address}:80 default_server; return 404; }}
  server {{ listen {address}:443 ssl default_server; ssl_reject_handshake on; }}
"""


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """One path of a host, and the address that it leads to."""

    path: str
    exact: bool
    backend: str


@dataclass(slots=True)
class Host:
    """All that the Ingresses together say of one host; `secret` is a namespace and a name."""

    routes: set[Route] = field(default_factory=set)
    secret: tuple[str, str] | None = None


def merge(ingresses: Sequence[Any], services: Mapping[tuple[str, str], Any]) -> dict[str, Host]:
    """Return what the Ingresses say, by host; a path to a Service that is not there is left out."""
    hosts: dict[str, Host] = {}
    for ingress in ingresses:
        namespace = ingress.metadata.namespace
        for rule in ingress.spec.rules or ():
            host = hosts.setdefault(rule.host or "", Host())
            for path in rule.http.paths:
                backend = path.backend.service
                if (service := services.get((namespace, backend.name))) is not None:
                    place = f"{service.spec.cluster_ip}:{_port(service, backend.port)}"
                    host.routes.add(Route(path.path or "/", path.path_type == "Exact", place))
        for entry in ingress.spec.tls or ():
            for name in entry.hosts or ():
                hosts.setdefault(name, Host()).secret = (namespace, entry.secret_name)
    return hosts


def _port(service: Any, wanted: Any) -> int:  # noqa: ANN401 - the client has no types
    named = {port.name: port.port for port in service.spec.ports}
    return int(wanted.number or named[wanted.name])


def text(hosts: Mapping[str, Host], folder: Path, address: str, certified: Collection[str]) -> str:
    """Return the configuration; a host answers by TLS if its certificate is there."""
    parts = [_HEAD.format(folder=folder, address=address)]
    for name, host in sorted(hosts.items()):
        routes = "".join(_location(route) for route in sorted(host.routes))
        parts.append(f"  server {{ listen {address}:80; server_name {name};\n{routes}  }}\n")
        if name in certified:
            keys = f"ssl_certificate {folder}/{name}.crt; ssl_certificate_key {folder}/{name}.key;"
            head = f"listen {address}:443 ssl; server_name {name}; {keys}"
            parts.append(f"  server {{ {head}\n{routes}  }}\n")
    return nginx.configuration(folder, "".join(parts))


def _location(route: Route) -> str:
    equals = "= " if route.exact else ""
    return f'    location {equals}"{route.path}" {{ proxy_pass http://{route.backend}; }}\n'


class Controller:
    """Keeps nginx in step with the cluster, by looking twice a second."""

    def __init__(self, cluster: Cluster, lab: Lab) -> None:
        self._core = cluster.core
        self._network = client.NetworkingV1Api(cluster.api)
        self._lab = lab
        self.folder = lab.paths.data / "ingress"
        self._written = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingress", daemon=True)
        self.troubles: list[str] = []

    def start(self) -> None:
        """Start nginx, and follow the cluster from now on."""
        program = needs.nginx()
        assert program is not None, "nginx is needed: sudo apt-get install nginx"
        (self.folder / "temp").mkdir(parents=True, exist_ok=True)
        self._command = [str(program), "-c", str(self.folder / "nginx.conf")]
        self._daemon.stop()
        self._write()
        self._daemon.define(self._command, enter=self._lab.inside())
        self._daemon.start()
        wait_until((self.folder / "pid").exists, what=f"nginx runs ({self._daemon.log})")
        self._thread.start()

    def stop(self) -> None:
        """Stop it."""
        self._stop.set()
        self._thread.join(10)
        self._daemon.stop(grace=3)

    @property
    def _daemon(self) -> Daemon:
        return self._lab.daemon("ingress")

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                if self._write():
                    again = [*self._lab.inside(), *self._command, "-s", "reload"]
                    subprocess.run(again, check=True, capture_output=True, timeout=10)
            except (ApiException, OSError, HTTPError, subprocess.SubprocessError) as problem:
                self.troubles.append(str(problem))

    def _write(self) -> bool:
        """Write the configuration and the certificates; whether something has changed."""
        objects: list[Any] = self._network.list_ingress_for_all_namespaces().items
        ours = [ingress for ingress in objects if ingress.spec.ingress_class_name in (CLASS, None)]
        known: list[Any] = self._core.list_service_for_all_namespaces().items
        services = {(each.metadata.namespace, each.metadata.name): each for each in known}
        hosts = merge(ours, services)
        keys = {name: pair for name, host in hosts.items() if (pair := self._pair(host.secret))}
        written = text(hosts, self.folder, self._lab.node_address, keys)
        seen = written + repr(sorted(keys.items()))
        if seen == self._written:
            return False
        for name, (certificate, key) in keys.items():
            (self.folder / f"{name}.crt").write_bytes(certificate)
            (self.folder / f"{name}.key").write_bytes(key)
        (self.folder / "nginx.conf").write_text(written)
        self._written = seen
        return True

    def _pair(self, secret: tuple[str, str] | None) -> tuple[bytes, bytes] | None:
        if secret is None:
            return None
        try:
            objects = self._core.read_namespaced_secret(secret[1], secret[0]).data or {}
        except ApiException:
            return None
        pair = objects.get("tls.crt"), objects.get("tls.key")
        return (b64decode(pair[0]), b64decode(pair[1])) if pair[0] and pair[1] else None


@contextmanager
def running(cluster: Cluster, lab: Lab) -> Iterator[Controller]:
    """Yield an ingress controller until the end."""
    controller = Controller(cluster, lab)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()
