"""Check the addresses of a page's parts, as a visitor requests them."""

import re
from datetime import datetime, timedelta

import pytest

from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Effect, Status
from allswell.domain.state import State
from tests.unit.web import fakes, harness

SAID = (Status.INVESTIGATING, "We are looking.", fakes.ago(minutes=50))


def bench(*hostnames: str) -> harness.Bench:
    facts = fakes.facts(
        fakes.component(),
        of=fakes.page(hostnames=hostnames),
        incidents=[fakes.incident(1, "Errors", SAID)],
        maintenances=[fakes.maintenance(start=fakes.ago(hours=9), end=fakes.ago(hours=8))],
    )
    return harness.bench(fakes.Reader(facts))


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", "Public API"),
        ("/components/comp00000001", "Public API"),
        ("/incidents/inci00000001", "Errors"),
        ("/incidents/main00000001", "Upgrade of the database"),
        ("/history", "Incidents in November 2026"),
        ("/history/2026-10", "Incidents in October 2026"),
        ("/en/history", "Incidents in November 2026"),
        ("/acme/components/comp00000001", "Public API"),
    ],
)
def test_every_part_has_its_address(path: str, heading: str) -> None:
    answer = bench().ask(path)
    assert answer.status == 200
    assert heading in answer.text


@pytest.mark.parametrize(("born", "listed"), [(fakes.BORN, True), (fakes.ago(hours=2), False)])
def test_months_are_listed_where_there_is_a_choice(born: datetime, *, listed: bool) -> None:
    component = fakes.component(born=born, claims=(HealthClaim(State.UP, born),))
    text = harness.bench(fakes.Reader(fakes.facts(component))).ask("/history").text
    assert ('aria-label="Months"' in text) is listed


@pytest.mark.parametrize("prefix", ["", "/acme"])
def test_the_address_that_statuspage_has_for_uptime_is_the_page(prefix: str) -> None:
    site = bench()
    assert site.ask(f"{prefix}/uptime").body == site.ask(f"{prefix}/").body


@pytest.mark.parametrize(
    "path",
    [
        "/components/comp00000002",
        "/components/",
        "/incidents/inci00000002",
        "/history/2020-01",
        "/history/x",
        "/xx/",
        "/../etc/passwd",
    ],
)
def test_what_is_not_there_gets_the_one_constant_answer(path: str) -> None:
    answer = bench().ask(path)
    assert answer.status == 404
    assert answer.body == bench().ask("/nowhere").body


@pytest.mark.parametrize(
    "path", ["/", "/components/comp00000001", "/history", "/en/history/2026-10"]
)
def test_every_link_of_a_part_leads_somewhere_within_the_page(path: str) -> None:
    site = bench()
    links = set(re.findall(r'<a [^>]*href="([^"]+)"', site.ask(path).text))
    later = {"history.atom", "history.rss", "maintenance.ics"}
    assert links
    for link in links:
        assert not link.startswith("/")
        if link[0] == "#" or link.rpartition("/")[2] in later:
            continue
        resolved = resolve(path, link)
        assert site.ask(resolved).status == 200, (link, resolved)


def resolve(path: str, link: str) -> str:
    parts = path.split("/")[1:-1]
    for step in link.split("/")[:-1]:
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/" + "".join(f"{part}/" for part in parts) + link.rsplit("/", maxsplit=1)[-1]


def test_the_canonical_address_of_a_part_is_on_the_pages_first_host_name() -> None:
    text = bench("status.acme.com").ask("/en/history", host="status.acme.com").text
    assert '<link rel="canonical" href="https://status.acme.com/history">' in text


@pytest.mark.parametrize("host", ["localhost", "evil.example:8080", "status.example"])
def test_a_page_without_a_host_name_is_known_by_the_installations_address(host: str) -> None:
    """Whatever host a request names, it is in no address that the page gives."""
    facts = fakes.facts(fakes.component())
    other = fakes.facts(fakes.component(), of=fakes.page(2, "other"))
    site = harness.bench(
        fakes.Reader(facts, other), own_hosts=("*",), base_url="https://status.example/base/"
    )
    text = site.ask("/acme/history", host=host).text
    here = "https://status.example/base/default/acme/"
    assert f'<link rel="canonical" href="{here}history">' in text
    assert f'<meta property="og:url" content="{here}history">' in text
    assert f'<meta property="og:image" content="{here}og/new.png">' in text
    assert "evil" not in text


@pytest.mark.parametrize("base", ["", "http://127.0.0.1:8080", "http://localhost", "http://[::1]"])
def test_where_a_process_listens_is_nobodys_address(base: str) -> None:
    site = harness.bench(fakes.Reader(fakes.facts(fakes.component())), base_url=base)
    assert not re.findall(r"https?://", site.ask().text)


def test_under_the_domain_of_pages_a_page_is_at_its_own_host() -> None:
    facts = fakes.facts(fakes.component(), of=fakes.page(address="acme-aaaa"))
    site = harness.bench(fakes.Reader(facts), pages_domain="pages.example")
    text = site.ask("/history", host="acme-aaaa.pages.example").text
    assert '<link rel="canonical" href="https://acme-aaaa.pages.example/history">' in text


def test_search_engines_and_polite_agents_may_read_all_of_it() -> None:
    answer = bench().ask("/robots.txt")
    assert (answer.status, answer.text) == (200, "User-agent: *\nAllow: /\n")


def test_a_page_without_a_host_name_of_its_own_claims_no_address() -> None:
    assert not re.findall(r"https?://", bench().ask().text)


def test_what_is_written_for_later_is_on_no_part_yet() -> None:
    soon = fakes.NOW + timedelta(minutes=10)
    update = (Status.INVESTIGATING, "Not yet.", soon)
    hurt = [AffectedComponent("monitor-1", Effect.PARTIAL)]
    secret = fakes.incident(2, "Embargoed", update, started=soon, components=hurt)
    facts = fakes.facts(fakes.component(), incidents=[secret])
    site = harness.bench(fakes.Reader(facts))
    parts = ("/", "/components/comp00000001", "/history", "/api/v2/incidents.json")
    more = ("/history.atom", "/updates.rss", "/api/v1/page.json", "/api/v2/summary.json", "/embed")
    for path in (*parts, *more):
        answer = site.ask(path)
        assert (answer.status, "Embargoed" in answer.text) == (200, False), path
    assert site.ask("/incidents/inci00000002").status == 404


@pytest.mark.parametrize("path", ["/", "/components/comp00000001", "/de/"])
def test_a_percentage_never_parts_at_the_end_of_a_line(path: str) -> None:
    text = bench().ask(path).text
    assert "100\N{NO-BREAK SPACE}%" in text
    assert not re.search(r"\d\s%", text.replace("\N{NO-BREAK SPACE}", ""))


@pytest.mark.parametrize(("days", "label"), [(13, "Incident history"), (14, "Incident history")])
def test_earlier_days_are_offered_where_there_are_some(days: int, label: str) -> None:
    young = fakes.component(born=fakes.ago(days=days - 1))
    text = harness.bench(fakes.Reader(fakes.facts(young))).ask("/").text
    assert re.search(rf'<a href="\./history">{label}', text)
