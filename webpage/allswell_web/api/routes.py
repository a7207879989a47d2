"""List every route of the API in one table, from which views and the OpenAPI document follow."""

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
# Any id gets an answer: a badge must not be a broken picture.
_ANY = {"type": "string", "minLength": 1, "description": "A component's id"}


def text(value: Json) -> str:
    """Write a JSON document on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _v2(name: str, summary: str, make: Callable[[PageFeed], Json], shape: Schema) -> Route:
    def make_body(request: RouteRequest) -> str:
        return text(make(page_feed.of(request.facts, request.now, request.url)))

    return Route(f"/api/v2/{name}.json", route.JSON, summary, make_body, shape)


STATUSPAGE = (
    _v2(
        "summary",
        "Status, components, open incidents, scheduled and active maintenance",
        documents.summary,
        schema.SUMMARY,
    ),
    _v2("status", "The overall status of the page", documents.status, schema.STATUS),
    _v2("components", "Groups and components", documents.all_components, schema.COMPONENTS),
    _v2("incidents", "The 50 newest incidents", documents.incidents, schema.INCIDENTS),
    _v2(
        "incidents/unresolved",
        "Unresolved incidents",
        documents.unresolved,
        schema.INCIDENTS,
    ),
    _v2(
        "scheduled-maintenances",
        "The 50 newest maintenance windows",
        documents.maintenances,
        schema.MAINTENANCES,
    ),
    _v2(
        "scheduled-maintenances/upcoming",
        "Maintenance that has not started",
        documents.upcoming,
        schema.MAINTENANCES,
    ),
    _v2(
        "scheduled-maintenances/active",
        "Maintenance in progress or being verified",
        documents.active,
        schema.MAINTENANCES,
    ),
)


def _feed(
    path: str, summary: str, build: Callable[[PageFeed, str], Feed], write: Callable[[Feed], str]
) -> Route:
    def make_body(request: RouteRequest) -> str:
        feed = page_feed.of(request.facts, request.now, request.url)
        return write(build(feed, path.removeprefix("/")))

    kind = route.ATOM if path.endswith(".atom") else route.RSS
    return Route(path, kind, summary, make_body)


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
    lambda request: calendar_feed.write(page_feed.of(request.facts, request.now, request.url)),
)


def _badge(
    ending: str, kind: RouteKind, write: Callable[[Badge], str], shape: Schema | None
) -> Routes:
    """Return the routes for badges of the page and of a component, for each fact of a list."""
    fact = {"fact": choice(*badge.FACTS)}
    one = {"component": _ANY, **fact}
    which = "|".join(badge.FACTS)
    return (
        Route(
            f"/badge/{{fact}}.{ending}",
            kind,
            f"A badge of the page: {which}",
            lambda request, fact: write(badge.of_page(request, fact)),
            shape,
            fact,
        ),
        Route(
            f"/badge/{{component}}/{{fact}}.{ending}",
            kind,
            "A badge of one component; grey for an unknown id",
            lambda request, component, fact: write(badge.of_component(request, component, fact)),
            shape,
            one,
            lambda request, component, **_: badge.find(request, component) is not None,
        ),
    )


BADGES = (
    *_badge("svg", route.BADGE, svg.draw, None),
    *_badge("json", route.SHIELD, lambda it: text(shield.of(it)), shield.SCHEMA),
)
OWN = Route(
    "/api/v1/page.json",
    route.JSON,
    "All data in our own format: statuses, uptime with coverage, p95, every day of the bars",
    lambda request: text(
        document.of(page_feed.of(request.facts, request.now, request.url), request.buckets)
    ),
    v1.PAGE,
)
OPENAPI = Route(
    "/api/openapi.json",
    route.JSON,
    "This API as an OpenAPI 3.1 document",
    lambda request: text(openapi.document(EVERY, request.url)),
    {"type": "object"},
)
EVERY: Routes = (*STATUSPAGE, OWN, *FEEDS, CALENDAR, *BADGES, OPENAPI)
