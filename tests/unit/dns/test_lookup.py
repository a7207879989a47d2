"""What the DNS says of a host name, asked of a real name server on loopback."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from allswell.dns.lookup import MAX_HOPS, Resolver, look_up
from allswell.domain.preflight import ExpectedProof, ResolverAnswer
from tests import dnsserver
from tests.dnsserver import Zone

pytestmark = pytest.mark.asyncio

HOST, TARGET = "status.acme.com", "acme-abc.pages.io"
EXPECTED = ExpectedProof(HOST, TARGET, "allswell=token")


@pytest.fixture
def zone() -> Iterator[Zone]:
    with dnsserver.serving() as served:
        served.add(TARGET, "A", "192.0.2.1")
        yield served


async def seen(
    zone: Zone, expected: ExpectedProof = EXPECTED, seconds: float = 0.5
) -> ResolverAnswer:
    (answer,) = await look_up(expected, [Resolver("127.0.0.1", zone.port, seconds)])
    return answer


async def test_a_cname_to_the_target_is_seen(zone: Zone) -> None:
    zone.add(HOST, "CNAME", f"{TARGET}.")
    answer = await seen(zone)
    assert (answer.reached, answer.token, answer.cname, answer.issuers) == (
        True,
        False,
        TARGET,
        None,
    )


async def test_a_chain_is_followed_to_the_target_and_not_beyond(zone: Zone) -> None:
    zone.add(HOST, "CNAME", "edge.acme.com.")
    zone.add("edge.acme.com", "CNAME", f"{TARGET.upper()}.")
    zone.add(TARGET, "CNAME", "elsewhere.io.")
    assert (await seen(zone)).reached
    assert (TARGET, "CNAME") not in zone.asked


async def test_a_cname_to_something_else_is_told(zone: Zone) -> None:
    zone.add(HOST, "CNAME", "other.example.net.")
    answer = await seen(zone)
    assert (answer.reached, answer.cname) == (False, "other.example.net")


async def test_an_address_proves_nothing(zone: Zone) -> None:
    zone.add(HOST, "A", "192.0.2.1")
    assert (await seen(zone)).proof is None


async def test_a_txt_with_the_token_is_seen_also_behind_a_cname(zone: Zone) -> None:
    zone.add(f"_allswell.{HOST}", "TXT", '"other"', '"allswell=" "token"')
    assert (await seen(zone)).token
    zone.records.clear()
    zone.add(f"_allswell.{HOST}", "CNAME", "proofs.acme.com.")
    zone.add("proofs.acme.com", "TXT", '"allswell=token"')
    assert (await seen(zone)).token


@pytest.mark.parametrize("text", ["allswell=toke", "allswell=token2", "ALLSWELL=TOKEN", ""])
async def test_another_token_is_not(zone: Zone, text: str) -> None:
    zone.add(f"_allswell.{HOST}", "TXT", f'"{text}"')
    assert not (await seen(zone)).token


async def test_a_name_that_does_not_exist_is_no_failure(zone: Zone) -> None:
    assert await seen(zone) == ResolverAnswer(f"127.0.0.1:{zone.port}")


async def test_a_loop_ends(zone: Zone) -> None:
    zone.add(HOST, "CNAME", "a.acme.com.")
    zone.add("a.acme.com", "CNAME", f"{HOST}.")
    assert not (await seen(zone)).reached


async def test_a_long_chain_ends(zone: Zone) -> None:
    names = [HOST, *(f"n{number}.acme.com" for number in range(30))]
    for name, following in pairwise(names):
        zone.add(name, "CNAME", f"{following}.")
    assert not (await seen(zone)).reached
    assert sum(kind == "CNAME" for _, kind in zone.asked) == MAX_HOPS


async def test_what_is_cut_off_is_asked_by_tcp(zone: Zone) -> None:
    zone.cut = True
    zone.add(HOST, "CNAME", f"{TARGET}.")
    assert (await seen(zone)).reached


async def test_a_huge_answer_is_taken_in_part(zone: Zone) -> None:
    texts = [f'"{number:0240d}"' for number in range(200)]
    zone.add(f"_allswell.{HOST}", "TXT", *texts, '"allswell=token"')
    zone.cut = True
    assert (await seen(zone)).token


async def test_servers_that_fail_are_told(zone: Zone) -> None:
    zone.broken[HOST] = "SERVFAIL"
    answer = await seen(zone)
    assert (answer.proof, answer.failed, answer.silent) == (None, "SERVFAIL", False)


async def test_a_cname_counts_where_nothing_is_said_of_a_txt(zone: Zone) -> None:
    zone.add(HOST, "CNAME", f"{TARGET}.")
    zone.silent.add(f"_allswell.{HOST}")
    assert (await seen(zone)).reached


async def test_a_txt_counts_where_the_host_itself_fails(zone: Zone) -> None:
    zone.broken[HOST] = "SERVFAIL"
    zone.add(f"_allswell.{HOST}", "TXT", '"allswell=token"')
    assert (await seen(zone)).token


async def test_a_resolver_that_says_nothing_is_silent_at_the_deadline(zone: Zone) -> None:
    zone.silent |= {f"_allswell.{HOST}", HOST, TARGET}
    assert (await seen(zone, seconds=0.2)).silent


async def test_a_resolver_that_is_not_there_is_silent() -> None:
    (answer,) = await look_up(EXPECTED, [Resolver("127.0.0.1", 1, 0.2)])
    assert answer.silent


async def test_all_resolvers_are_asked_at_once(zone: Zone) -> None:
    zone.add(HOST, "CNAME", f"{TARGET}.")
    with dnsserver.serving() as other:
        answer = await look_up(
            EXPECTED, [Resolver("127.0.0.1", each.port, 0.5) for each in (zone, other)]
        )
    assert [each.reached for each in answer] == [True, False]


@pytest.mark.parametrize(
    ("records", "issuers"),
    [
        (['0 issue "letsencrypt.org"'], ("letsencrypt.org",)),
        (['0 issue "letsencrypt.org; accounturi=x"', '0 issue "pki.goog"'],
         ("letsencrypt.org", "pki.goog")),
        (['0 issue ";"'], ()),
        (['0 iodef "mailto:a@acme.com"'], None),
        (['0 issuewild "digicert.com"'], None),
        (['128 unknown "x"', '0 issue "letsencrypt.org"'], ()),
    ],
)  # fmt: skip
async def test_the_closest_caa_records_say_who_may_certify(
    zone: Zone, records: list[str], issuers: tuple[str, ...] | None
) -> None:
    zone.add(HOST, "CNAME", f"{TARGET}.")
    zone.add("acme.com", "CAA", *records)
    zone.add("com", "CAA", '0 issue "nobody.example"')
    answer = await seen(zone)
    assert (answer.issuers, answer.caa_at) == (issuers, "acme.com")


async def test_servers_that_say_nothing_are_to_blame_where_the_resolver_answers(
    zone: Zone,
) -> None:
    zone.silent |= {f"_allswell.{HOST}", HOST}
    answer = await seen(zone, seconds=0.4)
    assert (answer.silent, answer.failed) == (False, "no answer")


async def test_a_resolver_that_has_no_answer_for_our_own_name_tells_of_no_other(
    zone: Zone,
) -> None:
    zone.broken |= {HOST: "SERVFAIL", TARGET: "SERVFAIL"}
    assert await seen(zone) == ResolverAnswer(f"127.0.0.1:{zone.port}", silent=True)


async def test_a_name_too_long_for_a_txt_is_proved_by_its_cname(zone: Zone) -> None:
    host = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 58, "io"])
    zone.add(host, "CNAME", f"{TARGET}.")
    expected = ExpectedProof(host, TARGET, "allswell=token")
    assert (await seen(zone, expected)).reached
    assert "TXT" not in expected.advice
