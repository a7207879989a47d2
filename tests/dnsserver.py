"""Run a name server for tests: it answers by UDP and TCP on loopback as set by a test, and breaks
in the ways that name servers do.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Key = tuple[str, str]


@dataclass(slots=True)
class Zone:
    """What is answered. `records` holds texts of records by name (without final dot) and type;
    a CNAME is followed for the other types. `broken` names fail with a code, `silent` ones are not
    answered; with `cut` every answer by UDP says that it is too long.
    """

    records: dict[Key, list[str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    cut: bool = False
    asked: list[Key] = field(default_factory=list)
    port: int = 0

    def add(self, name: str, kind: str, *values: str) -> None:
        """Answer this from now on."""
        self.records[name, kind] = list(values)

    def answer(self, wire: bytes, *, stream: bool) -> bytes | None:
        """Return the answer to a question; None for silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.broken:
            reply.set_rcode(dns.rcode.from_text(self.broken[name]))
        elif self.cut and not stream:
            reply.flags |= dns.flags.TC
        else:
            self._fill(reply, name, kind)
        return reply.to_wire(max_size=65_535)

    def _fill(self, reply: dns.message.Message, name: str, kind: str) -> None:
        for _ in range(10):
            values = self.records.get((name, kind), [])
            if values:
                reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *values))
                return
            alias = self.records.get((name, "CNAME"))
            if not alias:
                break
            reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".")
        if not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._zone.answer(data, stream=False)
        if reply is not None:
            self._transport.sendto(reply, addr)


async def _tcp(zone: Zone, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    length = int.from_bytes(await reader.readexactly(2), "big")
    reply = zone.answer(await reader.readexactly(length), stream=True)
    if reply is not None:
        writer.write(len(reply).to_bytes(2, "big") + reply)
    writer.close()
    await writer.wait_closed()


@contextmanager
def serving() -> Iterator[Zone]:
    """Yield a name server in a thread of its own, until the end; its port is the zone's."""
    zone, loop = Zone(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> tuple[asyncio.Server, asyncio.BaseTransport]:
        server = await asyncio.start_server(lambda r, w: _tcp(zone, r, w), "127.0.0.1", 0)
        zone.port = server.sockets[0].getsockname()[1]
        address = ("127.0.0.1", zone.port)
        transport, _ = await loop.create_datagram_endpoint(lambda: _Udp(zone), local_addr=address)
        return server, transport

    server, transport = asyncio.run_coroutine_threadsafe(begin(), loop).result(5)

    async def end() -> None:
        server.close()
        transport.close()
        await asyncio.sleep(0)  # a transport is gone one turn after it was closed
        await asyncio.sleep(0)

    try:
        yield zone
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
