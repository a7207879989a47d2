"""Whether a host name is proved: pure, from what each resolver has seen.

What a customer must do stands in the message, with the record's exact name and value: they read it
in the status of a page, or somebody reads it to them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from allswell.domain import hostname
from allswell.domain.hostname_claim import Proof


class DnsTrouble(StrEnum):
    """Why a name is not proved, or may not be certified."""

    RECORD_MISSING = "RecordMissing"
    WRONG_TARGET = "WrongTarget"
    PROPAGATING = "Propagating"
    DNS_FAILED = "DNSFailed"
    CAA_FORBIDS = "CAAForbids"
    NO_RESOLVER = "NoResolver"


@dataclass(frozen=True, slots=True)
class ProofWanted:
    """What would prove a host for a page: a CNAME to `target`, or `token` in a TXT."""

    host: str
    target: str
    token: str

    @property
    def challenge(self) -> str:
        """The name of the TXT record; empty where it would be too long to be one."""
        name = hostname.challenge(self.host)
        return name if len(name) <= hostname.MOST else ""

    @property
    def advice(self) -> str:
        """The records to set, one of the two."""
        words = f"set {self.host} CNAME {self.target}"
        if not self.challenge:
            return words
        return f'{words}; or, where it cannot be a CNAME, {self.challenge} TXT "{self.token}"'


@dataclass(frozen=True, slots=True)
class ResolverAnswer:
    """What one resolver says. `cname` is the last name of the host's chain, empty without one.

    `reached` says that the chain comes by the page's own target. `issuers` are those that the
    closest CAA records allow, None where there are none; `caa_at` is where these are. `failed` is
    what the resolver said instead of answering (SERVFAIL and the like); `silent` that it has no
    answer for our own name either, which tells of the resolver and not of the host.
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
        """How it proves the name: a TXT is the stronger proof."""
        if self.token:
            return Proof.TXT
        return Proof.CNAME if self.reached else None


@dataclass(frozen=True, slots=True)
class Preflight:
    """What all resolvers together say: a proof, or a trouble and what to do about it.

    A CAA record that forbids the certificate leaves the proof as it is. `known` is false when no
    resolver has answered: then nothing is to be concluded.
    """

    proof: Proof | None
    trouble: DnsTrouble | None = None
    message: str = ""

    @property
    def known(self) -> bool:
        """Whether anything may be concluded from it."""
        return self.trouble is not DnsTrouble.NO_RESOLVER


def judge(
    wanted: ProofWanted, answers: Sequence[ResolverAnswer], issuers: Collection[str]
) -> Preflight:
    """Put the answers together: a proof counts when more than half of those that answer see it.

    `issuers` are the names that the installation's authority has in CAA records; none: CAA is not
    looked at.
    """
    heard = [seen for seen in answers if not seen.silent]
    if not heard:
        names = ", ".join(seen.resolver for seen in answers)
        return Preflight(None, DnsTrouble.NO_RESOLVER, f"no resolver answers ({names})")
    proofs = [seen.proof for seen in heard if seen.proof is not None]
    if not proofs:
        return _missing(wanted, heard)
    if 2 * len(proofs) <= len(heard):
        words = f"{len(proofs)} of {len(heard)} resolvers see the record; it is looked at again"
        return Preflight(None, DnsTrouble.PROPAGATING, words)
    strong = sum(proof is Proof.TXT for proof in proofs)
    proof = Proof.TXT if 2 * strong > len(heard) else Proof.CNAME
    return _certifiable(wanted, heard, issuers, proof)


def _missing(wanted: ProofWanted, heard: Sequence[ResolverAnswer]) -> Preflight:
    if failed := next((seen for seen in heard if seen.failed), None):
        words = f"the name servers of {wanted.host} fail ({failed.failed}): {wanted.advice}"
        return Preflight(None, DnsTrouble.DNS_FAILED, words)
    if other := next((seen.cname for seen in heard if seen.cname), ""):
        words = f"{wanted.host} is a CNAME for {other[:100]}: {wanted.advice}"
        return Preflight(None, DnsTrouble.WRONG_TARGET, words)
    return Preflight(None, DnsTrouble.RECORD_MISSING, wanted.advice)


def _certifiable(
    wanted: ProofWanted, heard: Sequence[ResolverAnswer], issuers: Collection[str], proof: Proof
) -> Preflight:
    for seen in heard:
        if issuers and seen.issuers is not None and not set(seen.issuers) & set(issuers):
            only = _plain(", ".join(seen.issuers)[:100]) or "nobody"
            words = (
                f"the CAA records of {seen.caa_at} let {only} certify {wanted.host}:"
                f' add {seen.caa_at} CAA 0 issue "{min(issuers)}"'
            )
            return Preflight(proof, DnsTrouble.CAA_FORBIDS, words)
    return Preflight(proof)


def _plain(text: str) -> str:
    """Without what would steer the terminal of whoever reads what a stranger has in their DNS."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
