"""Build the responses of pages and pictures, each with the headers of its kind."""

from flask import Response, current_app

from allswell_web.responses import constant_responses

HTML_CACHE = "public, max-age=30, stale-while-revalidate=30, stale-if-error=86400"
PICTURE_CACHE = "public, max-age=86400"
# Of what is named by its content.
NAMED_CACHE = "public, max-age=31536000, immutable"


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
