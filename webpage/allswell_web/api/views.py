"""Define the views of the API: one for each route of the table."""

from collections.abc import Callable

from flask import Blueprint, Response, current_app

from allswell_web.api import routes
from allswell_web.api.route import Route, RouteKind, RouteRequest
from allswell_web.cache import render_order
from allswell_web.cache.render_order import UncachedResponse
from allswell_web.responses import constant_responses

views = Blueprint("machine", __name__)


def view_of(route: Route) -> Callable[..., Response]:
    """Return the view that answers with a route."""

    def view(**values: str) -> Response:
        order = render_order.current()
        facts, buckets = render_order.facts()
        base = str(current_app.config["BASE_URL"])
        url = order.directory.url(facts.page, base)
        request = RouteRequest(facts, buckets, order.now, url)
        response_class = Response if route.is_known(request, **values) else UncachedResponse
        return _answer(route.kind, response_class(route.make(request, **values)))

    return view


def _answer(kind: RouteKind, response: Response) -> Response:
    response.headers["Content-Type"] = kind.media_type
    response.headers["Cache-Control"] = kind.cache
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers.add(*constant_responses.NOSNIFF)
    if kind.is_open:
        response.headers.add(*constant_responses.CORS)
    for name, value in kind.headers:
        response.headers[name] = value
    return response


for _route in routes.EVERY:
    views.add_url_rule(_route.rule, _route.name, view_of(_route), methods=["GET"])
