"""Build the OpenAPI 3.1 document of a page's routes from their table."""

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
    "The machine-readable interfaces of a status page. Every response has an ETag that does not "
    "change while the data does not: send it in `If-None-Match` to get a 304."
)
_NOT_MODIFIED = {
    "description": "Not modified: the client's copy, named in `If-None-Match`, is current."
}
_NOT_FOUND = {
    "description": "There is no such page or resource.",
    "content": {"text/html": {"schema": {"type": "string"}}},
}
_UNAVAILABLE = {
    "description": "The page has no data yet; `Retry-After` says when to try again.",
    "headers": {"Retry-After": {"schema": {"type": "integer"}}},
    "content": {"text/html": {"schema": {"type": "string"}}},
}


def document(routes: Iterable[Route], url: str) -> Mapping[str, object]:
    """Build the document for the page at `url`, which ends with a slash."""
    return {
        "openapi": VERSION,
        "info": {"title": "Status page", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": url.rstrip("/") or "/"}],
        "paths": {**{entry.path: {"get": _operation(entry)} for entry in routes}, **_others(url)},
        "components": {"schemas": dict(SCHEMAS)},
    }


def _others(url: str) -> Mapping[str, object]:
    """Describe what is not in the table: the widget for other sites, and the process's health.

    The process answers at the root of its host, wherever the page is. Its metrics are for the
    installation's own Prometheus only, so they are not listed.
    """
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "/"
    html = {"text/html": {"schema": {"type": "string"}}}
    widget = "The overall status as a small widget for a frame on any site"
    health = "Liveness of the process; it says nothing about the page's data"
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
                "summary": health,
                "responses": {"200": {"description": health, "content": plain}},
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
