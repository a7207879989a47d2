"""How a checker brings a day file to the archive, as values and as JSON.

It says what it has, and is told where to put it; it puts it there, and says so; and only when it is
told that the archive has it, it may forget its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from allswell.domain.archive import DayFileContent
from allswell.domain.message import MalformedMessage, MessageReader
from allswell.domain.report import VERSION, Json

MOST_BYTES = 64 * 2**20
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """A day file that a checker has made of a monitor's store.

    It is `whole` if it holds whatever the archive was given of that day and store before. As long
    as the checker asks where to put it, `revision` is 0; then it is the one that it was told.
    """

    monitor: str
    store: str
    day: date
    content: DayFileContent
    whole: bool = True
    revision: int = 0


@dataclass(frozen=True, slots=True)
class UploadPermit:
    """What the centre answers: the archive has it (`recorded`), or where to put it.

    Without a `url` it is there already, and only to be told of with its `revision`.
    """

    recorded: bool = False
    revision: int = 0
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def request_json(deposit: UploadRequest) -> Json:
    """A deposit as a JSON object."""
    return {
        "v": VERSION,
        "monitor": deposit.monitor,
        "store": deposit.store,
        "day": deposit.day.isoformat(),
        "size": deposit.content.size,
        "sha256": deposit.content.sha256,
        "samples": deposit.content.samples,
        "whole": deposit.whole,
        "revision": deposit.revision,
    }


def read_request(value: object) -> UploadRequest:
    """Read a deposit. Raises `Malformed`."""
    reader = MessageReader(value)
    size, sha256 = reader.count("size"), reader.text("sha256")
    if not 1 <= size <= MOST_BYTES:
        raise MalformedMessage(f"size must be from 1 to {MOST_BYTES}")
    if _SHA256.fullmatch(sha256) is None:
        raise MalformedMessage("sha256 must be 64 of 0-9 and a-f")
    return UploadRequest(
        monitor=reader.text("monitor"),
        store=reader.text("store"),
        day=reader.day("day"),
        content=DayFileContent(size, sha256, reader.count("samples")),
        whole=reader.flag("whole"),
        revision=reader.maybe_count("revision") or 0,
    )


def permit_json(permit: UploadPermit) -> Json:
    """The answer as a JSON object."""
    return {
        "v": VERSION,
        "recorded": permit.recorded,
        "revision": permit.revision,
        "url": permit.url,
        "headers": dict(permit.headers),
    }


def read_permit(value: object) -> UploadPermit:
    """Read the answer. Raises `Malformed`."""
    reader = MessageReader(value)
    headers = value.get("headers") if isinstance(value, Mapping) else None
    found = dict(headers) if isinstance(headers, Mapping) else {}
    if not all(isinstance(part, str) for pair in found.items() for part in pair):
        raise MalformedMessage("headers must be texts")
    return UploadPermit(
        recorded=reader.flag("recorded"),
        revision=reader.maybe_count("revision") or 0,
        url=reader.optional("url", 8_192),
        headers=found,
    )
