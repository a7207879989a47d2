"""Customers' own host names, from a record in the DNS to a page with its own certificate.

cert-manager, the ACME server and its DNS are real; the ingress controller is a stand-in, nginx made
from the real Ingresses and Secrets.
"""

import time
import uuid
from collections.abc import Iterator

import pytest
import trustme
from kubernetes import client

from tests.cluster import hostnames
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.hostnames import CUSTOMERS, DOMAIN, Page
from tests.cluster.installation import Installation
from tests.cluster.lab.acme import Authority

pytestmark = [pytest.mark.node, pytest.mark.timeout(300), pytest.mark.usefixtures("release")]


def named() -> str:
    """Return a host name that no other test has."""
    return f"status-{uuid.uuid4().hex[:8]}.{CUSTOMERS}"


@pytest.fixture
def acme(cluster: Cluster, namespace: str) -> Page:
    """Return a page of one tenant."""
    return Page(cluster, namespace, "acme")


@pytest.fixture
def other(cluster: Cluster, namespace: str) -> Iterator[Page]:
    """Yield a page of another tenant."""
    name = f"{namespace}-other"
    cluster.core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    yield Page(cluster, name, "acme")
    cluster.core.delete_namespace(name, body=client.V1DeleteOptions(grace_period_seconds=0))


@pytest.fixture(scope="module")
def wildcard(release: Installation) -> str:
    """Return the root of the certificate for all hosts of pages."""
    root = trustme.CA()
    made = root.issue_cert(f"*.{DOMAIN}")
    chain = b"".join(blob.bytes() for blob in made.cert_chain_pems).decode()
    data = {"tls.crt": chain, "tls.key": made.private_key_pem.bytes().decode()}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": hostnames.WILDCARD},
        "type": "kubernetes.io/tls",
        "stringData": data,
    }
    release.cluster.apply(secret, namespace=release.namespace)
    return root.cert_pem.bytes().decode()


def served(authority: Authority, page: Page, host: str, limit: float = 120) -> float:
    """Wait until a host shows a page by HTTPS; how long that took in seconds."""
    begun = time.monotonic()
    wait_until(
        lambda: page.title in hostnames.visit(authority, host)[1],
        what=f"{host} shows the page: {page.said(host)}",
        limit=limit,
    )
    return time.monotonic() - begun


def test_a_cname_is_all_that_a_customer_sets(
    acme: Page, authority: Authority, release: Installation
) -> None:
    host, before = named(), authority.orders()
    acme.lists(host)
    wait_until(
        lambda: acme.said(host).get("DomainVerified") == ("False", "RecordMissing"),
        what="the customer is told which record is missing",
    )
    (entry,) = acme.read()["hostnames"]
    message = next(c["message"] for c in entry["conditions"] if c["type"] == "DomainVerified")
    assert f"set {host} CNAME {acme.target()}" in message
    assert hostnames.children(release, host) == []
    assert authority.orders() == before
    hostnames.cname(authority, host, acme.target())
    print(f"hostname_to_https_s {served(authority, acme, host):.1f}")
    # cert-manager may order one certificate twice, where its own caches lag behind.
    assert authority.orders() > before
    wait_until(lambda: acme.read()["readyHostnames"] == "1/1", what="the status says so")
    wait_until(
        lambda: acme.read().get("url") == f"https://{host}/", what="the status has the address"
    )
    assert acme.said(host) == {
        "DomainVerified": ("True", "Verified"),
        "CertificateReady": ("True", "Issued"),
    }
    assert hostnames.plain(authority, host, "/history") == (308, f"https://{host}/history")
    told = {"RecordMissing", "Verified", "Issued"}
    wait_until(lambda: told <= set(acme.events()), what=f"the events tell it: {told}")


def test_a_name_that_goes_takes_everything_with_it(
    acme: Page, authority: Authority, release: Installation
) -> None:
    host = named()
    acme.lists(host)
    hostnames.cname(authority, host, acme.target())
    served(authority, acme, host)
    assert hostnames.children(release, host) == ["Certificate", "Ingress", "Secret"]
    release.scale("deployment/allswell-operator", 0)
    try:
        acme.cluster.kubectl("delete", "statuspage", acme.name, "-n", acme.namespace)
    finally:
        release.scale("deployment/allswell-operator", 1)
    wait_until(
        lambda: hostnames.children(release, host) == [], what="nothing of it is left", limit=90
    )
    wait_until(lambda: hostnames.visit(authority, host)[0] == 0, what="nobody answers for it")


def test_a_record_that_goes_is_forgiven_for_a_while(
    acme: Page, authority: Authority, release: Installation
) -> None:
    host = named()
    acme.lists(host)
    hostnames.cname(authority, host, acme.target())
    served(authority, acme, host)
    hostnames.uncname(authority, host)
    wait_until(
        lambda: acme.said(host).get("DomainVerified") == ("False", "DNSLost"),
        what="it is told that the record is gone",
    )
    assert acme.title in hostnames.visit(authority, host)[1]
    wait_until(lambda: hostnames.children(release, host) == [], what="its route goes", limit=200)
    hostnames.cname(authority, host, acme.target())
    served(authority, acme, host)


def test_nobody_has_a_name_that_is_not_theirs(
    acme: Page, other: Page, authority: Authority
) -> None:
    host = named()
    other.lists(host)
    acme.lists(host)
    hostnames.cname(authority, host, acme.target())
    served(authority, acme, host)
    wait_until(
        lambda: other.said(host).get("DomainVerified") == ("False", "WrongTarget"),
        what="the other is told that the record leads elsewhere",
        limit=60,
    )
    proof = other.token(host)
    record = {"host": f"{proof['name']}.", "value": proof["value"]}
    authority.record("set-txt", record)
    wait_until(
        lambda: other.said(host)["DomainVerified"] == ("False", "Taken"),
        what="the other is told that it is taken",
        limit=60,
    )
    assert acme.title in hostnames.visit(authority, host)[1]
    hostnames.uncname(authority, host)
    served(authority, other, host)


def test_every_page_is_at_its_own_address_at_once(
    acme: Page, authority: Authority, wildcard: str
) -> None:
    acme.lists()
    host = acme.target()

    def shows(name: str, said: str = "") -> tuple[int, str]:
        return hostnames.visit(authority, name, said=said, root=wildcard)

    wait_until(lambda: acme.title in shows(host)[1], what="its own address shows it", limit=40)
    wait_until(
        lambda: acme.read().get("url") == f"https://{host}/", what="the status has the address"
    )
    unknown = shows(f"unknown.{DOMAIN}")
    assert unknown[0] == 404
    assert acme.title not in unknown[1]
    # The Host header decides, and only names that are somebody's are known.
    for said in (f"{host.upper()}.", f"{host}:443"):
        assert acme.title in shows(host, said)[1]
    for said in ("evil.example", f"a.{host}", f"xn--{host}"):
        assert acme.title not in shows(host, said)[1]


def test_many_names_come_at_once_and_a_broken_one_delays_none(
    acme: Page, authority: Authority, release: Installation
) -> None:
    good, broken = [named() for _ in range(5)], named()
    before = authority.orders()
    acme.lists(*good, broken)
    authority.record("set-servfail", {"host": f"{broken}."})
    for host in good:
        hostnames.cname(authority, host, acme.target())
    for host in good:
        served(authority, acme, host)
    wait_until(
        lambda: "DNSFailed" in acme.said(broken).get("DomainVerified", ()),
        what="the broken one is told",
    )
    assert authority.orders() >= before + len(good)
    assert hostnames.children(release, broken) == []
    assert broken not in authority.pebble.log.read_text()
    authority.record("clear-servfail", {"host": f"{broken}."})
    hostnames.cname(authority, broken, acme.target())
    served(authority, acme, broken)
