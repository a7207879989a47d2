"""The views of pictures: those of states, and those of the page's owner."""

from flask import Blueprint, Response, abort

from allswell.domain.spec import look
from allswell_web.cache import render_order
from allswell_web.graphics import icons, theme
from allswell_web.pages import responses
from allswell_web.pages import views as pages_views
from allswell_web.presentation import presenter
from allswell_web.status.component_status import ComponentStatus

PNG = "image/png"
_STATES = ",".join(f'"{what.value}"' for what in ComponentStatus)

views = Blueprint("drawings", __name__)


@views.get(f"/icons/<any({_STATES}):state>.svg")
def icon(state: str) -> Response:
    """The icon of a state."""
    return responses.picture(icons.svg(ComponentStatus(state)).encode(), "image/svg+xml")


@views.get(f"/icons/<digest>/<any({_STATES}):state>.svg")
def marked_icon(digest: str, state: str) -> Response:
    """The owner's favicon with a state in its corner; 404 for one that it no longer has."""
    found, _ = render_order.facts()
    what = ComponentStatus(state)
    if theme.icon(found.pictures.favicon, what) != f"icons/{digest}/{state}.svg":
        abort(404)
    drawn = icons.marked(what, found.pictures.favicon).encode()
    return responses.picture(drawn, "image/svg+xml", own=True)


@views.get(f"/icons/<any({_STATES}):state>.png")
def small_icon(state: str) -> Response:
    """The same for browsers that draw no SVG there."""
    return responses.picture(icons.small(ComponentStatus(state)), PNG)


@views.get("/favicon.ico")
def default_icon() -> Response:
    """What browsers ask for without being told to."""
    return responses.picture(icons.small(presenter.page_status(pages_views.scene_of(""))), PNG)


@views.get(f"/og/<any({_STATES}):state>.png")
def preview(state: str) -> Response:
    """What a link to the page brings along."""
    return responses.picture(icons.large(ComponentStatus(state)), PNG)


@views.get('/<any("logo","favicon"):name>/<digest>')
def own(name: str, digest: str) -> Response:
    """A picture of the page's owner; 404 for one that it no longer has."""
    found, _ = render_order.facts()
    pictures = {"logo": found.pictures.logo, "favicon": found.pictures.favicon}
    if not pictures[name] or theme.address(name, pictures[name]) != f"{name}/{digest}":
        abort(404)
    kind, data = look.decoded(pictures[name])
    response = responses.picture(data, kind)
    response.headers["Cache-Control"] = responses.NAMED_CACHE
    return response
