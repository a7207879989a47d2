"""Accept day files into a folder, for one machine: a signed URL needs no token beside it."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from allswell.archive import object_store
from allswell.archive.local_folder import PATH, LocalFolder
from allswell.domain import instant
from allswell.domain.archive_upload import MOST_BYTES

ROUTE = PATH + "{key:.+}"


class LocalUploads:
    """Accepts `PUT` of one content at a signed URL, as a bucket does."""

    def __init__(self, folder: LocalFolder, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    async def put(self, request: web.Request) -> web.Response:
        """Store a file: 200 when it is stored, 412 when the name is taken, 400 for another content.

        403 for a URL that was not signed, has expired, or is for another length.
        """
        key, query = request.match_info["key"], request.query
        size, until = _number(query.get("size")), _number(query.get("until"))
        sha256 = query.get("sha256", "")
        if not self._folder.is_signed(key, size, sha256, until, query.get("signature", "")):
            return web.Response(status=403, text="this URL was not signed here\n")
        if instant.to_ms(self._now()) > until:
            return web.Response(status=403, text="this URL has expired\n")
        if request.content_length != size or size > MOST_BYTES:
            return web.Response(status=403, text="this URL is for another length\n")
        body = await request.content.readexactly(size) if size else b""
        if object_store.digest([body]) != (size, sha256):
            return web.Response(status=400, text="this is another content\n")
        return web.Response(status=200 if self._folder.put(key, body) else 412)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else -1  # noqa: PLR2004
