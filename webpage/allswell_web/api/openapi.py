"""The OpenAPI 3.1 document of a page's routes for machines, made of their table."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from allswell_web.api.route import Route
from allswell_web.api.schemas import Schema
from allswell_web.api.statuspage import schema as statuspage
from allswell_web.api.v1 import schema as v1

VERSION = "3.1.0"
SCHEMAS: Mapping[str, Schema] = MappingProxyType({**statuspage.SCHEMAS, **v1.SCHEMAS})
_DESCRIPTION = (
    "What a status page tells machines. Every answer has an ETag that stands still while nothing "
    "changes: send it back in `If-None-Match` and get 304."
)
_NOT_MODIFIED = {"description": "You have this copy already: `If-None-Match` names it."}
_NOT_FOUND = {
    "description": "There is no such page, or nothing at this address.",
    "content": {"text/html": {"schema": {"type": "string"}}},
}
_UNAVAILABLE = {
    "description": "The page has no data yet; `Retry-After` says when to ask again.",
    "headers": {"Retry-After": {"schema": {"type": "integer"}}},
    "content": {"text/html": {"schema": {"type": "string"}}},
}


def document(routes: Iterable[Route], url: str) -> Mapping[str, object]:
    """The document for the page at `url`, which ends with a slash."""
    return {
        "openapi": VERSION,
        "info": {"title": "Status page", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": url.rstrip("/") or "/"}],
        "paths": {**{entry.path: {"get": _operation(entry)} for entry in routes}, **_others(url)},
        "components": {"schemas": dict(SCHEMAS)},
    }


def _others(url: str) -> Mapping[str, object]:
    """What is not made by the table: the widget for other sites, and the health of the process.

    The process answers at the root of its host, wherever the page stands. Its figures are for the
    installation's own Prometheus, and for nobody else.
    """
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "/"
    html = {"text/html": {"schema": {"type": "string"}}}
    widget = "The state in a few lines, made to stand in a frame on any site"
    alive = "The process answers; it says nothing of the page's data"
    plain = {"text/plain": {"schema": {"type": "string", "const": "ok\n"}}}
    return {
        "/embed": {
            "get": {
                "operationId": "embed",
                "summary": widget,
                "responses": {
                    "200": {"description": widget, "content": html},
                    "304": _NOT_MODIFIED,
                    "404": _NOT_FOUND,
                    "503": _UNAVAILABLE,
                },
            }
        },
        "/healthz": {
            "servers": [{"url": root}],
            "get": {
                "operationId": "healthz",
                "summary": alive,
                "responses": {"200": {"description": alive, "content": plain}},
            },
        },
    }


def _operation(entry: Route) -> Mapping[str, object]:
    return {
        "operationId": entry.name,
        "summary": entry.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": dict(schema)}
            for name, schema in entry.parameters.items()
        ],
        "responses": {
            "200": {
                "description": entry.summary,
                "headers": {
                    "ETag": {"schema": {"type": "string"}},
                    "Cache-Control": {"schema": {"type": "string", "const": entry.kind.cache}},
                },
                "content": {
                    entry.kind.media_type.partition(";")[0]: {
                        "schema": dict(entry.schema or {"type": "string"})
                    }
                },
            },
            "304": _NOT_MODIFIED,
            "404": _NOT_FOUND,
            "503": _UNAVAILABLE,
        },
    }
