"""Encode values as JSON by their types, and decode them, to share or to keep them.

Never pickle: whoever can write to a shared store could run code here. A missing field takes its
default and an unknown one is ignored, so that this version and the next can read each other's;
whatever else does not fit is `DamagedSnapshot`.
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
Convert = Callable[[Any], Any]
# A type, or a form of types like `tuple[str, ...]`.
Kind = Any
FORMAT = 1
# A page of 200 components with 92 days each is about 4 MB; far more is not a snapshot.
MAX_BYTES = 256 * 1024 * 1024
_MISMATCHES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class SnapshotCodec(Generic[T]):
    """A pair of functions that write and read values of one type."""

    write: Callable[[T], bytes]
    read: Callable[[bytes], T]


def codec(kind: Kind) -> SnapshotCodec[Any]:
    """Return the codec of a type: dataclasses, tuples, mappings, enums, times and plain values."""
    encode, decode = _converters(kind)

    def write(value: object) -> bytes:
        document = {"format": FORMAT, "value": encode(value)}
        return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)

    def read(data: bytes) -> object:
        try:
            document = json.loads(_decompress(data))
            return decode(document["value"] if document["format"] == FORMAT else None)
        except DamagedSnapshot:
            raise
        except _MISMATCHES as problem:
            raise DamagedSnapshot(f"not a snapshot of format {FORMAT}") from problem

    return SnapshotCodec(write, read)


def _decompress(data: bytes) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        content = decompressor.decompress(data, MAX_BYTES)
    except zlib.error as problem:
        raise DamagedSnapshot("not compressed") from problem
    if not decompressor.eof:
        raise DamagedSnapshot("truncated, or too large")
    return content


@cache
def _converters(kind: Kind) -> tuple[Convert, Convert]:
    """Return how a value of a type becomes JSON, and how it is read back."""
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
    return _of_container(kind)


def _same(value: object) -> object:
    return value


def _checked(kind: type) -> Convert:
    """Return a check that refuses a JSON value of another type; a whole number is a float too."""
    allowed = (int, float) if kind is float else kind

    def take(value: object) -> object:
        if not isinstance(value, allowed) or (kind is int and isinstance(value, bool)):
            raise TypeError(f"expected {kind.__name__}")
        return value

    return take


def _of_fields(kind: type) -> tuple[Convert, Convert]:
    hints = get_type_hints(kind)
    converters = [
        (field.name, *_converters(hints[field.name])) for field in dataclasses.fields(kind)
    ]

    def write(value: object) -> dict[str, object]:
        return {name: encode(getattr(value, name)) for name, encode, _ in converters}

    def read(fields: Mapping[str, object]) -> object:
        return kind(
            **{name: decode(fields[name]) for name, _, decode in converters if name in fields}
        )

    return write, read


def _of_container(kind: Kind) -> tuple[Convert, Convert]:
    origin: object = get_origin(kind)
    inner: tuple[Any, ...] = get_args(kind)
    if origin in (Union, types.UnionType) and len(inner) == 2 and type(None) in inner:  # noqa: PLR2004
        (real,) = (part for part in inner if part is not type(None))
        encode, decode = _converters(real)
        return _unless_none(encode), _unless_none(decode)
    if origin is tuple and inner[1:] == (...,):
        return _columns(inner[0]) if dataclasses.is_dataclass(inner[0]) else _rows(inner[0])
    if origin is Mapping:
        return _pairs(_list(inner[0]), _list(inner[1]))
    raise TypeError(f"a snapshot cannot hold {kind}")


def _rows(kind: Kind) -> tuple[Convert, Convert]:
    encode, decode = _list(kind)
    return encode, lambda it: tuple(decode(it))


def _pairs(
    keys: tuple[Convert, Convert], values: tuple[Convert, Convert]
) -> tuple[Convert, Convert]:
    """Encode a mapping as its keys and its values, since keys are only text in JSON."""

    def write(mapping: Mapping[object, object]) -> list[object]:
        return [keys[0](mapping), values[0](mapping.values())]

    def read(keys_and_values: Sequence[Sequence[object]]) -> dict[object, object]:
        return dict(zip(keys[1](keys_and_values[0]), values[1](keys_and_values[1]), strict=True))

    return write, read


def _list(kind: Kind) -> tuple[Convert, Convert]:
    """Encode many values of one type; plain ones are checked together, ten times faster."""
    encode, decode = _converters(kind)
    if kind not in _PLAIN:
        return lambda it: list(map(encode, it)), lambda it: map(decode, it)
    allowed = {int, float} if kind is float else {kind}

    def read(values: list[object]) -> list[object]:
        if type(values) is not list or not set(map(type, values)) <= allowed:
            raise TypeError(f"expected a list of {kind.__name__}")
        return values

    return list, read


def _columns(kind: Kind) -> tuple[Convert, Convert]:
    """Encode many values of one dataclass as a list per field, which names each field once."""
    hints = get_type_hints(kind)
    converters = [(field.name, *_list(hints[field.name])) for field in dataclasses.fields(kind)]

    def write(values: Sequence[object]) -> dict[str, object]:
        return {name: encode(map(attrgetter(name), values)) for name, encode, _ in converters}

    def read(columns_by_name: Mapping[str, Sequence[object]]) -> tuple[object, ...]:
        present = [(name, decode) for name, _, decode in converters if name in columns_by_name]
        columns = [decode(columns_by_name[name]) for name, decode in present]
        names = [name for name, _ in present]
        return tuple(
            kind(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)
        )

    return write, read


def _unless_none(turn: Convert) -> Convert:
    return lambda it: None if it is None else turn(it)
