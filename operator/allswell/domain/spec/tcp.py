"""Read the `tcp` check: a connection, optionally TLS, a text to send and a reply to expect."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from allswell.domain import duration
from allswell.domain.spec.fields import Fields
from allswell.domain.spec.tls import Tls, read_tls, tls_text

HOST = re.compile(r"[A-Za-z0-9_]([-._A-Za-z0-9]{0,251}[A-Za-z0-9.])?|[0-9A-Fa-f:.]{2,45}", re.ASCII)
MILLISECOND = timedelta(milliseconds=1)
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class TcpExpect:
    """The conditions of a successful connection; `contains` is awaited in what the server sends."""

    contains: str | None = None
    latency: timedelta | None = None
    certificate_days: int | None = None


@dataclass(frozen=True, slots=True)
class Tcp:
    """A connection to a port. `tls` None means plain TCP."""

    host: str
    port: int
    send: str | None = None
    tls: Tls | None = None
    expect: TcpExpect = field(default_factory=TcpExpect)

    @property
    def target(self) -> str:
        """Return the target as the Target column shows it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


def read(fields: Fields) -> Tcp:
    """Read the `tcp` block."""
    host, port = "", 0
    advice = "write a host name or an address, without a scheme"
    if fields.required("host", advice):
        host = fields.text("host", longest=253, pattern=HOST, instead=advice)
    if fields.required("port", "write the port's number, like 5432"):
        port = fields.integer("port", default=0, lowest=1, highest=65_535)
    send = fields.optional("send", longest=4096)
    tls = None if fields.take("tls") is None else read_tls(fields, "tls")
    check = Tcp(host, port, send, tls, _expect(fields))
    if check.tls is None and check.expect.certificate_days is not None:
        fields.note(("expect", "certificateDays"), "plain TCP has no certificate", "write tls: {}")
    fields.close()
    return check


def _expect(fields: Fields) -> TcpExpect:
    child = fields.child("expect")
    if child is None:
        return TcpExpect()
    days = child.integer("certificateDays", default=-1, lowest=0, highest=365)
    expect = TcpExpect(
        contains=child.optional("contains", longest=1024),
        latency=child.duration("latency", lowest=MILLISECOND, highest=DAY),
        certificate_days=None if days < 0 else days,
    )
    child.close()
    return expect


def text(check: Tcp) -> dict[str, object]:
    """Return the `tcp` block that `read` reads back as the same value."""
    block: dict[str, object] = {"host": check.host, "port": check.port}
    if check.send is not None:
        block["send"] = check.send
    if check.tls is not None:
        block |= tls_text("tls", check.tls, always=True)
    expect: dict[str, object] = {}
    if check.expect.contains is not None:
        expect["contains"] = check.expect.contains
    if check.expect.latency is not None:
        expect["latency"] = duration.text(check.expect.latency)
    if check.expect.certificate_days is not None:
        expect["certificateDays"] = check.expect.certificate_days
    return block | ({"expect": expect} if expect else {})
