"""The Flask app: a view per route of a page. A view shows its `Order` and reads nothing else."""

import base64
import hashlib
import json
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request
from markupsafe import Markup

from allswell.central import facts
from allswell_web import presenter, reply, statuspage
from allswell_web.directory import Directory
from allswell_web.press import ORDER, Order
from allswell_web.reply import Notices

HTML_CACHE = "public, max-age=30, stale-while-revalidate=30, stale-if-error=86400"
JSON_CACHE = "public, max-age=15, s-maxage=30, stale-while-revalidate=30, stale-if-error=3600"
_CSS = Path(__file__).parent / "templates" / "page.css"

views = Blueprint("page", __name__)


def create(base_url: str = "") -> Flask:
    """The app. `base_url` is where pages without a host name of their own are reached."""
    app = Flask("allswell_web", static_folder=None)
    css = minified(_CSS.read_text(encoding="utf-8"))
    app.config["BASE_URL"] = base_url.rstrip("/")
    app.config["POLICY"] = policy(css)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    # Our own file and no input: it must stand unescaped for its hash to be true.
    app.jinja_env.globals["css"] = Markup(css)  # noqa: S704
    app.register_blueprint(views)
    return app


def minified(css: str) -> str:
    """A style sheet without its indentation and line ends, which nobody reads."""
    return "".join(line.strip() for line in css.splitlines())


def policy(css: str) -> str:
    """The content security policy: nothing but this style sheet and pictures of our own."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


def notices(app: Flask) -> Notices:
    """The constant answers in the look of the page."""
    with app.app_context():
        return reply.notices(
            render_template("not_found.html"),
            render_template("unavailable.html"),
            app.config["POLICY"],
        )


@views.get("/")
def page() -> Response:
    """The page itself, or where there are several their list."""
    order = _order()
    base = str(_config("BASE_URL"))
    if order.page is None:
        text = render_template("index.html", links=order.directory.links())
    else:
        found, material = _found(order)
        url = address(found.page, order.directory, base) if found.page.hostnames else ""
        shown = presenter.page(found, material, order.now, url)
        text = render_template("page.html", page=shown)
    return _html(text)


@views.get("/api/v2/summary.json")
def summary() -> Response:
    """Everything in Statuspage's shape."""
    order = _order()
    found, _ = _found(order)
    return _json(statuspage.summary(found, order.now, _url(found.page, order)))


@views.get("/api/v2/status.json")
def status() -> Response:
    """The overall state in Statuspage's shape."""
    order = _order()
    found, _ = _found(order)
    return _json(statuspage.status(found, order.now, _url(found.page, order)))


def address(page: facts.Page, directory: Directory, base_url: str) -> str:
    """Where a page is reached: its first host name, else its path below `base_url`."""
    if page.hostnames:
        return f"https://{page.hostnames[0]}/"
    paths = {entry.id: path for entry, path in directory.links()}
    return f"{base_url}{paths.get(page.id, '/')}"


def _url(page: facts.Page, order: Order) -> str:
    return address(page, order.directory, str(_config("BASE_URL")))


def _config(name: str) -> object:
    return current_app.config[name]


def _order() -> Order:
    order = request.environ[ORDER]
    assert isinstance(order, Order)  # noqa: S101 - the press puts it there
    return order


def _found(order: Order) -> tuple[facts.Facts, presenter.Buckets]:
    """The facts and buckets of an order; 404 for an order of the list of pages."""
    if order.material is None or order.material.facts is None:
        abort(404)
    return order.material.facts, order.material.buckets


def _html(text: str) -> Response:
    response = Response(text, content_type=reply.HTML)
    response.headers["Cache-Control"] = HTML_CACHE
    response.headers["Content-Security-Policy"] = str(_config("POLICY"))
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers.add(*reply.NOSNIFF)
    return response


def _json(value: statuspage.Json) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, content_type="application/json; charset=utf-8")
    response.headers["Cache-Control"] = JSON_CACHE
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers.add(*reply.NOSNIFF)
    response.headers.add(*reply.CORS)
    return response
