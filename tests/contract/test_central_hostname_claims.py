"""A host name has one owner, the first that proved it, on both databases."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from allswell.central import engine as engines
from allswell.central.hostname_claims import HostnameClaims
from allswell.domain.hostname_claim import HostnameClaimState, OrderBudget, Proof, ProofOutcome
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.page import StatusPage
from tests.central_database import DAY, HOUR, NOON, Central

HOST = "status.acme.com"
REST = timedelta(days=30)


@pytest.fixture
def claims(central: Central) -> HostnameClaims:
    return HostnameClaims(central.engine, REST, max_pending=3)


def put(central: Central, namespace: str, name: str = "main", *hosts: str) -> int:
    manifest = StatusPage(Meta(name, namespace), "Acme", hostnames=hosts or (HOST,))
    return central.writer.put_page(manifest, (), NOON, namespace_uid=f"uid-{namespace}")


def asked(central: Central, claims: HostnameClaims, namespace: str, name: str = "main") -> int:
    page = put(central, namespace, name)
    claims.request(page, [HOST], NOON)
    return page


def owner(claims: HostnameClaims) -> list[int]:
    return [holder.page_id for holder in claims.holders()]


@contextmanager
def written(central: Central) -> Iterator[list[str]]:
    """Yield the statements that are sent and do more than read, or wait for their turn to."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if not statement.startswith(("SELECT hostname_claim", "BEGIN", "SET", "COMMIT")):
            sent.append(statement)

    event.listen(central.engine, "before_cursor_execute", note)
    yield sent
    event.remove(central.engine, "before_cursor_execute", note)


def test_a_name_that_is_only_asked_for_belongs_to_nobody(
    central: Central, claims: HostnameClaims
) -> None:
    page = asked(central, claims, "acme")
    assert owner(claims) == []
    assert claims.of_page(page)[HOST].state is HostnameClaimState.PENDING
    assert central.reader.pages()[0].hostnames == ()


def test_who_proves_a_name_has_it_and_the_page_is_newer(
    central: Central, claims: HostnameClaims
) -> None:
    page = asked(central, claims, "acme")
    before = central.version(page)
    assert claims.record_proof(page, HOST, Proof.CNAME, NOON) is ProofOutcome.GRANTED
    assert claims.record_proof(page, HOST, Proof.CNAME, NOON + HOUR) is ProofOutcome.HELD
    assert owner(claims) == [page]
    assert central.version(page) == before + 1
    assert central.reader.pages()[0].hostnames == (HOST,)
    held = claims.of_page(page)[HOST]
    assert (held.held_since, held.verified_at, held.proof) == (NOON, NOON + HOUR, Proof.CNAME)


def test_a_name_that_nobody_asked_for_is_not_given(
    central: Central, claims: HostnameClaims
) -> None:
    page = put(central, "acme")
    assert claims.record_proof(page, HOST, Proof.TXT, NOON) is ProofOutcome.UNCLAIMED
    assert owner(claims) == []


def test_who_asked_first_without_proof_blocks_nobody(
    central: Central, claims: HostnameClaims
) -> None:
    asked(central, claims, "squatter")
    page = asked(central, claims, "acme")
    assert claims.record_proof(page, HOST, Proof.CNAME, NOON + DAY) is ProofOutcome.GRANTED
    assert owner(claims) == [page]


@pytest.mark.parametrize("proof", Proof)
def test_a_name_that_goes_on_being_proved_stays(
    central: Central, claims: HostnameClaims, proof: Proof
) -> None:
    first, second = asked(central, claims, "acme"), asked(central, claims, "other")
    claims.record_proof(first, HOST, Proof.CNAME, NOON)
    assert claims.record_proof(second, HOST, proof, NOON + DAY) is ProofOutcome.TAKEN
    assert owner(claims) == [first]


def test_a_txt_takes_over_from_who_has_stopped_proving(
    central: Central, claims: HostnameClaims
) -> None:
    first, second = asked(central, claims, "acme"), asked(central, claims, "other")
    claims.record_proof(first, HOST, Proof.CNAME, NOON)
    claims.record_failure(first, HOST, NOON + HOUR)
    assert claims.record_proof(second, HOST, Proof.CNAME, NOON + 2 * HOUR) is ProofOutcome.TAKEN
    assert owner(claims) == [first]
    assert claims.record_proof(second, HOST, Proof.TXT, NOON + 3 * HOUR) is ProofOutcome.GRANTED
    assert owner(claims) == [second]
    assert claims.of_page(first)[HOST].state is HostnameClaimState.RESTING
    assert claims.record_proof(first, HOST, Proof.CNAME, NOON + 4 * HOUR) is ProofOutcome.TAKEN


def test_another_page_of_the_same_namespace_needs_no_txt(
    central: Central, claims: HostnameClaims
) -> None:
    first, second = asked(central, claims, "acme"), asked(central, claims, "acme", "second")
    claims.record_proof(first, HOST, Proof.CNAME, NOON)
    assert claims.record_proof(second, HOST, Proof.CNAME, NOON) is ProofOutcome.TAKEN
    claims.record_failure(first, HOST, NOON + HOUR)
    assert claims.record_proof(second, HOST, Proof.CNAME, NOON + HOUR) is ProofOutcome.GRANTED
    assert owner(claims) == [second]


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "taken over"])
def test_who_has_shown_by_txt_whose_a_name_is_needs_no_other_for_the_same(
    central: Central, claims: HostnameClaims, *, is_lost: bool
) -> None:
    """What rests for another namespace from before is over: else nobody would have the name."""
    stranger, first = asked(central, claims, "acme"), asked(central, claims, "other")
    claims.record_proof(stranger, HOST, Proof.CNAME, NOON)
    claims.record_failure(stranger, HOST, NOON)
    assert not is_lost or claims.revoke(stranger, HOST, NOON)
    second = asked(central, claims, "other", "second")
    assert claims.record_proof(first, HOST, Proof.TXT, NOON + HOUR) is ProofOutcome.GRANTED
    claims.record_failure(first, HOST, NOON + 2 * HOUR)
    assert claims.record_proof(second, HOST, Proof.CNAME, NOON + 3 * HOUR) is ProofOutcome.GRANTED
    assert owner(claims) == [second]
    claims.request(second, [], NOON + 4 * HOUR)
    third = asked(central, claims, "third")
    assert claims.record_proof(third, HOST, Proof.TXT, NOON + 5 * HOUR) is ProofOutcome.GRANTED
    claims.request(third, [], NOON + 6 * HOUR)
    assert claims.record_proof(first, HOST, Proof.CNAME, NOON + 7 * HOUR) is ProofOutcome.RESTING


def test_a_proof_that_comes_back_is_as_if_it_had_never_been_gone(
    central: Central, claims: HostnameClaims
) -> None:
    page = asked(central, claims, "acme")
    claims.record_proof(page, HOST, Proof.CNAME, NOON)
    claims.record_failure(page, HOST, NOON + HOUR)
    claims.record_failure(page, HOST, NOON + 2 * HOUR)
    assert claims.of_page(page)[HOST].failing_since == NOON + HOUR
    assert claims.record_proof(page, HOST, Proof.CNAME, NOON + 3 * HOUR) is ProofOutcome.HELD
    assert claims.of_page(page)[HOST].failing_since is None
    assert not claims.revoke(page, HOST, NOON + 3 * HOUR)


def resting(central: Central, claims: HostnameClaims) -> tuple[int, int]:
    """Return a page that has lost the name at noon, and one that asks for it."""
    first, second = asked(central, claims, "acme"), asked(central, claims, "other")
    claims.record_proof(first, HOST, Proof.CNAME, NOON)
    claims.record_failure(first, HOST, NOON)
    assert claims.revoke(first, HOST, NOON)
    return first, second


def test_a_name_that_was_lost_rests_and_its_page_is_newer(
    central: Central, claims: HostnameClaims
) -> None:
    first, _ = resting(central, claims)
    assert owner(claims) == []
    assert central.version(first) == 3
    assert claims.record_proof(first, HOST, Proof.CNAME, NOON + HOUR) is ProofOutcome.GRANTED


def test_while_a_name_rests_another_namespace_needs_a_txt(
    central: Central, claims: HostnameClaims
) -> None:
    _, second = resting(central, claims)
    late = NOON + REST - HOUR
    assert claims.record_proof(second, HOST, Proof.CNAME, late) is ProofOutcome.RESTING
    assert owner(claims) == []
    assert claims.record_proof(second, HOST, Proof.TXT, late) is ProofOutcome.GRANTED


def test_afterwards_it_does_not(central: Central, claims: HostnameClaims) -> None:
    _, second = resting(central, claims)
    assert (
        claims.record_proof(second, HOST, Proof.CNAME, NOON + REST + HOUR) is ProofOutcome.GRANTED
    )


def test_a_name_that_is_not_listed_any_more_is_let_go(
    central: Central, claims: HostnameClaims
) -> None:
    first, second = asked(central, claims, "acme"), asked(central, claims, "other")
    claims.record_proof(first, HOST, Proof.TXT, NOON)
    assert list(claims.request(first, ["up.acme.com"], NOON)) == [HOST, "up.acme.com"]
    assert claims.of_page(first)[HOST].state is HostnameClaimState.RESTING
    assert claims.record_proof(second, HOST, Proof.CNAME, NOON) is ProofOutcome.RESTING
    assert list(claims.request(first, [], NOON)) == [HOST]


def test_a_page_that_is_gone_has_no_name(central: Central, claims: HostnameClaims) -> None:
    first, second = asked(central, claims, "acme"), asked(central, claims, "other")
    claims.record_proof(first, HOST, Proof.CNAME, NOON)
    central.writer.hide_page("acme", "main", NOON)
    assert owner(claims) == []
    assert claims.record_proof(first, HOST, Proof.CNAME, NOON) is ProofOutcome.UNCLAIMED
    assert claims.record_proof(second, HOST, Proof.CNAME, NOON) is ProofOutcome.RESTING
    assert claims.record_proof(second, HOST, Proof.TXT, NOON) is ProofOutcome.GRANTED


def test_a_namespace_of_the_same_name_is_another_one(
    central: Central, claims: HostnameClaims
) -> None:
    first = asked(central, claims, "acme")
    claims.record_proof(first, HOST, Proof.CNAME, NOON)
    manifest = StatusPage(Meta("main", "acme"), "Acme", hostnames=(HOST,))
    second = central.writer.put_page(manifest, (), NOON, namespace_uid="uid-later")
    claims.request(second, [HOST], NOON)
    assert claims.record_proof(second, HOST, Proof.CNAME, NOON) is ProofOutcome.RESTING
    assert claims.record_proof(second, HOST, Proof.TXT, NOON) is ProofOutcome.GRANTED


def test_a_namespace_has_a_bound_of_names_that_it_has_not_proved(
    central: Central, claims: HostnameClaims
) -> None:
    hosts = [f"{letter}.acme.com" for letter in "abcde"]
    page = put(central, "acme", "main", *hosts)
    assert list(claims.request(page, hosts, NOON)) == hosts[:3]
    other = put(central, "acme", "second", HOST)
    assert claims.request(other, [HOST], NOON) == {}
    claims.record_proof(page, hosts[0], Proof.CNAME, NOON)
    assert list(claims.request(page, hosts, NOON)) == hosts[:4]
    assert list(claims.request(put(central, "other"), [HOST], NOON)) == [HOST]


def test_names_that_were_let_go_leave_room_for_others(
    central: Central, claims: HostnameClaims
) -> None:
    hosts = [f"{letter}.acme.com" for letter in "abc"]
    page = put(central, "acme", "main", *hosts)
    claims.request(page, hosts, NOON)
    for host in hosts:
        claims.record_proof(page, host, Proof.CNAME, NOON)
    assert "d.acme.com" in claims.request(page, ["d.acme.com"], NOON)


def test_a_page_that_is_gone_leaves_room_and_its_names_rest_from_then_on(
    central: Central, claims: HostnameClaims
) -> None:
    hosts = [f"{letter}.acme.com" for letter in "abc"]
    first = put(central, "acme", "main", *hosts)
    claims.request(first, hosts, NOON)
    claims.record_proof(first, hosts[0], Proof.CNAME, NOON)
    central.writer.hide_page("acme", "main", NOON)
    assert {it.state for it in claims.of_page(first).values()} == {HostnameClaimState.RESTING}
    second = put(central, "acme", "second")
    assert list(claims.request(second, [HOST], NOON)) == [HOST]
    other = put(central, "other", "main", hosts[0])
    claims.request(other, [hosts[0]], NOON)
    assert (
        claims.record_proof(other, hosts[0], Proof.CNAME, NOON + REST - HOUR)
        is ProofOutcome.RESTING
    )
    assert (
        claims.record_proof(other, hosts[0], Proof.CNAME, NOON + REST + HOUR)
        is ProofOutcome.GRANTED
    )


def test_a_page_that_comes_back_has_to_prove_its_names_again(
    central: Central, claims: HostnameClaims
) -> None:
    page = asked(central, claims, "acme")
    claims.record_proof(page, HOST, Proof.CNAME, NOON)
    central.writer.hide_page("acme", "main", NOON)
    assert put(central, "acme") == page
    assert owner(claims) == []
    assert claims.record_proof(page, HOST, Proof.CNAME, NOON) is ProofOutcome.GRANTED


def test_what_has_rested_is_forgotten(central: Central, claims: HostnameClaims) -> None:
    first, _ = resting(central, claims)
    assert claims.purge(NOON + REST) == 0
    assert claims.purge(NOON + REST + HOUR) == 1
    assert claims.of_page(first) == {}


def test_no_more_certificates_are_ordered_than_an_authority_allows(claims: HostnameClaims) -> None:
    budget = OrderBudget(per_host=2, total=4, per_domain=3)
    said = [claims.record_order(host, budget, NOON) for host in ("a.io", "a.io", "a.io", "b.a.io")]
    assert [bool(why) for why in said] == [False, False, True, False]
    assert "its domain" in claims.record_order("c.a.io", budget, NOON)
    assert claims.record_order("a.b.co.uk", budget, NOON) == ""
    assert "three hours" in claims.record_order("z.io", budget, NOON)
    assert claims.recent_orders(NOON) == 4
    assert claims.record_order("z.io", budget, NOON + 3 * HOUR) == ""
    assert "its domain" in claims.record_order("a.io", budget, NOON + 3 * HOUR)
    assert claims.record_order("a.io", budget, NOON + 7 * DAY) == ""
    claims.purge(NOON + 7 * DAY)
    assert claims.recent_orders(NOON + 7 * DAY) == 1


def test_one_namespace_leaves_orders_to_the_others(
    central: Central, claims: HostnameClaims
) -> None:
    budget = OrderBudget(per_host=9, total=4, per_domain=9)

    def ordered(page: int, host: str) -> str:
        claims.request(page, [host], NOON)
        claims.record_proof(page, host, Proof.CNAME, NOON)
        return claims.record_order(host, budget, NOON)

    first = put(central, "acme")
    assert [ordered(first, f"{letter}.io") for letter in "abc"] == ["", "", ""]
    second = put(central, "other")
    assert "share" in ordered(first, "d.io")
    assert ordered(second, "e.io") == ""
    assert "4 certificates" in ordered(second, "f.io")
    assert claims.record_order("f.io", budget, NOON + 3 * HOUR) == ""


def test_who_asks_again_for_the_same_writes_nothing(
    central: Central, claims: HostnameClaims
) -> None:
    page = put(central, "acme")
    for hosts in ([HOST, "up.acme.com"], [HOST]):
        claims.request(page, hosts, NOON)
        claims.record_proof(page, HOST, Proof.CNAME, NOON)
        with written(central) as statements:
            assert claims.request(page, hosts, NOON + HOUR).keys() >= set(hosts)
        assert statements == []
    with written(central) as statements:
        claims.request(page, [], NOON + HOUR)
    assert statements != []


def test_a_page_tells_which_of_its_names_lead_to_it(
    central: Central, claims: HostnameClaims
) -> None:
    hosts = (HOST, "up.acme.com")
    page, other = put(central, "acme", "main", *hosts), asked(central, claims, "other")
    claims.request(page, hosts, NOON)
    for host in hosts:
        claims.record_proof(page, host, Proof.CNAME, NOON)

    def served() -> tuple[str, ...]:
        return next(it.served for it in central.reader.pages() if it.id == page)

    assert (served(), {it.served for it in claims.holders()}) == ((), {False})
    before = central.version(page), central.version(other)
    for _ in range(2):
        claims.set_served({(page, hosts[1]), (other, HOST)}, NOON)
        assert served() == hosts[1:]
    claims.set_served({(page, HOST), (page, hosts[1])}, NOON)
    assert served() == hosts
    assert [it.served for it in claims.holders()] == [True, True]
    assert (central.version(page), central.version(other)) == (before[0] + 2, before[1])
    claims.set_served({(page, HOST)}, NOON)
    assert served() == (HOST,)
    claims.request(page, hosts[1:], NOON)
    claims.request(page, hosts, NOON)
    claims.record_proof(page, HOST, Proof.CNAME, NOON)
    assert served() == ()


def test_a_page_keeps_the_first_address_that_it_is_given(central: Central) -> None:
    manifest = StatusPage(Meta("main", "acme"), "Acme")
    for address in ("", "acme-1", "acme-2", ""):
        central.writer.put_page(manifest, (), NOON, namespace_uid="ns", address=address)
    assert [page.address for page in central.reader.pages()] == ["acme-1"]
    retitled = replace(manifest, title="New")
    page = central.writer.put_page(retitled, (), NOON, namespace_uid="ns", address="acme-3")
    assert [page.address for page in central.reader.pages()] == ["acme-1"]
    assert central.version(page) == 3


@pytest.fixture
def operators(address: str) -> Iterator[list[HostnameClaims]]:
    """Yield two operators with connections of their own, patient for a busy machine."""
    opened = [engines.connect(address, timeout=timedelta(seconds=30)) for _ in range(2)]
    yield [HostnameClaims(engine, REST, max_pending=1000) for engine in opened]
    for engine in opened:
        engine.dispose()


@pytest.mark.parametrize("proof", Proof)
def test_two_that_prove_a_name_at_once_never_both_have_it_and_never_neither(
    central: Central, operators: list[HostnameClaims], proof: Proof
) -> None:
    pages = [put(central, "acme"), put(central, "other")]
    hosts = [f"s{number}.acme.com" for number in range(100)]
    for claims, page in zip(operators, pages, strict=True):
        claims.request(page, hosts, NOON)
    together = threading.Barrier(2)

    def prove_all(turn: int, now: datetime = NOON) -> list[ProofOutcome]:
        said = []
        for host in hosts:
            together.wait()
            said.append(operators[turn].record_proof(pages[turn], host, proof, now))
        return said

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(prove_all, range(2)))
    verdicts = [set(pair) for pair in zip(*both, strict=True)]
    assert verdicts == [{ProofOutcome.GRANTED, ProofOutcome.TAKEN}] * 100
    assert [holder.host for holder in operators[0].holders()] == sorted(hosts)
