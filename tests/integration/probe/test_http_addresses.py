"""Test which addresses a manifest cannot make the checker connect to, however it is written."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from allswell.domain import state
from allswell.probe import AddressPolicy, Prober
from allswell.probe.address_policy import Address
from tests.integration.probe.targets import HERE, Site, check, names, redirect, serving

pytestmark = pytest.mark.asyncio

CLUSTER = AddressPolicy()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::127.0.0.1]",
        "0.0.0.0",
        "0",
        "[::]",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[fe80::1%25lo]",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
async def test_no_spelling_of_a_refused_address_is_dialled(host: str) -> None:
    """Check that spellings which the resolver does not know are refused, too."""
    site = Site()
    async with serving(site) as port:
        found = await check(f"http://{host}:{port}/", prober=Prober(CLUSTER))
    assert found.reason in (state.ADDRESS_REFUSED, state.DNS_FAILED)
    assert (found.address, found.phases.connect, site.asked) == ("", None, [])


async def test_of_a_mixed_answer_only_what_is_allowed_is_dialled() -> None:
    site = Site()
    policy = AddressPolicy(listed=())
    async with serving(site) as port:
        table = names({"a.example": ["127.0.0.1", "169.254.169.254", "::1"]})
        refused = await check(f"http://a.example:{port}/", prober=Prober(policy, resolve=table))
        allowed = await check(f"http://a.example:{port}/", prober=Prober(HERE, resolve=table))
    assert (refused.reason, allowed.reason) == (state.ADDRESS_REFUSED, state.OK)
    assert "127.0.0.1 is a loopback address" in refused.detail
    assert (allowed.address, len(site.asked)) == ("127.0.0.1", 1)


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "//0.0.0.0/"],
)
async def test_a_redirect_to_a_refused_address_is_not_followed(location: str) -> None:
    async with serving(Site({"/": redirect(location)})) as port:
        found = await check(f"http://127.0.0.1:{port}/")
    assert (found.reason, found.address) == (state.ADDRESS_REFUSED, "")


async def test_a_name_that_changes_its_address_between_hops_is_judged_again() -> None:
    answers = iter(["127.0.0.1", "169.254.169.254"])

    async def rebinding(_: str) -> Sequence[Address]:
        return [ip_address(next(answers))]

    site = Site({"/": redirect("/next")})
    async with serving(site) as port:
        found = await check(f"http://a.example:{port}/", prober=Prober(HERE, resolve=rebinding))
    assert (found.reason, site.asked) == (state.ADDRESS_REFUSED, ["GET /"])


@pytest.mark.parametrize("location", ["//127.0.0.2/", "//[::ffff:127.0.0.2]/", "//b.example/"])
async def test_a_denied_network_is_out_of_reach_after_a_redirect_too(location: str) -> None:
    policy = AddressPolicy(allow_loopback=True, denied=(ip_network("127.0.0.2/31"),))
    table = names({"b.example": ["127.0.0.2"]})
    forbidden = Site()
    async with serving(forbidden, host="127.0.0.2") as inner:
        near = location.removesuffix("/") + f":{inner}/"
        async with serving(Site({"/": redirect(near)})) as port:
            prober = Prober(policy, resolve=table)
            found = await check(f"http://127.0.0.1:{port}/", prober=prober)
    assert (found.reason, forbidden.asked) == (state.ADDRESS_REFUSED, [])
    assert "in 127.0.0.2/31, which this installation denies" in found.detail


async def test_one_connection_asks_for_the_address_once() -> None:
    """Check that the name is not looked up again after it was judged, so it cannot be rebound."""
    asked: list[str] = []

    async def counting(host: str) -> Sequence[Address]:
        asked.append(host)
        return [ip_address("127.0.0.1")]

    site = Site({"/": redirect("/next")})
    async with serving(site) as port:
        await check(f"http://a.example:{port}/", prober=Prober(HERE, resolve=counting))
    assert asked == ["a.example", "a.example"]
    assert site.header("host") == f"a.example:{port}"


async def test_an_international_name_is_looked_up_in_its_ascii_form() -> None:
    site = Site()
    async with serving(site) as port:
        prober = Prober(HERE, resolve=names({"xn--bcher-kva.example": ["127.0.0.1"]}))
        found = await check(f"http://Bücher.example:{port}/ü?q=é", prober=prober)
    assert (found.reason, site.asked) == (state.OK, ["GET /%C3%BC?q=%C3%A9"])
