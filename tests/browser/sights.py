"""Build pages worth checking: a bad day, a calm one, and those that strain a layout."""

from dataclasses import replace
from datetime import timedelta

from allswell.central import page_data
from allswell.domain import histogram
from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Effect, Impact, Incident, Status
from allswell.domain.maintenance import Maintenance, Phase
from allswell.domain.spec.look import PageLink, PageLook
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from tests.unit.web import fakes
from tests.unit.web.fakes import NOW, ago

FOUND = """A deployment has broken the connection pool; it is being rolled back.

Requests that fail **can be repeated**; `429` means wait. Meanwhile:

- use the [second region](https://eu.example/) if you can,
- or wait: we write again *within the hour*."""
HOUR = timedelta(hours=1)
UP = HealthClaim(State.UP, fakes.BORN)
NAMES = (
    *("Public API", "Web app", "Search", "Webhooks"),
    *("Login", "Billing", "Frankfurt", "São Paulo"),
)
LONG = "An endpoint whose name " + "goes on and on " * 5 + "withoutanyspaceatalltobreakit" * 3
ODD = (
    *("חיפוש מהיר", "حالة الخدمة ١", "🟢🚀 Rockets 👩‍👩‍👧", "東京リージョン"),
    *("ก็ไม่มีช่องว่างเลย", "ß" * 60),
)


def troubled(number: int, *, ending: HealthClaim | None = None) -> page_data.ComponentData:
    """Build a component with a few outages of the last ninety days, and its latency."""
    claims = [UP]
    for n in range(number % 4):
        start = ago(days=75 - 20 * n - number, minutes=37 * number)
        worse = State.DEGRADED if n % 2 else State.DOWN
        reason = "Slow" if n % 2 else "Timeout"
        length = timedelta(minutes=9 * number * (n + 1))
        claims += [HealthClaim(worse, start, reason), HealthClaim(State.UP, start + length)]
    claims += [] if ending is None else [ending]
    title = NAMES[(number - 1) % len(NAMES)]
    component = fakes.component(
        number, title, claims=claims, group=("Product", "Regions")[number > 6]
    )
    return replace(component, days=_days(number))


def _days(number: int) -> tuple[page_data.LatencyDay, ...]:
    latencies = histogram.of(range(80_000, 180_000 + 1000 * number, 2_500))
    return tuple(
        page_data.LatencyDay((NOW - timedelta(days=n)).date(), 2880, 2880, 130_000, latencies)
        for n in range(89, 0, -1)
    )


def bad_day() -> page_data.PageData:
    """Build a page with something down, degraded, in maintenance and scheduled."""
    down = HealthClaim(State.DOWN, ago(minutes=84), "HTTP 503")
    slow = HealthClaim(State.DEGRADED, ago(minutes=12), "Slow")
    components = [
        troubled(1, ending=down),
        replace(troubled(2), overlays=(Overlay(OverlayKind.UNSEEN, ago(days=20), ago(days=19)),)),
        troubled(3),
        replace(troubled(4), born=ago(days=40)),
        troubled(5, ending=slow),
        replace(troubled(6), overlays=(Overlay(OverlayKind.PAUSED, ago(days=2)),)),
        troubled(7),
        replace(
            troubled(8), overlays=(Overlay(OverlayKind.MAINTENANCE, ago(hours=1), NOW + HOUR),)
        ),
    ]
    look = PageLook(links=(PageLink("Help", "https://help.example/"),))
    page = fakes.page(zone="Europe/Berlin", description="All that we run, seen from three places.")
    return fakes.facts(
        *components, of=replace(page, look=look), incidents=_incidents(), maintenances=_works()
    )


def _incidents() -> list[Incident]:
    return [
        fakes.incident(
            1,
            "Errors in the public API",
            (Status.INVESTIGATING, "We see failing requests and look into it.", ago(minutes=80)),
            (Status.IDENTIFIED, FOUND, ago(minutes=40)),
            components=[
                AffectedComponent("monitor-1", Effect.DOWN),
                AffectedComponent("monitor-5"),
            ],
        ),
        fakes.incident(
            2,
            "Slow search",
            (Status.INVESTIGATING, "We are looking.", ago(days=3, hours=2)),
            (Status.RESOLVED, "The index was rebuilt.", ago(days=3)),
            impact=Impact.MINOR,
            components=[AffectedComponent("monitor-3")],
        ),
    ]


def _works() -> list[Maintenance]:
    update = (Phase.IN_PROGRESS, "Work has begun.", ago(minutes=58))
    window = {"start": ago(hours=1), "end": NOW + HOUR}
    later = {"start": NOW + 48 * HOUR, "end": NOW + 50 * HOUR}
    return [
        fakes.maintenance(1, "New network in São Paulo", update, monitors=["monitor-8"], **window),
        fakes.maintenance(2, "Upgrade of the database", monitors=["monitor-1"], **later),
    ]


def calm() -> page_data.PageData:
    """Build a page without any problem."""
    return fakes.facts(*(fakes.component(n, name) for n, name in enumerate(NAMES, 1)))


def crowd(number: int = 200) -> page_data.PageData:
    """Build a page of many components, a few of them down."""
    down = (UP, HealthClaim(State.DOWN, ago(minutes=20), "Timeout"))
    return fakes.facts(
        *(
            fakes.component(
                n, f"Endpoint {n}", group=f"Group {n // 20}", claims=(UP,) if n % 37 else down
            )
            for n in range(1, number + 1)
        )
    )


def odd() -> page_data.PageData:
    """Build a page of names that are long, or in other scripts."""
    down = (UP, HealthClaim(State.DOWN, ago(minutes=20), "Timeout"))
    names = (LONG, *ODD)
    update = (Status.INVESTIGATING, f"{LONG}\n\n{ODD[1]}", ago(minutes=9))
    hurt = [AffectedComponent(f"monitor-{n}", Effect.DOWN) for n in range(1, len(names) + 1)]
    return fakes.facts(
        *(fakes.component(n, name, group=name, claims=down) for n, name in enumerate(names, 1)),
        of=fakes.page(title=ODD[0] + LONG, description=LONG),
        incidents=[fakes.incident(1, LONG, update, components=hurt)],
    )


def empty() -> page_data.PageData:
    """Build a page without any monitor."""
    return fakes.facts()


def rough() -> page_data.PageData:
    """Build a quarter with many outages, of components that are all up now."""
    components = []
    for number in range(1, 21):
        claims = [UP]
        for n in range(13):
            start = ago(days=88 - (number * 7 + n * 6) % 86, minutes=number * 13)
            claims += fakes.outage(start, timedelta(minutes=3 + number * n))
        claims.sort(key=lambda claim: claim.since)
        title = f"{NAMES[number % 8]} {number}"
        components.append(
            fakes.component(number, title, claims=claims, group=f"Group {(number - 1) // 5 + 1}")
        )
    return fakes.facts(*components)


SIGHTS = {
    "bad day": bad_day,
    "calm": calm,
    "crowd": crowd,
    "odd names": odd,
    "empty": empty,
    "rough quarter": rough,
}
