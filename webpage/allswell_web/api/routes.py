"""Every route for machines, in one table: views, headers and the OpenAPI document follow it."""

import json
from collections.abc import Callable, Mapping

from allswell_web.api import calendar_feed, openapi, page_feed, route
from allswell_web.api.badges import badge, shield, svg
from allswell_web.api.badges.badge import Badge
from allswell_web.api.feeds import atom, rss, stories
from allswell_web.api.feeds.entry import Feed
from allswell_web.api.page_feed import PageFeed
from allswell_web.api.route import Route, RouteKind, RouteRequest
from allswell_web.api.schemas import Schema, choice
from allswell_web.api.statuspage import documents, schema
from allswell_web.api.v1 import document
from allswell_web.api.v1 import schema as v1

Json = Mapping[str, object]
Routes = tuple[Route, ...]
# Whatever a component is called here, there is an answer: a picture may not be missing.
_ANY = {"type": "string", "minLength": 1, "description": "A component's id"}


def text(value: Json) -> str:
    """A JSON document on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _v2(name: str, summary: str, make: Callable[[PageFeed], Json], shape: Schema) -> Route:
    def made(asked: RouteRequest) -> str:
        return text(make(page_feed.of(asked.found, asked.now, asked.url)))

    return Route(f"/api/v2/{name}.json", route.JSON, summary, made, shape)


STATUSPAGE = (
    _v2(
        "summary",
        "State, components, open incidents, planned and running maintenance",
        documents.summary,
        schema.SUMMARY,
    ),
    _v2("status", "The state of the whole page", documents.status, schema.STATUS),
    _v2("components", "Groups and components", documents.all_components, schema.COMPONENTS),
    _v2("incidents", "The 50 newest incidents", documents.incidents, schema.INCIDENTS),
    _v2(
        "incidents/unresolved",
        "Incidents that are not over",
        documents.unresolved,
        schema.INCIDENTS,
    ),
    _v2(
        "scheduled-maintenances",
        "The 50 newest windows of maintenance",
        documents.maintenances,
        schema.MAINTENANCES,
    ),
    _v2(
        "scheduled-maintenances/upcoming",
        "Maintenance that has not begun",
        documents.upcoming,
        schema.MAINTENANCES,
    ),
    _v2(
        "scheduled-maintenances/active",
        "Maintenance that is running or being verified",
        documents.active,
        schema.MAINTENANCES,
    ),
)


def _feed(
    path: str, summary: str, tell: Callable[[PageFeed, str], Feed], write: Callable[[Feed], str]
) -> Route:
    def made(asked: RouteRequest) -> str:
        told = page_feed.of(asked.found, asked.now, asked.url)
        return write(tell(told, path.removeprefix("/")))

    kind = route.ATOM if path.endswith(".atom") else route.RSS
    return Route(path, kind, summary, made)


FEEDS = (
    _feed("/history.atom", "An entry per incident and maintenance", stories.history, atom.write),
    _feed("/history.rss", "An item per incident and maintenance", stories.history, rss.write),
    _feed("/updates.atom", "An entry per update, for chat", stories.updates, atom.write),
    _feed("/updates.rss", "An item per update, for chat", stories.updates, rss.write),
)
CALENDAR = Route(
    "/maintenance.ics",
    route.CALENDAR,
    "Maintenance as a calendar to subscribe to",
    lambda asked: calendar_feed.write(page_feed.of(asked.found, asked.now, asked.url)),
)


def _badge(
    ending: str, kind: RouteKind, write: Callable[[Badge], str], shape: Schema | None
) -> Routes:
    """Of the page and of a component; what may be asked for is an enumeration."""
    fact = {"fact": choice(*badge.FACTS)}
    one = {"component": _ANY, **fact}
    which = "|".join(badge.FACTS)
    return (
        Route(
            f"/badge/{{fact}}.{ending}",
            kind,
            f"The page in one badge: {which}",
            lambda asked, fact: write(badge.of_page(asked, fact)),
            shape,
            fact,
        ),
        Route(
            f"/badge/{{component}}/{{fact}}.{ending}",
            kind,
            "One component in one badge; grey for an id that the page does not have",
            lambda asked, component, fact: write(badge.of_component(asked, component, fact)),
            shape,
            one,
            lambda asked, component, **_: badge.find(asked, component) is not None,
        ),
    )


BADGES = (
    *_badge("svg", route.BADGE, svg.draw, None),
    *_badge("json", route.SHIELD, lambda it: text(shield.of(it)), shield.SCHEMA),
)
OWN = Route(
    "/api/v1/page.json",
    route.JSON,
    "Everything in our own words: states, uptime with coverage, p95, every day of the bars",
    lambda asked: text(document.of(page_feed.of(asked.found, asked.now, asked.url), asked.buckets)),
    v1.PAGE,
)
OPENAPI = Route(
    "/api/openapi.json",
    route.JSON,
    "This list as an OpenAPI 3.1 document",
    lambda asked: text(openapi.document(EVERY, asked.url)),
    {"type": "object"},
)
EVERY: Routes = (*STATUSPAGE, OWN, *FEEDS, CALENDAR, *BADGES, OPENAPI)
