"""Judge from the resolvers' answers whether a host name is verified and may be certified.

The message names the DNS record that the customer has to set, with its exact name and value: they
read it in the status of a page, or somebody reads it to them.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from allswell.domain import hostname
from allswell.domain.decision import first_finding
from allswell.domain.hostname_claim import Proof


class DnsTrouble(StrEnum):
    """The reason why a host name is not verified, or may not be certified."""

    RECORD_MISSING = "RecordMissing"
    WRONG_TARGET = "WrongTarget"
    PROPAGATING = "Propagating"
    DNS_FAILED = "DNSFailed"
    CAA_FORBIDS = "CAAForbids"
    NO_RESOLVER = "NoResolver"


@dataclass(frozen=True, slots=True)
class ExpectedProof:
    """The records that verify a host for a page: a CNAME to `target`, or `token` in a TXT."""

    host: str
    target: str
    token: str

    @property
    def challenge_name(self) -> str:
        """Return the name of the TXT record; empty where the DNS would not allow its length."""
        name = hostname.challenge_name(self.host)
        return name if len(name) <= hostname.MAX_LENGTH else ""

    @property
    def advice(self) -> str:
        """Return the records to set, one of the two."""
        cname = f"set {self.host} CNAME {self.target}"
        if not self.challenge_name:
            return cname
        return f'{cname}; or, where it cannot be a CNAME, {self.challenge_name} TXT "{self.token}"'


@dataclass(frozen=True, slots=True)
class ResolverAnswer:
    """The answer of one resolver about one host name.

    `cname` is the last name of the host's CNAME chain, empty without one; `reached` says that the
    chain contains the page's own target. `issuers` are those that the closest CAA records allow,
    None where there are no such records; `caa_at` is the name that has them. `failed` is the error
    instead of an answer (SERVFAIL and the like). `silent` says that the resolver does not answer
    for our own name either, so its error tells nothing about the host.
    """

    resolver: str
    cname: str = ""
    reached: bool = False
    token: bool = False
    issuers: tuple[str, ...] | None = None
    caa_at: str = ""
    failed: str = ""
    silent: bool = False

    @property
    def proof(self) -> Proof | None:
        """Return the record that this answer shows; a TXT is the stronger proof."""
        if self.token:
            return Proof.TXT
        return Proof.CNAME if self.reached else None


@dataclass(frozen=True, slots=True)
class Preflight:
    """The judgement over all resolvers' answers: a proof, or a trouble and what to do about it.

    A CAA record that forbids the certificate leaves the proof as it is.
    """

    proof: Proof | None
    trouble: DnsTrouble | None = None
    message: str = ""

    @property
    def is_conclusive(self) -> bool:
        """Tell whether anything follows from it: nothing does when no resolver answered."""
        return self.trouble is not DnsTrouble.NO_RESOLVER

    @property
    def is_certifiable(self) -> bool:
        """Tell whether the host is verified and CAA records allow its certificate."""
        return self.proof is not None and self.trouble is None


@dataclass(frozen=True, slots=True)
class DnsEvidence:
    """All that the checks judge by: the answers, and the issuers that CAA records should allow."""

    expected: ExpectedProof
    answers: Sequence[ResolverAnswer]
    issuers: Collection[str]

    @property
    def usable(self) -> Sequence[ResolverAnswer]:
        """Return the answers of the resolvers that work."""
        return [answer for answer in self.answers if not answer.silent]

    @property
    def proofs(self) -> Sequence[Proof]:
        """Return the proof of each resolver that sees one."""
        return [answer.proof for answer in self.usable if answer.proof is not None]

    @property
    def majority_proof(self) -> Proof:
        """Return TXT when more than half of the resolvers see it, else CNAME."""
        txt_count = sum(proof is Proof.TXT for proof in self.proofs)
        return Proof.TXT if 2 * txt_count > len(self.usable) else Proof.CNAME


DnsCheck = Callable[[DnsEvidence], Preflight | None]


def judge(
    expected: ExpectedProof, answers: Sequence[ResolverAnswer], issuers: Collection[str]
) -> Preflight:
    """Judge a host name by its resolvers' answers: the first of `CHECKS` with a finding decides.

    A host without any finding is verified. `issuers` are the names of the installation's
    certificate authority in CAA records; without any, CAA records are ignored.
    """
    evidence = DnsEvidence(expected, answers, issuers)
    return first_finding(CHECKS, evidence) or Preflight(evidence.majority_proof)


def no_resolver_answers(evidence: DnsEvidence) -> Preflight | None:
    """Find that every resolver is silent: nothing is known about the host."""
    if evidence.usable:
        return None
    resolvers = ", ".join(answer.resolver for answer in evidence.answers)
    return Preflight(None, DnsTrouble.NO_RESOLVER, f"no resolver answers ({resolvers})")


def name_servers_fail(evidence: DnsEvidence) -> Preflight | None:
    """Find that nobody sees a record and the host's own name servers answer with an error."""
    errors = [answer.failed for answer in evidence.usable if answer.failed]
    if evidence.proofs or not errors:
        return None
    expected = evidence.expected
    message = f"the name servers of {expected.host} fail ({errors[0]}): {expected.advice}"
    return Preflight(None, DnsTrouble.DNS_FAILED, message)


def cname_points_elsewhere(evidence: DnsEvidence) -> Preflight | None:
    """Find that nobody sees a record and the host is a CNAME for some other name."""
    targets = [answer.cname for answer in evidence.usable if answer.cname]
    if evidence.proofs or not targets:
        return None
    expected = evidence.expected
    message = f"{expected.host} is a CNAME for {targets[0][:100]}: {expected.advice}"
    return Preflight(None, DnsTrouble.WRONG_TARGET, message)


def record_is_missing(evidence: DnsEvidence) -> Preflight | None:
    """Find that nobody sees a record."""
    if evidence.proofs:
        return None
    return Preflight(None, DnsTrouble.RECORD_MISSING, evidence.expected.advice)


def record_is_propagating(evidence: DnsEvidence) -> Preflight | None:
    """Find that half of the working resolvers or fewer see a record: a proof needs more."""
    seen, asked = len(evidence.proofs), len(evidence.usable)
    if 2 * seen > asked:
        return None
    message = f"{seen} of {asked} resolvers see the record; they are asked again"
    return Preflight(None, DnsTrouble.PROPAGATING, message)


def caa_forbids(evidence: DnsEvidence) -> Preflight | None:
    """Find CAA records that allow none of the installation's issuers; the proof stands."""
    issuers = set(evidence.issuers)
    for answer in evidence.usable:
        if issuers and answer.issuers is not None and not issuers & set(answer.issuers):
            message = _caa_advice(evidence.expected.host, answer, min(issuers))
            return Preflight(evidence.majority_proof, DnsTrouble.CAA_FORBIDS, message)
    return None


# From what says least about the host to what says most; a later check relies on the earlier ones.
CHECKS: tuple[DnsCheck, ...] = (
    no_resolver_answers,
    name_servers_fail,
    cname_points_elsewhere,
    record_is_missing,
    record_is_propagating,
    caa_forbids,
)


def _caa_advice(host: str, answer: ResolverAnswer, issuer: str) -> str:
    allowed = _printable(", ".join(answer.issuers or ())[:100]) or "nobody"
    return (
        f"the CAA records of {answer.caa_at} let {allowed} certify {host}:"
        f' add {answer.caa_at} CAA 0 issue "{issuer}"'
    )


def _printable(text: str) -> str:
    """Return the text without control characters: a stranger's DNS must not steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
