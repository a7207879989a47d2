"""Takes day files into a folder, for one machine: who has a signed address needs no token."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from allswell.archive import object_store
from allswell.archive.local_folder import PATH, LocalFolder
from allswell.domain import instant
from allswell.domain.archive_upload import MOST_BYTES

ROUTE = PATH + "{key:.+}"


class LocalUploads:
    """`PUT` of one content at a signed address, as a bucket would take it."""

    def __init__(self, folder: LocalFolder, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    async def put(self, request: web.Request) -> web.Response:
        """200 when it is kept, 412 when there is one of the name, 400 for another content."""
        key, said = request.match_info["key"], request.query
        size, until = _number(said.get("size")), _number(said.get("until"))
        sha256 = said.get("sha256", "")
        if not self._folder.allows(key, size, sha256, until, said.get("signature", "")):
            return web.Response(status=403, text="this address was not given\n")
        if instant.to_ms(self._now()) > until:
            return web.Response(status=403, text="this address has expired\n")
        if request.content_length != size or size > MOST_BYTES:
            return web.Response(status=403, text="this address is for another length\n")
        body = await request.content.readexactly(size) if size else b""
        if object_store.digest([body]) != (size, sha256):
            return web.Response(status=400, text="this is another content\n")
        return web.Response(status=200 if self._folder.put(key, body) else 412)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else -1  # noqa: PLR2004
