"""The views of a page's HTML: the page, its components, its incidents, its months."""

from flask import Blueprint, Response, abort, current_app, render_template, request

from allswell_web import answering, language, moments, policy, presenter, reply, scene, sources
from allswell_web.language import Language
from allswell_web.moments import Moment
from allswell_web.place import Place
from allswell_web.scene import Scene
from allswell_web.view import AnnouncementPage, ComponentPage, HistoryPage, Page

_CODES = ",".join(f'"{code.lower()}"' for code in language.NAMES)
CHOSEN = f"/<any({_CODES}):chosen>"

FRAMED = (Page, ComponentPage, AnnouncementPage, HistoryPage)

views = Blueprint("parts", __name__)


@views.get("/", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/")
def page(chosen: str) -> Response:
    """The page itself, or where there are several their list."""
    order = answering.order()
    if order.page is None and not chosen:
        links = order.directory.listed()
        return _shown(language.ENGLISH, "index.html", links=links)
    set_up = scene_of(chosen)
    return _shown(set_up.say, "page.html", page=presenter.page(set_up))


@views.get("/robots.txt")
def robots() -> Response:
    """Search engines may read all of it; the API too, for polite agents ask here."""
    response = Response("User-agent: *\nAllow: /\n", content_type=reply.PLAIN)
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers.add(*reply.NOSNIFF)
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


def scene_of(chosen: str) -> Scene:
    """The scene of the order, in the language that the path chooses."""
    order = answering.order()
    found, buckets = answering.found()
    url = ""
    if found.page.hostnames:
        base = str(current_app.config["BASE_URL"])
        url = answering.address(found.page, order.directory, base)
    return scene.of(
        found,
        buckets,
        order.now,
        url=url,
        place=Place(request.path, f"{chosen}/" if chosen else ""),
        say=_language(chosen) if chosen else None,
    )


def _language(chosen: str) -> Language:
    return next(one for one in language.every() if one.path == chosen)


def _shown(say: Language, template: str, **values: object) -> Response:
    page = values.get("page")
    own = page.frame.look.css if isinstance(page, FRAMED) else ""
    allowed = policy.of([sources.CSS, own], [sources.SCRIPT]) if own else ""
    return answering.html(
        render_template(
            template,
            language=say.code,
            _=say.markup,
            count=say.count,
            copied=_copied(say),
            **values,
        ),
        allowed,
    )


def _copied(say: Language) -> Moment | None:
    """Of when a copy is that may be read long after: with its date and year, whatever today is."""
    order = answering.order()
    found = None if order.material is None else order.material.facts
    if not order.copy or found is None or found.observed_through is None:
        return None
    through = min(found.observed_through, order.now)
    zone = moments.zone(found.page.time_zone)
    return moments.moment(through, moments.LONG_AGO, zone, say, seconds=True)
