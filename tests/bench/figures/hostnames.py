"""Measure how soon customers' host names serve, on a node, with cert-manager and an ACME server.

The ingress controller is a stand-in (`tests/cluster/ingress.py`), and the names' DNS is a test's.
"""

import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.bench import labs
from tests.bench.figure import figure
from tests.cluster import certificate_authority, hostnames, ingress, installation
from tests.cluster.cluster_access import wait_until
from tests.cluster.hostnames import CUSTOMERS, Page
from tests.cluster.installation import Installation
from tests.cluster.lab import machine
from tests.cluster.lab.acme import Authority

MANY = 30
# A page may list twenty names, and a namespace twenty that are not proved.
PAGES = 2
SWAPS = 2
Setup = tuple[Installation, Authority]


@contextmanager
def installed(issuer: str) -> Iterator[Setup]:
    """Install the product with customers' host names, on a node of the bench's own."""
    with labs.cluster(machine.NODE) as cluster:
        assert cluster.lab is not None
        with ingress.running(cluster, cluster.lab):
            authority = certificate_authority.start(cluster)
            values = installation.merge(installation.QUICK, hostnames.values(authority))
            values = installation.merge(values, {"hostnames": {"issuerRef": {"name": issuer}}})
            with installation.installed(cluster, "allswell", values) as release:
                yield release, authority


def page(setup: Setup, number: int) -> Page:
    """Return a page in a namespace of its own."""
    release, _ = setup
    name = f"tenant-{number}"
    release.cluster.kubectl("create", "namespace", name)
    return Page(release.cluster, name, "status")


def served(setup: Setup, listed: dict[str, Page]) -> dict[str, float]:
    """Set a CNAME for each name; seconds until each shows its page by HTTPS."""
    _, authority = setup
    targets = {host: status_page.target() for host, status_page in listed.items()}
    begun, left, took = time.monotonic(), dict(listed), {}
    for host, target in targets.items():
        hostnames.cname(authority, host, target)

    def look() -> bool:
        with ThreadPoolExecutor(8) as threads:
            seen = threads.map(lambda host: hostnames.visit(authority, host)[1], list(left))
            for host, text in zip(list(left), seen, strict=True):
                if left[host].title in text:
                    took[host] = time.monotonic() - begun
                    del left[host]
        return not left

    wait_until(look, what=f"{len(listed)} names serve", limit=300)
    return took


@figure(name="hostname_to_https_s", unit="s", limit=120)
@figure(name="hostnames_30_to_https_s", unit="s", limit=240, needs=("node", "helm"))
def names() -> Iterator[tuple[str, float]]:
    """Measure from CNAME to HTTPS with a certificate: one name, then the slowest of thirty."""
    with installed(certificate_authority.ISSUER) as setup:
        one = page(setup, 0)
        one.lists(f"first.{CUSTOMERS}")
        (took,) = served(setup, {f"first.{CUSTOMERS}": one}).values()
        yield "hostname_to_https_s", took
        orders = setup[1].orders()
        listed: dict[str, Page] = {}
        for number in range(1, PAGES + 1):
            status_page = page(setup, number)
            own = [f"s{each}-{number}.{CUSTOMERS}" for each in range(MANY // PAGES)]
            status_page.lists(*own, f"never-{number}.{CUSTOMERS}")
            listed |= dict.fromkeys(own, status_page)
        yield "hostnames_30_to_https_s", max(served(setup, listed).values())
        never = [f"never-{number}.{CUSTOMERS}" for number in range(1, PAGES + 1)]
        objects = [kind for host in never for kind in hostnames.children(setup[0], host)]
        asked = setup[1].orders() - orders
        print(
            f"  orders at the authority: {asked}; of names without a record: {objects}", flush=True
        )


@figure(name="hostname_renewal_failures", unit="count", limit=0, needs=("node", "helm"))
def renewals() -> Iterator[tuple[str, float]]:
    """Count the requests that fail while a certificate of minutes is renewed twice."""
    with installed(certificate_authority.SHORT_ISSUER) as setup:
        host, status_page = f"short.{CUSTOMERS}", page(setup, 0)
        status_page.lists(host)
        served(setup, {host: status_page})
        seen, asked, failed = set[str](), 0, 0
        root = setup[1].root()
        while len(seen) <= SWAPS:
            status, text = hostnames.visit(setup[1], host, root=root)
            asked += 1
            if status != 200 or status_page.title not in text:
                failed += 1
                print(f"  {status} {text[:100]}", flush=True)
            if asked % 10 == 1:
                seen.add(serial(setup, host))
            time.sleep(0.1)
        print(f"  {asked} requests over {SWAPS} renewals", flush=True)
        yield "hostname_renewal_failures", failed


def serial(setup: Setup, host: str) -> str:
    """Return the certificate that a host shows, as PEM."""
    anything = ssl.create_default_context()
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
    address = setup[1].lab.node_address
    with (
        socket.create_connection((address, 443), 5) as raw,
        anything.wrap_socket(raw, server_hostname=host) as spoken,
    ):
        return ssl.DER_cert_to_PEM_cert(spoken.getpeercert(binary_form=True) or b"")
