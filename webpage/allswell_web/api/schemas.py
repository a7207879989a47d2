"""Build JSON Schemas (draft 2020-12): every object is closed, every key is required."""

from collections.abc import Iterable, Mapping

Schema = Mapping[str, object]
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 100}
NOTHING: Schema = {"type": "null"}
ID: Schema = {"type": "string", "pattern": "^[a-z0-9]{12}$"}
TIME: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
}
DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


def closed(properties: Mapping[str, Schema], optional: Iterable[str] = ()) -> Schema:
    """Return the schema of an object with these keys and no other."""
    required = [name for name in properties if name not in set(optional)]
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def each(schema: Schema) -> Schema:
    """Return the schema of a list of such items."""
    return {"type": "array", "items": schema}


def choice(*words: str) -> Schema:
    """Return the schema of one of these words."""
    return {"type": "string", "enum": list(words)}


def maybe(schema: Schema) -> Schema:
    """Return the schema of such a value, or null."""
    return {"anyOf": [schema, NOTHING]}


def ref(name: str) -> Schema:
    """Refer to a schema by its name in the OpenAPI document."""
    return {"$ref": f"#/components/schemas/{name}"}
