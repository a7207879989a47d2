"""What every view does: find its order, and answer with the headers of its kind."""

from flask import Response, abort, current_app, request

from allswell.central import page_data
from allswell_web.cache.directory import Directory
from allswell_web.cache.renderer import ORDER, RenderOrder
from allswell_web.presentation.context import Buckets
from allswell_web.responses import constant_responses

HTML_CACHE = "public, max-age=30, stale-while-revalidate=30, stale-if-error=86400"
PICTURE_CACHE = "public, max-age=86400"
# Of what is named by its content.
NAMED_CACHE = "public, max-age=31536000, immutable"


def order() -> RenderOrder:
    """The order of this request; the press puts it there."""
    found = request.environ[ORDER]
    assert isinstance(found, RenderOrder)  # noqa: S101 - see above
    return found


def found() -> tuple[page_data.PageData, Buckets]:
    """The facts and buckets of the order; 404 for an order of the list of pages."""
    material = order().material
    if material is None or material.facts is None:
        abort(404)
    return material.facts, material.buckets


def address(page: page_data.PageRow, directory: Directory, base_url: str) -> str:
    """Where a page is reached.

    At the first host name that leads to it, else at its own host under the domain of pages, else
    below `base_url`.
    """
    if page.served:
        return f"https://{page.served[0]}/"
    if page.address and directory.pages_domain:
        return f"https://{page.address}.{directory.pages_domain}/"
    paths = {entry.id: path for entry, path in directory.links()}
    return f"{base_url}{paths.get(page.id, '/')}"


def html(text: str, policy: str = "") -> Response:
    """A page; `policy` where it is not that of all pages."""
    response = Response(text, content_type=constant_responses.HTML)
    response.headers["Cache-Control"] = HTML_CACHE
    response.headers["Content-Security-Policy"] = policy or str(current_app.config["POLICY"])
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers.add(*constant_responses.NOSNIFF)
    return response


def picture(data: bytes, content_type: str, *, own: bool = False) -> Response:
    """A picture of ours or of the page's owner, which can do nothing where it is opened alone.

    One of ours that holds one of the `own`er's may show that, which stands in it.
    """
    response = Response(data, content_type=content_type)
    response.headers["Cache-Control"] = PICTURE_CACHE
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    ) + ("; img-src data:" if own else "")
    response.headers.add(*constant_responses.NOSNIFF)
    return response
