"""The views of a page's HTML: the page, its components, its incidents, its months."""

import urllib.parse
from dataclasses import dataclass

from flask import Blueprint, Response, abort, current_app, render_template, request
from markupsafe import Markup

from allswell.central import page_data
from allswell_web.cache import directory, render_order
from allswell_web.cache.directory import Directory
from allswell_web.graphics import assets
from allswell_web.pages import responses
from allswell_web.presentation import context, presenter
from allswell_web.presentation.context import PageContext
from allswell_web.presentation.links import Links
from allswell_web.presentation.view import (
    AnnouncementPageView,
    ComponentPageView,
    HistoryPageView,
    PageView,
)
from allswell_web.responses import constant_responses, csp
from allswell_web.text import language, markdown, times, untrusted_text
from allswell_web.text.language import Language
from allswell_web.text.times import Moment

_CODES = ",".join(f'"{code.lower()}"' for code in language.NAMES)
CHOSEN = f"/<any({_CODES}):chosen>"

FRAMED = (PageView, ComponentPageView, AnnouncementPageView, HistoryPageView)

views = Blueprint("parts", __name__)


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page in the list of pages; `code` is its language as its owner wrote it, or empty."""

    address: str
    title: str
    code: str
    description: Markup


@views.get("/", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/")
def page(chosen: str) -> Response:
    """The page itself, or where there are several their list."""
    order = render_order.current()
    if order.page is None and not chosen:
        return _index(order.directory)
    set_up = scene_of(chosen)
    return _shown(set_up.say, "page.html", page=presenter.page(set_up))


@views.get("/uptime")
def uptime() -> Response:
    """The page again: Statuspage has one of that name, and links to it outlive the move to us."""
    set_up = scene_of("", "/")
    return _shown(set_up.say, "page.html", page=presenter.page(set_up))


def _index(known: Directory) -> Response:
    """The list of pages, in the language that all of them share, or in English."""
    links = [
        ListedPage(
            path[1:],
            untrusted_text.line(page.title),
            page.look.language,
            markdown.html(page.description),
        )
        for page, path in known.listed()
    ]
    spoken = {language.of(link.code).code for link in links}
    say = language.of(spoken.pop()) if len(spoken) == 1 else language.ENGLISH
    return _shown(say, "index.html", links=links)


@views.get("/robots.txt")
def robots() -> Response:
    """Search engines may read all of it; the API too, for polite agents ask here."""
    response = Response("User-agent: *\nAllow: /\n", content_type=constant_responses.PLAIN)
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers.add(*constant_responses.NOSNIFF)
    return response


@views.get("/components/<public_id>", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/components/<public_id>")
def component(chosen: str, public_id: str) -> Response:
    """One component."""
    set_up = scene_of(chosen)
    found = presenter.component_page(set_up, public_id)
    return _shown(set_up.say, "part.html", page=found or abort(404))


@views.get("/incidents/<public_id>", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/incidents/<public_id>")
def announcement(chosen: str, public_id: str) -> Response:
    """One incident, or one maintenance."""
    set_up = scene_of(chosen)
    found = presenter.announcement_page(set_up, public_id)
    return _shown(set_up.say, "announcement.html", page=found or abort(404))


@views.get("/history", defaults={"chosen": "", "month": ""})
@views.get("/history/<month>", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/history", defaults={"month": ""})
@views.get(f"{CHOSEN}/history/<month>")
def history(chosen: str, month: str) -> Response:
    """What happened in this month, or in another."""
    set_up = scene_of(chosen)
    found = presenter.history_page(set_up, month)
    return _shown(set_up.say, "history.html", page=found or abort(404))


def scene_of(chosen: str, path: str = "") -> PageContext:
    """The scene of the order, in the language that the path chooses; `path` if it is another's."""
    order = render_order.current()
    found, buckets = render_order.facts()
    return context.of(
        found,
        buckets,
        order.now,
        url=_public(found.page, order.directory),
        place=Links(path or request.path, f"{chosen}/" if chosen else ""),
        say=_language(chosen) if chosen else None,
    )


def _public(page: page_data.PageRow, known: Directory) -> str:
    """Where everybody reaches a page, never by what a visitor's request says; empty if unknown.

    The installation's own address is everybody's where it is a name, not where a process listens.
    """
    url = known.url(page, str(current_app.config["BASE_URL"]))
    host = directory.normal(urllib.parse.urlsplit(url).netloc)
    return "" if not host or directory.is_bare(host) else url


def _language(chosen: str) -> Language:
    return next(one for one in language.every() if one.path == chosen)


def _shown(say: Language, template: str, **values: object) -> Response:
    page = values.get("page")
    frame = page.frame if isinstance(page, FRAMED) else None
    own = "" if frame is None else frame.look.css
    theirs = Markup(' lang="{}"').format(frame.own) if frame and frame.own else ""
    allowed = csp.of([assets.CSS, own], [assets.SCRIPT]) if own else ""
    return responses.html(
        render_template(
            template,
            language=say.code,
            direction=say.direction,
            theirs=theirs,
            _=say.markup,
            count=say.count,
            copied=_copied(say),
            **values,
        ),
        allowed,
    )


def _copied(say: Language) -> Moment | None:
    """Of when a copy is that may be read long after: with its date and year, whatever today is."""
    order = render_order.current()
    found = None if order.material is None else order.material.facts
    if not order.copy or found is None or found.observed_through is None:
        return None
    through = min(found.observed_through, order.now)
    zone = times.zone(found.page.time_zone)
    return times.moment(through, times.LONG_AGO, zone, say, seconds=True)
