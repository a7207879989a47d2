"""Which addresses may be dialled."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.probe.address_policy import Address, AddressPolicy, wrapped

CLUSTER = AddressPolicy()
HERE = AddressPolicy(allow_loopback=True)
STRICT = AddressPolicy(allow_private=False)
DENYING = AddressPolicy(denied=(ip_network("128.0.0.0/2"), ip_network("2600::/12")))
EVERYTHING = AddressPolicy(
    allow_loopback=True,
    allow_private=True,
    listed=(ip_network("0.0.0.0/0"), ip_network("::/0")),
)
NEVER = (
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
)


def embedded(inner: IPv4Address) -> list[IPv6Address]:
    """Return every IPv6 form that holds an IPv4 address."""
    number = int(inner)
    return [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
        IPv6Address(0x20010000 << 96 | 0x08080808 << 64 | (number ^ 0xFFFF_FFFF)),
    ]


@pytest.mark.parametrize("text", NEVER)
def test_some_addresses_are_refused_whatever_the_policy_says(text: str) -> None:
    assert EVERYTHING.refuses(ip_address(text))


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_for_one_machine_only(text: str) -> None:
    address = ip_address(text)
    assert (HERE.refuses(address), "loopback" in CLUSTER.refuses(address)) == ("", True)


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd12::1", "198.18.0.1"]
)
def test_private_addresses_can_be_taken_back(text: str) -> None:
    address = ip_address(text)
    assert (CLUSTER.refuses(address), "private" in STRICT.refuses(address)) == ("", True)


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "172.32.0.1", "64:ff9b::808:808"])
def test_public_addresses_may_be_dialled(text: str) -> None:
    assert STRICT.refuses(ip_address(text)) == ""


@pytest.mark.parametrize("text", ["4000::1", "100::1", "64:ff9b:1::1"])
def test_ipv6_that_is_not_in_use_is_reserved_unless_it_is_listed(text: str) -> None:
    address = ip_address(text)
    listing = AddressPolicy(listed=(ip_network("::/0"),))
    assert ("reserved" in CLUSTER.refuses(address), listing.refuses(address)) == (True, "")


def test_a_listed_network_is_allowed_though_private_ones_are_not() -> None:
    policy = AddressPolicy(allow_private=False, listed=(ip_network("10.1.0.0/16"),))
    assert policy.refuses(ip_address("10.1.2.3")) == ""
    assert policy.refuses(ip_address("10.2.2.3")) == "10.2.2.3 is a private address"


def test_a_denied_network_is_refused_in_every_form_and_named() -> None:
    policy = AddressPolicy(denied=(ip_network("203.0.113.0/24"), ip_network("2001:db8::/32")))
    why = "in 203.0.113.0/24, which this installation denies"
    for address in (ip_address("203.0.113.5"), *embedded(IPv4Address("203.0.113.5"))):
        assert policy.refuses(address) == f"{address} is {why}"
    assert "2001:db8::/32" in policy.refuses(ip_address("2001:db8::1"))
    assert policy.refuses(ip_address("203.0.114.5")) == ""


def test_what_is_denied_is_refused_though_it_is_listed_or_loopback() -> None:
    networks = (ip_network("10.1.0.0/16"), ip_network("127.0.0.0/8"))
    policy = AddressPolicy(allow_loopback=True, listed=networks, denied=networks)
    assert "denies" in policy.refuses(ip_address("10.1.2.3"))
    assert "denies" in policy.refuses(ip_address("127.0.0.1"))


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_in_ipv6_never_makes_it_allowed(inner: IPv4Address) -> None:
    for policy in (CLUSTER, HERE, STRICT, DENYING):
        for outer in embedded(inner):
            assert bool(policy.refuses(outer)) == bool(policy.refuses(inner)), outer


@given(st.ip_addresses())
def test_no_address_that_is_not_public_passes_the_strict_policy(address: Address) -> None:
    """Held against the standard library's own opinion."""
    forms = (address, *wrapped(address))
    if any(
        form.is_link_local or form.is_loopback or form.is_multicast or form.is_unspecified
        for form in forms
    ):
        assert STRICT.refuses(address)


@given(st.ip_addresses())
def test_a_stricter_policy_refuses_whatever_a_looser_one_does(address: Address) -> None:
    assert bool(CLUSTER.refuses(address)) >= bool(HERE.refuses(address))
    assert bool(DENYING.refuses(address)) >= bool(CLUSTER.refuses(address))
    assert bool(STRICT.refuses(address)) >= bool(CLUSTER.refuses(address))
    assert bool(HERE.refuses(address)) >= bool(EVERYTHING.refuses(address))
