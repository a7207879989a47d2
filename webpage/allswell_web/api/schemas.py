"""Words to write JSON Schemas (draft 2020-12) with: every object is closed, every key is there."""

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
    """An object with these keys and no other."""
    needed = [name for name in properties if name not in set(optional)]
    return {
        "type": "object",
        "properties": dict(properties),
        "required": needed,
        "additionalProperties": False,
    }


def each(schema: Schema) -> Schema:
    """A list of such things."""
    return {"type": "array", "items": schema}


def choice(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def maybe(schema: Schema) -> Schema:
    """Such a thing, or null."""
    return {"anyOf": [schema, NOTHING]}


def ref(name: str) -> Schema:
    """A schema by its name in the OpenAPI document."""
    return {"$ref": f"#/components/schemas/{name}"}
