"""A sheet: one answer with its bytes ready to send in both codings, and its freshness inside.

A sheet can be written as bytes and read back, so that a store needs no pickle.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from allswell.domain import instant

Headers = list[tuple[str, str]]
_LENGTH = 4


class Damaged(ValueError):
    """Bytes in the store that are no sheet."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A finished answer. `made` is when; until `fresh` it is sent without a question.

    Until `tellable` it may still be sent while a newer one is being made: later it would state
    something that nobody has observed. `version` is the page's, 0 where there is none.
    """

    headers: tuple[tuple[str, str], ...]
    etag: str
    body: bytes
    packed: bytes
    made: datetime
    fresh: datetime
    tellable: datetime
    version: int = 0


def etag_of(body: bytes) -> str:
    """A weak tag, the same for every coding."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'


def pack(body: bytes) -> bytes:
    """The body in gzip, equal bytes for equal bodies."""
    return gzip.compress(body, 9, mtime=0)


def write(sheet: Sheet) -> bytes:
    """All of a sheet as bytes: the length of a JSON head, the head, the body, the gzip body."""
    head = json.dumps(
        {
            "headers": sheet.headers,
            "etag": sheet.etag,
            "length": len(sheet.body),
            "made": instant.to_ms(sheet.made),
            "fresh": instant.to_ms(sheet.fresh),
            "tellable": instant.to_ms(sheet.tellable),
            "version": sheet.version,
        }
    ).encode()
    return len(head).to_bytes(_LENGTH) + head + sheet.body + sheet.packed


def read(data: bytes) -> Sheet:
    """Read what `write` wrote. Raises `Damaged`."""
    try:
        start = _LENGTH + int.from_bytes(data[:_LENGTH])
        head = json.loads(data[_LENGTH:start])
        middle = start + head["length"]
        return Sheet(
            headers=tuple((str(name), str(value)) for name, value in head["headers"]),
            etag=str(head["etag"]),
            body=data[start:middle],
            packed=data[middle:],
            made=instant.from_ms(head["made"]),
            fresh=instant.from_ms(head["fresh"]),
            tellable=instant.from_ms(head["tellable"]),
            version=int(head["version"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError) as problem:
        raise Damaged("this is not a sheet") from problem
