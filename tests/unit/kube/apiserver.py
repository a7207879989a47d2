"""A small HTTP server that stands for an API server: it answers as told, and remembers."""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    content: bytes
    certificate: Mapping[str, object]

    @property
    def body(self) -> object:
        return json.loads(self.content) if self.content else None

    @property
    def authorization(self) -> str:
        return self.headers.get("Authorization", "")


@dataclass(slots=True)
class Server:
    """What is yet to be answered, and what was asked; without an answer it says `{}`."""

    answers: list[tuple[int, object]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        tls = request.transport.get_extra_info("ssl_object") if request.transport else None
        shown = (tls.getpeercert() if tls else None) or {}
        content = await request.read()
        self.asked.append(
            Asked(
                request.method,
                request.path,
                dict(request.query),
                request.headers.copy(),
                content,
                shown,
            )
        )
        status, told = self.answers.pop(0) if self.answers else (200, {})
        if isinstance(told, str):
            return web.Response(status=status, text=told, headers=self.headers)
        return web.json_response(told, status=status, headers=self.headers)


@asynccontextmanager
async def serving(
    *answers: tuple[int, object], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(list(answers))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    port = runner.addresses[0][1]
    server.url = f"https://127.0.0.1:{port}" if tls else f"http://127.0.0.1:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
