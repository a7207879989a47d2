"""One look at one host name: its CNAME chain, its TXT record, its CAA records."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdtypes.ANY.CAA import CAA
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.TXT import TXT
from dns.rrset import RRset

from allswell.domain.preflight import ExpectedProof, ResolverAnswer

MOST_HOPS = 8
MOST_RECORDS = 50
NOTHING = "no answer"
_CRITICAL = 0x80


class LookupFailed(Exception):
    """A question was not answered; the text is the code that came instead, or that nothing did."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """A recursive resolver; `patience` is how long one question may take in seconds."""

    address: str
    port: int = 53
    patience: float = 3.0

    async def ask(self, name: str, kind: str) -> tuple[RRset, ...]:
        """The records of a name, over UDP and, where that is cut off, over TCP.

        None where the name does not exist. Raises `Failed`.
        """
        try:
            query = dns.message.make_query(name, kind)
            query.flags |= dns.flags.RD
            answer, _ = await dns.asyncquery.udp_with_fallback(
                query,
                self.address,
                timeout=self.patience,
                port=self.port,
                # What somebody else sends in its place is no answer.
                ignore_unexpected=True,
                ignore_errors=True,
            )
        except (dns.exception.Timeout, OSError) as error:
            raise LookupFailed(NOTHING) from error
        except dns.exception.DNSException as error:
            raise LookupFailed("a broken answer") from error
        code = answer.rcode()
        if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise LookupFailed(dns.rcode.to_text(code))
        return tuple(answer.answer[:MOST_RECORDS])

    def __str__(self) -> str:
        return self.address if self.port == 53 else f"{self.address}:{self.port}"  # noqa: PLR2004


async def look(
    wanted: ExpectedProof, resolvers: Sequence[Resolver], limit: float = 20.0
) -> list[ResolverAnswer]:
    """What each resolver says, asked at once; who takes longer than the limit is silent."""
    return list(await asyncio.gather(*(_judged(wanted, each, limit) for each in resolvers)))


async def _judged(wanted: ExpectedProof, resolver: Resolver, limit: float) -> ResolverAnswer:
    """What a resolver says. Where that is nothing, our own name tells whose fault it is.

    Who answers for that has waited in vain for the other name's servers; who does not is away, or
    cut off, and tells of no name.
    """
    seen = await _seen(wanted, resolver, limit)
    if seen.failed:
        try:
            await resolver.ask(wanted.target, "A")
        except LookupFailed:
            return ResolverAnswer(seen.resolver, silent=True)
    return seen


async def _seen(wanted: ExpectedProof, resolver: Resolver, limit: float) -> ResolverAnswer:
    try:
        async with asyncio.timeout(limit):
            return await _looked(wanted, resolver)
    except TimeoutError:
        return ResolverAnswer(str(resolver), failed=NOTHING)


async def _looked(wanted: ExpectedProof, resolver: Resolver) -> ResolverAnswer:
    # A zone whose servers fail at one question may answer another: a TXT proves all the same.
    failed = ""
    try:
        token = await _token(wanted, resolver)
    except LookupFailed as error:
        token, failed = False, str(error)
    try:
        chain = await _chain(wanted, resolver)
    except LookupFailed as error:
        chain, failed = [], str(error)
    reached = wanted.target in chain
    if not (token or reached):
        return ResolverAnswer(str(resolver), cname=chain[-1] if chain else "", failed=failed)
    issuers, at = await _issuers(wanted.host, resolver)
    last = chain[-1] if chain else ""
    return ResolverAnswer(
        str(resolver), last, reached=reached, token=token, issuers=issuers, caa_at=at
    )


async def _chain(wanted: ExpectedProof, resolver: Resolver) -> list[str]:
    """The names that a host is a CNAME for, up to the page's own target."""
    found: list[str] = []
    name = wanted.host
    while len(found) < MOST_HOPS:
        following = _cname(await resolver.ask(name, "CNAME"), name)
        if not following or following in found:
            break
        found.append(following)
        if following == wanted.target:
            break
        name = following
    return found


def _cname(answer: Sequence[RRset], name: str) -> str:
    owner = dns.name.from_text(name)
    found = (
        record.target
        for rrset in answer
        if rrset.rdtype == dns.rdatatype.CNAME and rrset.name == owner
        for record in rrset
        if isinstance(record, CNAME)
    )
    return next((_text(target) for target in found), "")


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


async def _token(wanted: ExpectedProof, resolver: Resolver) -> bool:
    """Whether the TXT record holds the token; a customer may have moved it by a CNAME."""
    if not wanted.challenge_name:
        return False
    expected = wanted.token.encode()
    answer = await resolver.ask(wanted.challenge_name, "TXT")
    return any(
        b"".join(record.strings).strip() == expected
        for rrset in answer
        if rrset.rdtype == dns.rdatatype.TXT
        for record in rrset
        if isinstance(record, TXT)
    )


async def _issuers(host: str, resolver: Resolver) -> tuple[tuple[str, ...] | None, str]:
    """Who may certify a host, by the closest CAA records (RFC 8659), and where these are.

    A tag that must be understood and is not forbids everybody. Where the records cannot be read an
    authority refuses, but it will be asked in its turn, and says so itself.
    """
    labels = host.split(".")
    for place in (".".join(labels[start:]) for start in range(len(labels))):
        try:
            answer = await resolver.ask(place, "CAA")
        except LookupFailed:
            continue
        records = [
            record
            for rrset in answer
            if rrset.rdtype == dns.rdatatype.CAA
            for record in rrset
            if isinstance(record, CAA)
        ]
        if records:
            return _allowed(records), place
    return None, ""


def _allowed(records: Sequence[CAA]) -> tuple[str, ...] | None:
    tags = {record.tag.decode("ascii", "replace").lower() for record in records}
    unknown = [
        record
        for record in records
        if record.flags & _CRITICAL
        and record.tag.lower() not in (b"issue", b"issuewild", b"iodef", b"issuemail", b"issuevmc")
    ]
    if unknown:
        return ()
    if "issue" not in tags:
        return None
    values = [record.value for record in records if record.tag.lower() == b"issue"]
    names = [value.decode("ascii", "replace").partition(";")[0].strip().lower() for value in values]
    # Records come in no order.
    return tuple(sorted({name for name in names if name}))
