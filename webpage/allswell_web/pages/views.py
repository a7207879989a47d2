"""Serve a page's HTML: the page, its components, its incidents, its months."""

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
from allswell_web.text import languages, markdown, times, untrusted_text
from allswell_web.text.languages import Language
from allswell_web.text.times import Moment

_CODES = ",".join(f'"{code.lower()}"' for code in languages.NAMES)
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
    """Serve the page itself, or the list of pages where there are several."""
    order = render_order.current()
    if order.page is None and not chosen:
        return _index(order.directory)
    page_context = context_of(chosen)
    return _render(page_context.language, "page.html", page=presenter.page(page_context))


@views.get("/uptime")
def uptime() -> Response:
    """Serve the page under Statuspage's name for it, so that old links keep working."""
    page_context = context_of("", "/")
    return _render(page_context.language, "page.html", page=presenter.page(page_context))


def _index(pages_directory: Directory) -> Response:
    """Render the list of pages, in the language that all of them share, or in English."""
    links = [
        ListedPage(
            path[1:],
            untrusted_text.line(page.title),
            page.look.language,
            markdown.html(page.description),
        )
        for page, path in pages_directory.listed()
    ]
    codes = {languages.of(link.code).code for link in links}
    language = languages.of(codes.pop()) if len(codes) == 1 else languages.ENGLISH
    return _render(language, "index.html", links=links)


@views.get("/robots.txt")
def robots() -> Response:
    """Allow search engines everything, and the API to polite agents."""
    response = Response("User-agent: *\nAllow: /\n", content_type=constant_responses.PLAIN)
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers.add(*constant_responses.NOSNIFF)
    return response


@views.get("/components/<public_id>", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/components/<public_id>")
def component(chosen: str, public_id: str) -> Response:
    """Serve the page of one component."""
    page_context = context_of(chosen)
    component_page = presenter.component_page(page_context, public_id)
    return _render(page_context.language, "component.html", page=component_page or abort(404))


@views.get("/incidents/<public_id>", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/incidents/<public_id>")
def announcement(chosen: str, public_id: str) -> Response:
    """Serve the page of one incident, or of one maintenance."""
    page_context = context_of(chosen)
    announcement_page = presenter.announcement_page(page_context, public_id)
    return _render(page_context.language, "announcement.html", page=announcement_page or abort(404))


@views.get("/history", defaults={"chosen": "", "month": ""})
@views.get("/history/<month>", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/history", defaults={"month": ""})
@views.get(f"{CHOSEN}/history/<month>")
def history(chosen: str, month: str) -> Response:
    """Serve the incident history of this month, or of another."""
    page_context = context_of(chosen)
    history_page = presenter.history_page(page_context, month)
    return _render(page_context.language, "history.html", page=history_page or abort(404))


def context_of(chosen: str, path: str = "") -> PageContext:
    """Return the context of the order, in the language that the path selects.

    `path` replaces the request's where the content is that of another path.
    """
    order = render_order.current()
    facts, buckets = render_order.facts()
    return context.of(
        facts,
        buckets,
        order.now,
        url=_public_url(facts.page, order.directory),
        links=Links(path or request.path, f"{chosen}/" if chosen else ""),
        language=_language(chosen) if chosen else None,
    )


def _public_url(page: page_data.PageRow, pages_directory: Directory) -> str:
    """Return the address at which everybody reaches a page; empty if unknown.

    Nothing of the visitor's request is used. The installation's own address counts where it is a
    name, not an address that a process listens at.
    """
    url = pages_directory.url(page, str(current_app.config["BASE_URL"]))
    host = directory.normal(urllib.parse.urlsplit(url).netloc)
    return "" if not host or directory.is_bare(host) else url


def _language(chosen: str) -> Language:
    return next(one for one in languages.available() if one.path == chosen)


def _render(language: Language, template: str, **values: object) -> Response:
    page = values.get("page")
    frame = page.frame if isinstance(page, FRAMED) else None
    own_css = "" if frame is None else frame.look.css
    owner_lang = Markup(' lang="{}"').format(frame.owner_lang) if frame and frame.owner_lang else ""
    policy = csp.of([assets.CSS, own_css], [assets.SCRIPT]) if own_css else ""
    return responses.html(
        render_template(
            template,
            language=language.code,
            direction=language.direction,
            owner_lang=owner_lang,
            _=language.markup,
            plural=language.plural,
            data_time=_data_time(language),
            **values,
        ),
        policy,
    )


def _data_time(language: Language) -> Moment | None:
    """Return the time of a static copy's data, with date and year; None for a live page."""
    order = render_order.current()
    facts = None if order.material is None else order.material.facts
    if not order.copy or facts is None or facts.observed_through is None:
        return None
    observed_through = min(facts.observed_through, order.now)
    zone = times.zone(facts.page.time_zone)
    return times.moment(observed_through, times.LONG_AGO, zone, language, seconds=True)
