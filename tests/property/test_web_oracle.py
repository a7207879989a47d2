"""Check the numbers and bars of the HTML against the rules, read half hour by half hour."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from allswell.domain.state import State
from allswell.domain.timeline import OverlayKind
from allswell_web import app
from allswell_web.presentation import context, presenter
from allswell_web.text import languages
from tests import thoroughness
from tests.property import test_uptime as oracle
from tests.unit.web import fakes

STEP = timedelta(minutes=30)
NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
STEPS = 93 * 48
START = NOW - STEPS * STEP
FLASK = app.create()
# Letters of the paths, by what they stand for; `u` and `o` are both good.
LETTERS = {"d": "down", "g": "degraded", "q": "unknown", "m": "maintenance"}
claims = st.lists(
    st.tuples(st.integers(-100, STEPS), st.sampled_from(list(oracle.REASONS))), max_size=9
)
overlays = st.lists(
    st.tuples(
        st.sampled_from(list(OverlayKind)),
        st.integers(-100, STEPS),
        st.none() | st.integers(1, 900),
    ),
    max_size=4,
)


def rendered(claims: oracle.Claims, over: oracle.Overlays, zone: str) -> str:
    """Render the component's own page."""
    ledger, overlays = oracle.ledgers(claims, over, STEP, START)
    component = fakes.component(claims=ledger, overlays=overlays, born=START)
    facts = fakes.facts(component, observed=NOW, of=fakes.page(zone=zone))
    language = languages.ENGLISH
    page = presenter.component_page(context.of(facts, {}, NOW), component.public_id)
    template = FLASK.jinja_env.get_template("component.html")
    return template.render(page=page, language="en", _=language.markup, plural=language.plural)


def percent(part: int, total: int, decimals: int) -> str | None:
    """Write a percentage as the rules say: floored, and 100 only for all of it."""
    if total == 0:
        return None
    if part == total:
        return "100\N{NO-BREAK SPACE}%"
    exact = Fraction(100 * part, total)
    number = Decimal(exact.numerator) / Decimal(exact.denominator)
    floored = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR)
    return f"{floored}\N{NO-BREAK SPACE}%"


def shares(spent: Counter[str]) -> tuple[str | None, str | None]:
    """Return uptime and coverage."""
    observed = spent["up"] + spent["degraded"] + spent["down"]
    return (
        percent(spent["up"] + spent["degraded"], observed, 2),
        percent(observed, observed + spent["unknown"], 1),
    )


def cells(html: str, heading: str) -> dict[str, tuple[str | None, str | None]]:
    """Return the percentages in the table below a heading, by the row's name."""
    table = html.split(f'<th scope="col">{heading}</th>', 1)[1].split("</table>", 1)[0]
    row = (
        r'<th scope="row">(?:<time datetime="([^"]+)">)?([^<]+).*?<td>([^<]*)</td><td>([^<]*)</td>'
    )
    special = {"no data": None, "–": None}
    return {
        machine or name: (special.get(up, up), special.get(seen, seen))
        for machine, name, up, seen in re.findall(row, table)
    }


def drawn(html: str) -> dict[int, set[str]]:
    """Return the letters of each day's bar, by the day's index from the left."""
    (svg,) = re.findall(r'<svg class="b" viewBox="0 0 448 34".*?</svg>', html)
    letters_by_day: dict[int, set[str]] = {}
    for letter, data in re.findall(r'<path class="(\w)" d="([^"]+)"', svg):
        for x, length in re.findall(r"M([\d.]+) \d+(?:h(\d+)|V\d+)", data):
            for index in range(int(float(x)) // 5, (int(float(x)) + int(length or 5)) // 5):
                letters_by_day.setdefault(index, set()).add(letter)
    return letters_by_day


def words(letters: set[str]) -> set[str]:
    """Return what a bar says beside the good."""
    return {LETTERS[letter] for letter in letters & LETTERS.keys()}


@settings(max_examples=thoroughness.of(25))
@given(claims, overlays, st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]))
def test_the_html_says_what_counting_each_half_hour_gives(
    claims: oracle.Claims, over: oracle.Overlays, zone: str
) -> None:
    html, time_zone = rendered(claims, over, zone), ZoneInfo(zone)
    today = NOW.astimezone(time_zone).date()
    by_step = [
        oracle.counted_by_second(claims, over, range(step, step + 1)) for step in range(STEPS)
    ]
    days: dict[date, Counter[str]] = {}
    for step, spent in enumerate(by_step):
        day = (START + step * STEP).astimezone(time_zone).date()
        days.setdefault(day, Counter()).update(spent)
    windows = {"24 hours": by_step[-48:]} | {
        f"{many} days": [it for day, it in days.items() if (today - day).days < many]
        for many in (7, 30, 90)
    }
    expected = {
        name: shares(Counter(sum(map(Counter, it), Counter()))) for name, it in windows.items()
    }
    assert cells(html, "Period") == expected
    rows = {f"{day}": shares(it) for day, it in days.items() if (today - day).days < 90}
    assert cells(html, "Day") == rows
    for index, letters in drawn(html).items():
        spent = days[today - timedelta(days=89 - index)]
        troubles = {word for word in LETTERS.values() if spent[word]}
        assert words(letters) == troubles
        assert ("n" in letters) == (sum(spent.values()) == spent["paused"])
        assert bool(letters & {"o", "u"}) == (spent["up"] > 0)


def test_the_oracle_of_the_bars_sees_a_bar_that_is_wrong() -> None:
    down = rendered([(0, State.UP), (STEPS - 40, State.DOWN)], [], "UTC")
    assert [words(drawn(down)[place]) for place in (87, 88, 89)] == [set(), {"down"}, {"down"}]
