"""Read and write the messages by which a checker uploads a day file to the archive.

1. The checker says what it has; the answer is a signed address.
2. It uploads the file there, and says so.
3. Only when the answer is that the archive has it may the checker delete its own rows.
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

    It is `whole` if it holds every sample that the archive was given of that day and store before.
    `revision` is 0 in the first request, then the revision that the answer named.
    """

    monitor: str
    store: str
    day: date
    content: DayFileContent
    whole: bool = True
    revision: int = 0


@dataclass(frozen=True, slots=True)
class UploadPermit:
    """The collector's answer: the archive has the file (`recorded`), or where to upload it.

    Without a `url` the file is there already, and only to be confirmed with its `revision`.
    """

    recorded: bool = False
    revision: int = 0
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def request_json(request: UploadRequest) -> Json:
    """Return a request as a JSON object."""
    return {
        "v": VERSION,
        "monitor": request.monitor,
        "store": request.store,
        "day": request.day.isoformat(),
        "size": request.content.size,
        "sha256": request.content.sha256,
        "samples": request.content.samples,
        "whole": request.whole,
        "revision": request.revision,
    }


def read_request(value: object) -> UploadRequest:
    """Read a request. Raises `Malformed`."""
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
    """Return an answer as a JSON object."""
    return {
        "v": VERSION,
        "recorded": permit.recorded,
        "revision": permit.revision,
        "url": permit.url,
        "headers": dict(permit.headers),
    }


def read_permit(value: object) -> UploadPermit:
    """Read an answer. Raises `MalformedMessage`."""
    reader = MessageReader(value)
    headers = value.get("headers") if isinstance(value, Mapping) else None
    texts = dict(headers) if isinstance(headers, Mapping) else {}
    if not all(isinstance(part, str) for pair in texts.items() for part in pair):
        raise MalformedMessage("headers must be texts")
    return UploadPermit(
        recorded=reader.flag("recorded"),
        revision=reader.maybe_count("revision") or 0,
        url=reader.optional("url", 8_192),
        headers=texts,
    )
