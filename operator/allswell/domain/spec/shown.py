"""Quote what somebody wrote in a message: short, on one line, whatever it is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeGuard

LONGEST = 60
_HUGE = 10**18
_KINDS = {
    type(None): "nothing",
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    bytes: "binary data",
}


def kind_of(value: object) -> str:
    """Return the word for a value's type that people who write YAML use."""
    known = _KINDS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Mapping):
        return "a mapping"
    if is_list(value):
        return "a list"
    return "a date" if isinstance(value, date) else "something else"


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Tell whether a value is what YAML calls a sequence; text and binary data are not."""
    return isinstance(value, list | tuple)


def clipped(text: str) -> str:
    """Return a text with its end cut off when it is long."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shown(value: object) -> str:
    """Return a scalar as it was written; of anything larger only its kind."""
    if isinstance(value, str):
        return repr(clipped(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _HUGE):
        return str(value)
    return kind_of(value)


def name_of(key: object) -> str:
    """Return a mapping's key as a part of a path; in YAML a key need not be text."""
    return key if isinstance(key, str) else shown(key)
