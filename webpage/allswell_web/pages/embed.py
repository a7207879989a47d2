"""Serve the widget that other sites may show in a frame: the overall status and a link.

It has a style sheet of its own and may be framed by any site; no other part of a page may.
"""

from pathlib import Path

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from allswell_web.graphics import stylesheets
from allswell_web.pages import responses
from allswell_web.pages import views as pages_views
from allswell_web.pages.views import CHOSEN
from allswell_web.presentation import presenter

_CSS = Path(__file__).parents[1] / "templates" / "embed.css"
CSS = stylesheets.minify(_CSS.read_text(encoding="utf-8"))
POLICY = (
    f"default-src 'none'; style-src '{stylesheets.digest(CSS)}'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors *"
)

views = Blueprint("embed", __name__)


@views.get("/embed", defaults={"chosen": ""})
@views.get(f"{CHOSEN}/embed")
def embed(chosen: str) -> Response:
    """Render the widget."""
    context = pages_views.context_of(chosen)
    # Our own file, not input: it must not be escaped, or its hash would differ.
    style = Markup(CSS)  # noqa: S704
    page = presenter.page(context)
    text = render_template(
        "embed.html",
        page=page,
        style=style,
        language=context.language.code,
        _=context.language.markup,
    )
    return responses.html(text, POLICY)
