"""Serve pictures: those of statuses, and those of the page's owner."""

from flask import Blueprint, Response, abort

from allswell.domain.spec import look
from allswell_web.cache import render_order
from allswell_web.graphics import icons, theme
from allswell_web.pages import responses
from allswell_web.pages import views as pages_views
from allswell_web.presentation import presenter
from allswell_web.status.component_status import ComponentStatus

PNG = "image/png"
_STATES = ",".join(f'"{status.value}"' for status in ComponentStatus)

views = Blueprint("drawings", __name__)


@views.get(f"/icons/<any({_STATES}):state>.svg")
def icon(state: str) -> Response:
    """Serve the icon of a status."""
    return responses.picture(icons.svg(ComponentStatus(state)).encode(), "image/svg+xml")


@views.get(f"/icons/<digest>/<any({_STATES}):state>.svg")
def marked_icon(digest: str, state: str) -> Response:
    """Serve the owner's favicon with a status in its corner; 404 for one that is not current."""
    facts, _ = render_order.facts()
    status = ComponentStatus(state)
    if theme.icon(facts.pictures.favicon, status) != f"icons/{digest}/{state}.svg":
        abort(404)
    svg = icons.draw_with_favicon(status, facts.pictures.favicon).encode()
    return responses.picture(svg, "image/svg+xml", own=True)


@views.get(f"/icons/<any({_STATES}):state>.png")
def small_icon(state: str) -> Response:
    """Serve the icon as a PNG for browsers that show no SVG in tabs."""
    return responses.picture(icons.small(ComponentStatus(state)), PNG)


@views.get("/favicon.ico")
def default_icon() -> Response:
    """Serve the icon that browsers request by default."""
    return responses.picture(icons.small(presenter.page_status(pages_views.context_of(""))), PNG)


@views.get(f"/og/<any({_STATES}):state>.png")
def preview(state: str) -> Response:
    """Serve the preview picture of a link to the page."""
    return responses.picture(icons.large(ComponentStatus(state)), PNG)


@views.get('/<any("logo","favicon"):name>/<digest>')
def own(name: str, digest: str) -> Response:
    """Serve a picture of the page's owner; 404 for one that is not current."""
    facts, _ = render_order.facts()
    pictures = {"logo": facts.pictures.logo, "favicon": facts.pictures.favicon}
    if not pictures[name] or theme.address(name, pictures[name]) != f"{name}/{digest}":
        abort(404)
    content_type, data = look.decoded(pictures[name])
    response = responses.picture(data, content_type)
    response.headers["Cache-Control"] = responses.NAMED_CACHE
    return response
