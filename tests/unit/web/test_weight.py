import re
from datetime import timedelta

import pytest

from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from tests.unit.web import fakes, harness


def page(*, outages: int, base_url: str = "https://status.example") -> harness.Bench:
    components = []
    for number in range(1, 21):
        claims = [HealthClaim(State.UP, fakes.BORN)]
        for n in range(outages):
            start = fakes.ago(days=88 - (number * 7 + n * 6) % 86, minutes=number * 13)
            claims += fakes.outage(start, timedelta(minutes=3 + number * n))
        claims.sort(key=lambda claim: claim.since)
        group = f"Group {(number - 1) // 5}"
        components.append(fakes.component(number, f"Part {number}", claims=claims, group=group))
    latency = fakes.Latency(fakes.day_of_buckets())
    reader = fakes.Reader(fakes.facts(*components))
    return harness.bench(reader, latency=latency, base_url=base_url)


def elements(bench: harness.Bench) -> int:
    """Count the elements of the page."""
    return len(re.findall(r"<[a-z]", bench.ask().text))


@pytest.mark.parametrize(("outages", "most_packed"), [(1, 8192), (13, 12_288)])
def test_twenty_components_over_ninety_days_stay_within_the_budget(
    outages: int, most_packed: int
) -> None:
    bench = page(outages=outages)
    html = bench.ask().text
    assert len(html.encode()) <= 60_000
    assert len(bench.ask(accept_encoding="gzip").body) <= most_packed
    # What a closed part holds is no stop for the keyboard.
    closed = re.sub(r"(<details><summary>.*?</summary>).*?</details>", r"\1", html, flags=re.DOTALL)
    assert len(re.findall(r"<(summary|a )", closed)) <= 50


def test_two_hundred_components_take_at_most_thirty_kilobytes() -> None:
    components = [fakes.component(n, f"Part {n}", group=f"G{n // 20}") for n in range(1, 201)]
    latency = fakes.Latency(fakes.day_of_buckets())
    bench = harness.bench(fakes.Reader(fakes.facts(*components)), latency=latency)
    assert len(bench.ask(accept_encoding="gzip").body) <= 30_720


@pytest.mark.parametrize("outages", [1, 13])
def test_a_page_has_at_most_800_elements_on_a_calm_quarter_and_on_a_rough_one(
    outages: int,
) -> None:
    assert elements(page(outages=outages)) <= 800


def test_one_request_is_enough_for_first_paint() -> None:
    html = page(outages=1, base_url="").ask().text
    assert not re.findall(r'<(script .*src|link rel="stylesheet"|img|iframe)', html)
    assert not re.findall(r"https?://", html)
