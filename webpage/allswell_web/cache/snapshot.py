"""Values as JSON and back, by their types: what outlives a process, or is shared by several.

Never pickle: whoever can write to a shared store could run code here. A field that is missing takes
its default and one that is unknown is left alone, so that this version and the next read each
other; whatever else does not fit is `Damaged`.
"""

import dataclasses
import json
import types
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from allswell.domain import instant
from allswell_web.errors import DamagedSnapshot

T = TypeVar("T")
Turn = Callable[[Any], Any]
# A type, or a form of types like `tuple[str, ...]`.
Kind = Any
FORMAT = 1
# A page of 200 components with 92 days each is about 4 MB; far more is no snapshot of ours.
MOST_BYTES = 256 * 1024 * 1024
_MISFITS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class SnapshotCodec(Generic[T]):
    """Writes and reads values of one type."""

    write: Callable[[T], bytes]
    read: Callable[[bytes], T]


def codec(kind: Kind) -> SnapshotCodec[Any]:
    """The codec of a type of dataclasses, tuples, mappings, enums, moments and plain values."""
    turned, taken = _both(kind)

    def write(value: object) -> bytes:
        whole = {"format": FORMAT, "value": turned(value)}
        return zlib.compress(json.dumps(whole, separators=(",", ":")).encode(), 1)

    def read(data: bytes) -> object:
        try:
            whole = json.loads(_unpacked(data))
            return taken(whole["value"] if whole["format"] == FORMAT else None)
        except DamagedSnapshot:
            raise
        except _MISFITS as problem:
            raise DamagedSnapshot(f"this is no snapshot of format {FORMAT}") from problem

    return SnapshotCodec(write, read)


def _unpacked(data: bytes) -> bytes:
    opened = zlib.decompressobj()
    try:
        found = opened.decompress(data, MOST_BYTES)
    except zlib.error as problem:
        raise DamagedSnapshot("this is not compressed") from problem
    if not opened.eof:
        raise DamagedSnapshot("this is cut off, or too large")
    return found


@cache
def _both(kind: Kind) -> tuple[Turn, Turn]:
    """How a value of a type becomes JSON, and how it is read back."""
    if kind in _PLAIN:
        return _same, _checked(kind)
    if kind is datetime:
        return instant.to_ms, lambda ms: instant.from_ms(int(ms))
    if kind is timedelta:
        return lambda it: it // instant.MILLISECOND, lambda ms: int(ms) * instant.MILLISECOND
    if kind is date:
        return date.isoformat, date.fromisoformat
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda it: it.value, kind
    if dataclasses.is_dataclass(kind):
        return _of_fields(cast("type", kind))
    return _of_many(kind)


def _same(value: object) -> object:
    return value


def _checked(kind: type) -> Turn:
    """Refuses what JSON says in another type; a whole number is a float too."""
    allowed = (int, float) if kind is float else kind

    def take(value: object) -> object:
        if not isinstance(value, allowed) or (kind is int and isinstance(value, bool)):
            raise TypeError(f"{kind.__name__} is wanted")
        return value

    return take


def _of_fields(kind: type) -> tuple[Turn, Turn]:
    hints = get_type_hints(kind)
    turns = [(field.name, *_both(hints[field.name])) for field in dataclasses.fields(kind)]

    def write(value: object) -> dict[str, object]:
        return {name: turned(getattr(value, name)) for name, turned, _ in turns}

    def read(found: Mapping[str, object]) -> object:
        return kind(**{name: taken(found[name]) for name, _, taken in turns if name in found})

    return write, read


def _of_many(kind: Kind) -> tuple[Turn, Turn]:
    origin: object = get_origin(kind)
    inner: tuple[Any, ...] = get_args(kind)
    if origin in (Union, types.UnionType) and len(inner) == 2 and type(None) in inner:  # noqa: PLR2004
        (real,) = (part for part in inner if part is not type(None))
        turned, taken = _both(real)
        return _unless_none(turned), _unless_none(taken)
    if origin is tuple and inner[1:] == (...,):
        return _columns(inner[0]) if dataclasses.is_dataclass(inner[0]) else _rows(inner[0])
    if origin is Mapping:
        return _pairs(_list(inner[0]), _list(inner[1]))
    raise TypeError(f"no snapshot holds a {kind}")


def _rows(kind: Kind) -> tuple[Turn, Turn]:
    turned, taken = _list(kind)
    return turned, lambda it: tuple(taken(it))


def _pairs(keys: tuple[Turn, Turn], values: tuple[Turn, Turn]) -> tuple[Turn, Turn]:
    """A mapping: its keys and its values, since keys are only text in JSON."""

    def write(it: Mapping[object, object]) -> list[object]:
        return [keys[0](it), values[0](it.values())]

    def read(found: Sequence[Sequence[object]]) -> dict[object, object]:
        return dict(zip(keys[1](found[0]), values[1](found[1]), strict=True))

    return write, read


def _list(kind: Kind) -> tuple[Turn, Turn]:
    """Many of one type at once; plain ones are checked together, which is ten times faster."""
    turned, taken = _both(kind)
    if kind not in _PLAIN:
        return lambda it: list(map(turned, it)), lambda it: map(taken, it)
    allowed = {int, float} if kind is float else {kind}

    def read(found: list[object]) -> list[object]:
        if type(found) is not list or not set(map(type, found)) <= allowed:
            raise TypeError(f"a list of {kind.__name__} is wanted")
        return found

    return list, read


def _columns(kind: Kind) -> tuple[Turn, Turn]:
    """Many of one dataclass: a list per field, which names each field once."""
    hints = get_type_hints(kind)
    turns = [(field.name, *_list(hints[field.name])) for field in dataclasses.fields(kind)]

    def write(values: Sequence[object]) -> dict[str, object]:
        return {name: turned(map(attrgetter(name), values)) for name, turned, _ in turns}

    def read(found: Mapping[str, Sequence[object]]) -> tuple[object, ...]:
        there = [(name, taken) for name, _, taken in turns if name in found]
        columns = [taken(found[name]) for name, taken in there]
        names = [name for name, _ in there]
        return tuple(
            kind(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)
        )

    return write, read


def _unless_none(turn: Turn) -> Turn:
    return lambda it: None if it is None else turn(it)
