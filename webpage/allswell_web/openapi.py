"""The OpenAPI 3.1 document of a page's routes for machines, made of their table."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from allswell_web.route import Route
from allswell_web.schemas import Schema
from allswell_web.statuspage import schema as statuspage
from allswell_web.v1 import schema as v1

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
        "paths": {entry.path: {"get": _operation(entry)} for entry in routes},
        "components": {"schemas": dict(SCHEMAS)},
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
