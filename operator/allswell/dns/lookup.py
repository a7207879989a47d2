"""Look up one host name once: its CNAME chain, its TXT record, its CAA records."""

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

MAX_HOPS = 8
MAX_RECORDS = 50
NO_ANSWER = "no answer"
_CRITICAL = 0x80


class LookupFailed(Exception):
    """A query without an answer; the text is the response code instead, or that there was none."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """A recursive resolver; `timeout` is that of one query, in seconds."""

    address: str
    port: int = 53
    timeout: float = 3.0

    async def query(self, name: str, kind: str) -> tuple[RRset, ...]:
        """Return the records of a name, by UDP or, where the answer is truncated, by TCP.

        A name that does not exist has none. Raises `LookupFailed`.
        """
        try:
            message = dns.message.make_query(name, kind)
            message.flags |= dns.flags.RD
            answer, _ = await dns.asyncquery.udp_with_fallback(
                message,
                self.address,
                timeout=self.timeout,
                port=self.port,
                # A packet that somebody else sends is not the answer.
                ignore_unexpected=True,
                ignore_errors=True,
            )
        except (dns.exception.Timeout, OSError) as error:
            raise LookupFailed(NO_ANSWER) from error
        except dns.exception.DNSException as error:
            raise LookupFailed("a malformed answer") from error
        code = answer.rcode()
        if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise LookupFailed(dns.rcode.to_text(code))
        return tuple(answer.answer[:MAX_RECORDS])

    def __str__(self) -> str:
        return self.address if self.port == 53 else f"{self.address}:{self.port}"  # noqa: PLR2004


async def look_up(
    expected: ExpectedProof, resolvers: Sequence[Resolver], limit: float = 20.0
) -> list[ResolverAnswer]:
    """Ask all resolvers at once; one that takes longer than `limit` seconds has not answered."""
    return list(await asyncio.gather(*(_ask(expected, each, limit) for each in resolvers)))


async def _ask(expected: ExpectedProof, resolver: Resolver, limit: float) -> ResolverAnswer:
    """Return a resolver's answer. If it fails, a query for our own name shows whose fault it is.

    A resolver that answers that one has waited in vain for the other name's servers; one that does
    not is down or cut off, and its failure tells nothing about the name.
    """
    answer = await _answer_in_time(expected, resolver, limit)
    if answer.failed:
        try:
            await resolver.query(expected.target, "A")
        except LookupFailed:
            return ResolverAnswer(answer.resolver, silent=True)
    return answer


async def _answer_in_time(
    expected: ExpectedProof, resolver: Resolver, limit: float
) -> ResolverAnswer:
    try:
        async with asyncio.timeout(limit):
            return await _answer(expected, resolver)
    except TimeoutError:
        return ResolverAnswer(str(resolver), failed=NO_ANSWER)


async def _answer(expected: ExpectedProof, resolver: Resolver) -> ResolverAnswer:
    """Look up a host name with one resolver.

    1. Look for the token in the TXT record.
    2. Follow the CNAME chain.
    3. With either proof, read the CAA records.
    """
    # A zone whose servers fail one query may answer another: a TXT record counts all the same.
    failed = ""
    try:
        token = await _has_token(expected, resolver)
    except LookupFailed as error:
        token, failed = False, str(error)
    try:
        chain = await _cname_chain(expected, resolver)
    except LookupFailed as error:
        chain, failed = [], str(error)
    reached = expected.target in chain
    last = chain[-1] if chain else ""
    if not (token or reached):
        return ResolverAnswer(str(resolver), cname=last, failed=failed)
    issuers, at = await _issuers(expected.host, resolver)
    return ResolverAnswer(
        str(resolver), last, reached=reached, token=token, issuers=issuers, caa_at=at
    )


async def _cname_chain(expected: ExpectedProof, resolver: Resolver) -> list[str]:
    """Return the names that a host is a CNAME for, up to the page's own target."""
    chain: list[str] = []
    name = expected.host
    while len(chain) < MAX_HOPS:
        following = _cname(await resolver.query(name, "CNAME"), name)
        if not following or following in chain:
            break
        chain.append(following)
        if following == expected.target:
            break
        name = following
    return chain


def _cname(answer: Sequence[RRset], name: str) -> str:
    owner = dns.name.from_text(name)
    targets = (
        record.target
        for rrset in answer
        if rrset.rdtype == dns.rdatatype.CNAME and rrset.name == owner
        for record in rrset
        if isinstance(record, CNAME)
    )
    return next((_text(target) for target in targets), "")


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


async def _has_token(expected: ExpectedProof, resolver: Resolver) -> bool:
    """Tell whether the TXT record holds the token; it may be reached by a CNAME record."""
    if not expected.challenge_name:
        return False
    token = expected.token.encode()
    answer = await resolver.query(expected.challenge_name, "TXT")
    return any(
        b"".join(record.strings).strip() == token
        for rrset in answer
        if rrset.rdtype == dns.rdatatype.TXT
        for record in rrset
        if isinstance(record, TXT)
    )


async def _issuers(host: str, resolver: Resolver) -> tuple[tuple[str, ...] | None, str]:
    """Return the issuers that the closest CAA records (RFC 8659) allow, and the name of these.

    A critical tag that is unknown forbids all issuers. Names whose records cannot be read are
    passed over: the authority reads them itself before it certifies.
    """
    labels = host.split(".")
    for name in (".".join(labels[start:]) for start in range(len(labels))):
        try:
            answer = await resolver.query(name, "CAA")
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
            return _allowed(records), name
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
    # Records come in any order.
    return tuple(sorted({name for name in names if name}))
