"""Build the responses of pages and pictures, each with the headers of its kind."""

from flask import Response, current_app

from allswell_web.responses import constant_responses

HTML_CACHE = "public, max-age=30, stale-while-revalidate=30, stale-if-error=86400"
PICTURE_CACHE = "public, max-age=86400"
# For what is named by its content.
NAMED_CACHE = "public, max-age=31536000, immutable"


def html(text: str, policy: str = "") -> Response:
    """Build the response of a page; `policy` where it is not that of all pages."""
    response = Response(text, content_type=constant_responses.HTML)
    response.headers["Cache-Control"] = HTML_CACHE
    response.headers["Content-Security-Policy"] = policy or str(current_app.config["POLICY"])
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers.add(*constant_responses.NOSNIFF)
    return response


def picture(data: bytes, content_type: str, *, own: bool = False) -> Response:
    """Build the response of a picture, which can do nothing where it is opened on its own.

    With `own` the picture embeds one of the owner's, which it may show.
    """
    response = Response(data, content_type=content_type)
    response.headers["Cache-Control"] = PICTURE_CACHE
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    ) + ("; img-src data:" if own else "")
    response.headers.add(*constant_responses.NOSNIFF)
    return response
