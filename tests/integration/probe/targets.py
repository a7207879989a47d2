"""Serve targets on the loopback that behave as a test says, well or badly."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import trustme

from allswell.domain.spec.http import BodyExpect, Http, HttpExpect, SecretKey
from allswell.probe import AddressPolicy, Outcome, Prober, Resolve
from allswell.probe.address_policy import Address

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HERE = AddressPolicy(allow_loopback=True)
SOON = timedelta(seconds=10)
SHORT = timedelta(milliseconds=300)


@contextlib.asynccontextmanager
async def serving(
    answer: Answer, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await answer(reader, writer)
        finally:
            writer.close()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(handle(reader, writer)))

    server = await asyncio.start_server(accepted, host, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class Site:
    """A web server that gives prepared answers by path and remembers what it was asked."""

    answers: Mapping[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        path = head.split(" ")[1]
        self.asked.append(f"{head.split(' ')[0]} {path}")
        length = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
        self.bodies.append(await reader.readexactly(int(length[0].split(":")[1]) if length else 0))
        writer.write(self.answers.get(path, ok(b"hello")))
        await writer.drain()

    def header(self, name: str, request: int = -1) -> str | None:
        """Return the value of a header that was received."""
        lines = self.heads[request].split("\r\n")[1:]
        pairs = [line.split(": ", 1) for line in lines if line]
        return next((value for key, value in pairs if key.lower() == name), None)


def ok(body: bytes = b"", *headers: str) -> bytes:
    """Return a good answer."""
    return reply(200, body, *headers)


def reply(status: int, body: bytes = b"", *headers: str) -> bytes:
    """Return an answer with its length."""
    lines = (f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode("latin-1") + body


def redirect(location: str, status: int = 302) -> bytes:
    """Return an answer that sends elsewhere."""
    return reply(status, b"", f"Location: {location}")


def after_request(*parts: bytes, then: Answer | None = None) -> Answer:
    """Wait for a request's head, send these bytes, and close or go on with `then`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then is not None:
            await then(reader, writer)

    return answer


def for_ever(piece: bytes) -> Answer:
    """Send the same bytes again and again, as fast as they are taken."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(piece)
            await writer.drain()

    return answer


async def silence(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Say nothing, and keep the connection."""
    await asyncio.Event().wait()


async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def names(table: Mapping[str, Sequence[str]]) -> Resolve:
    """Return a name server with these names; the rest are unknown."""

    async def resolve(host: str) -> Sequence[Address]:
        return [ip_address(entry) for entry in table[host]]

    return resolve


@dataclass(frozen=True)
class Authority:
    """A certificate authority for tests; `file` is what a checker trusts."""

    ca: trustme.CA
    file: Path

    def server(self, *identities: str, until: datetime | None = None) -> ssl.SSLContext:
        """Return a server's context with a certificate for some names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*identities, not_after=until).configure_cert(context)
        return context


def authority(folder: Path) -> Authority:
    """Return a new authority whose certificate lies in a folder."""
    ca = trustme.CA()
    file = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return Authority(ca, file)


async def check(
    url: str,
    *,
    prober: Prober | None = None,
    timeout: timedelta = SOON,  # noqa: ASYNC109 - passed on
    secrets: Mapping[SecretKey, str] | None = None,
    expect: HttpExpect | None = None,
    reads: BodyExpect | None = None,
    **given: object,
) -> Outcome:
    """Check an address once."""
    expect = expect or HttpExpect(body=reads or BodyExpect())
    spec = Http(url, expect=expect, **given)  # type: ignore[arg-type]
    return await (prober or Prober(HERE)).check(spec, timeout, secrets or {})
