"""Check private pages: who has access, must log in, or must wait. Hashes are words here."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_network

import pytest

from allswell.central import page_data
from allswell_web.responses.constant_responses import ConstantResponse, ConstantResponses
from allswell_web.serving import access_control
from allswell_web.serving.access_control import AccessControl
from tests.unit.web import fakes, harness

NOTICES = ConstantResponses(
    ConstantResponse("404 Not Found"), ConstantResponse("503 Service Unavailable")
)
# Of "open sesame".
HASH = "scrypt:14:8:5:AAAAAAAAAAAAAAAAAAAAAA:klhZwTpF6S0j4i9iPI4Zs6_2nBc7lx7AxU2uOYSWYW4"


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


class Door:
    """A gate with one page, and a count of how often a hash was made."""

    def __init__(self, *proxies: str, page: page_data.PageRow | None = None) -> None:
        self.clock = fakes.Clock()
        self.page = page or fakes.page(password_hash="sesame")
        self.hashed = 0
        networks = tuple(ip_network(text) for text in proxies)
        self.gate = AccessControl(NOTICES, self.clock.ticks, networks, self.matches)

    def matches(self, password: str, written: str) -> bool:
        self.hashed += 1
        return password == written

    def ask(self, header: str = "", address: str = "192.0.2.7", forwarded: str = "") -> int:
        environ = {"REMOTE_ADDR": address}
        environ |= {"HTTP_AUTHORIZATION": header} if header else {}
        environ |= {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
        refusal = self.gate.judge(self.page, environ)
        return 200 if refusal is None else int(refusal.status[:3])


def test_the_password_opens_with_any_name_and_is_hashed_once() -> None:
    door = Door()
    assert [door.ask(basic("sesame")) for _ in range(20)] == [200] * 20
    assert door.hashed == 1


@pytest.mark.parametrize(
    "header",
    [
        *("", basic("barley"), basic("sesame ") + "=", "Bearer sesame", "Digest a", "Basic"),
        *("Basic ?", "Basic /w==", "Basic bm8gY29sb24=", basic("x" * 5000)),
    ],
)
def test_anything_else_is_asked_for_the_password(header: str) -> None:
    door = Door()
    assert door.ask(header) == 401
    assert door.ask(basic("sesame")) == 200


def test_a_colon_in_the_password_is_a_part_of_it() -> None:
    door = Door(page=fakes.page(password_hash="a:b"))
    assert door.ask(basic("a:b")) == 200


def test_five_tries_are_free_and_the_pauses_after_the_sixth_double() -> None:
    door = Door()
    assert [door.ask(basic(f"{number}")) for number in range(6)] == [401] * 6
    for pause in (1, 2, 4, 8):
        assert door.ask(basic("sesame")) == 429
        door.clock.advance(pause)
        assert door.ask(basic("again")) == 401
    assert door.hashed == 10


def test_who_has_to_wait_is_told_how_long_and_costs_no_hash() -> None:
    door = Door()
    for number in range(7):
        assert door.ask(basic(f"{number}")) == 401
        door.clock.advance(1)
    before = door.hashed
    refusal = door.gate.judge(
        door.page, {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": basic("x")}
    )
    assert refusal is not None
    assert dict(refusal.all_headers())["Retry-After"] == "1"
    assert door.hashed == before


def test_pauses_are_by_address_and_page_and_no_longer_than_five_minutes() -> None:
    door = Door()
    for _ in range(40):
        door.ask(basic("x"))
        door.clock.advance(access_control.MAX_WAIT_S)
    door.ask(basic("x"))
    assert door.ask(basic("y")) == 429
    assert door.ask(basic("sesame"), address="192.0.2.8") == 200
    door.page = fakes.page(2, password_hash="sesame")
    assert door.ask(basic("x")) == 401


def test_a_header_that_nobody_would_type_costs_no_hash() -> None:
    door = Door()
    assert door.ask(basic("x" * 5000)) == 401
    assert door.hashed == 0


def test_who_was_wrong_is_forgotten_after_half_an_hour() -> None:
    door = Door()
    for number in range(5):
        door.ask(basic(f"{number}"))
    door.clock.advance(access_control.FORGET_S + 1)
    assert [door.ask(basic(f"{number}")) for number in range(6)] == [401] * 6


def test_two_passwords_are_checked_at_once_and_no_more() -> None:
    """Three of them would meet at the barrier; two wait there in vain, and then nobody does."""
    barrier, met = threading.Barrier(3, timeout=0.1), threading.Event()

    def matches(password: str, written: str) -> bool:
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
            met.set()
        return password == written

    checked = AccessControl(NOTICES, fakes.Clock().ticks, (), matches)
    page = fakes.page(password_hash="sesame")
    requests = [
        {"REMOTE_ADDR": f"192.0.2.{number}", "HTTP_AUTHORIZATION": basic("sesame")}
        for number in range(6)
    ]
    with ThreadPoolExecutor(6) as visitors:
        assert list(visitors.map(lambda it: checked.judge(page, it), requests)) == [None] * 6
    assert not met.is_set()


def test_a_household_of_ipv6_counts_as_one() -> None:
    door = Door()
    for number in range(6):
        door.ask(basic("x"), address=f"2001:db8:0:1::{number}")
    assert door.ask(basic("sesame"), address="2001:db8:0:1:ffff::") == 429
    assert door.ask(basic("sesame"), address="2001:db8:0:2::") == 200


def test_who_knew_the_password_before_is_let_in_also_while_others_there_must_wait() -> None:
    door = Door()
    door.ask(basic("sesame"))
    for _ in range(8):
        door.ask(basic("x"))
    assert door.ask(basic("sesame")) == 200


def test_a_new_password_ends_what_the_old_one_opened() -> None:
    door = Door()
    door.ask(basic("sesame"))
    door.page = fakes.page(password_hash="barley")
    assert door.ask(basic("sesame")) == 401


def test_what_is_remembered_is_bounded() -> None:
    door = Door()
    for number in range(access_control.MAX_FAILED + 50):
        door.ask(basic("x"), address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(door.gate._memory.failed) == access_control.MAX_FAILED


def inner(*networks: str, proxies: tuple[str, ...] = ()) -> Door:
    return Door(*proxies, page=fakes.page(allowed_networks=networks))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),
        ("2001:db8::1", 200),
        ("192.0.3.7", 404),
        ("2001:db9::1", 404),
        ("", 404),
        ("?", 404),
    ],
)
def test_a_network_that_is_not_listed_finds_nothing(address: str, status: int) -> None:
    assert inner("192.0.2.0/24", "2001:db8::/32").ask(address=address) == status


@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [
        ("10.0.0.1", "192.0.2.7", 200),
        ("10.0.0.1", "198.51.100.1, 192.0.2.7, 10.0.0.2", 200),
        ("10.0.0.1", "192.0.2.7, 198.51.100.1", 404),
        ("10.0.0.1", "192.0.2.7, nonsense", 404),
        ("10.0.0.1", "", 404),
        ("198.51.100.1", "192.0.2.7", 404),
    ],
)
def test_what_a_proxy_says_of_the_visitor_counts_only_from_a_proxy_of_ours(
    address: str, forwarded: str, status: int
) -> None:
    door = inner("192.0.2.0/24", proxies=("10.0.0.0/8",))
    assert door.ask(address=address, forwarded=forwarded) == status


def pages(password_hash: str = "", allowed_networks: tuple[str, ...] = ()) -> harness.Bench:
    """Build a private page beside a public one."""
    secret = fakes.page(
        2,
        "beta",
        "Beta Status",
        hostnames=("beta.example",),
        password_hash=password_hash,
        allowed_networks=allowed_networks,
    )
    reader = fakes.Reader(fakes.facts(fakes.component()), fakes.facts(fakes.component(), of=secret))
    return harness.bench(reader)


PATHS = ("/", "/api/v2/summary.json", "/nothing", "/history.atom")


def test_every_path_of_a_private_page_asks_first_whether_there_is_something_or_not() -> None:
    bench = pages(password_hash=HASH)
    answers = [bench.ask(path, host="beta.example") for path in PATHS]
    answers += [bench.ask("/beta/"), bench.ask("/default/beta/x"), bench.ask("/beta")]
    assert {answer.status for answer in answers} == {401}
    assert len({(answer.body, tuple(answer.headers.items())) for answer in answers}) == 1
    assert bench.reader.reads == []


def test_what_a_private_page_answers_is_kept_by_nobody_and_read_by_no_other_site() -> None:
    bench = pages(password_hash=HASH)
    for path in PATHS[:2]:
        for _ in range(2):
            answer = bench.ask(path, host="beta.example", authorization=basic("open sesame"))
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex"
            assert {"ETag", "Access-Control-Allow-Origin"}.isdisjoint(answer.headers)
        assert bench.ask(path, host="beta.example").status == 401


@pytest.mark.parametrize("tag", ["*", 'W/"x"', ""])
def test_a_condition_tells_nothing_of_a_private_page(tag: str) -> None:
    bench = pages(password_hash=HASH)
    right = basic("open sesame")
    bench.ask("/", host="beta.example", authorization=right)
    assert bench.ask("/", host="beta.example", if_none_match=tag).status == 401
    conditional = bench.ask("/", host="beta.example", authorization=right, if_none_match=tag)
    assert conditional.status == 200


def test_for_a_network_that_is_not_listed_a_private_page_is_like_any_unknown_address() -> None:
    bench = pages(allowed_networks=("192.0.2.0/24",))
    hidden, unknown = bench.ask("/", host="beta.example"), bench.ask("/", host="gamma.example")
    assert hidden == unknown
    inside = bench.ask("/", host="beta.example", client="192.0.2.7")
    assert (inside.status, inside.headers["Cache-Control"]) == (200, "private, no-store")


@pytest.mark.parametrize("bench", [pages(HASH), pages("", ("192.0.2.0/24",))])
def test_a_private_page_is_in_no_list(bench: harness.Bench) -> None:
    text = bench.ask("/").text
    assert "Acme Status" in text
    assert "Beta" not in text


def test_a_page_that_becomes_private_is_closed_with_its_next_version() -> None:
    bench = harness.bench(fakes.Reader(fakes.facts(fakes.component())))
    bench.web.watch.poll()
    assert bench.ask().status == 200
    closed = fakes.page(version=2, password_hash=HASH)
    bench.reader.facts_by_page[1] = fakes.facts(fakes.component(), of=closed)
    bench.clock.advance(3)
    bench.web.watch.poll()
    assert bench.ask().status == 401
    assert bench.ask("/acme/").status == 401


def test_a_page_that_became_private_is_not_shown_though_the_list_is_old() -> None:
    """The facts are newer than the list of pages: nobody is let in until both agree."""
    bench = harness.bench(fakes.Reader(fakes.facts(fakes.component())))
    assert bench.ask(host="unknown.example").status == 404
    closed = fakes.page(version=2, password_hash=HASH)
    bench.reader.facts_by_page[1] = fakes.facts(fakes.component(), of=closed)
    assert bench.ask().status == 503
