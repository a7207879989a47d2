"""Build what a page's status and its events show of the page's host names: pure.

`DomainVerified` of a host name is decided by an ordered list of named checks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from allswell.controller.apply.events import NORMAL, WARNING, ObjectEvent
from allswell.controller.hostnames.certificate_status import CERTIFICATE_READY, WAITING_FOR_DOMAIN
from allswell.controller.hostnames.dns_verification import Verification
from allswell.domain.decision import first_finding
from allswell.domain.hostname_claim import ProofOutcome
from allswell.domain.preflight import DnsTrouble, ExpectedProof
from allswell.kube import conditions
from allswell.kube.conditions import FALSE, TRUE, UNKNOWN, Condition, Conditions, DatedCondition
from allswell.kube.views.page import HostnameStatus, PageStatusView

DOMAIN_VERIFIED, HOSTNAMES_READY = "DomainVerified", "HostnamesReady"


@dataclass(frozen=True, slots=True)
class HostnameState:
    """One host name of a page as it is now.

    `expected` are the records that verify it. `unserved` says that the installation has no domain
    for pages, `refusal` why no page of the namespace can have the name, `over_limit` that the
    namespace has too many unverified names. `certificate` is the condition `CertificateReady`, None
    before the certificate controller has seen the name; `routed` says that visitors reach the page.
    """

    host: str
    expected: ExpectedProof | None = None
    unserved: bool = False
    refusal: str = ""
    over_limit: bool = False
    verification: Verification | None = None
    certificate: Condition | None = None
    routed: bool = False

    @property
    def is_settled(self) -> bool:
        """Tell whether this operator has found out all that can be known of it."""
        if self.unserved or self.refusal or self.over_limit:
            return True
        if self.verification is None:
            return False
        return self.certificate is not None or not self.verification.is_held


@dataclass(frozen=True, slots=True)
class VerifiedName:
    """A host name that was looked up at least once: the records that verify it, and the result."""

    expected: ExpectedProof
    verification: Verification

    @property
    def txt_advice(self) -> str:
        """Return what to do where a CNAME record is not enough."""
        if not self.expected.challenge_name:
            return "wait until it is free: the name of a TXT record would be too long"
        return f'set {self.expected.challenge_name} TXT "{self.expected.token}"'


ClaimCheck = Callable[[HostnameState], Condition | None]
LookupCheck = Callable[[VerifiedName], Condition | None]


def verified(state: HostnameState) -> Condition:
    """Decide `DomainVerified` of a host name.

    1. The first of `CLAIM_CHECKS` with a finding decides: these need no lookup.
    2. A name that was not looked up yet is being checked.
    3. The first of `LOOKUP_CHECKS` with a finding decides.
    4. A name without any finding is verified.
    """
    if (finding := first_finding(CLAIM_CHECKS, state)) is not None:
        return finding
    if state.expected is None or state.verification is None:
        return _unknown("Checking", "the DNS is being looked up")
    name = VerifiedName(state.expected, state.verification)
    return first_finding(LOOKUP_CHECKS, name) or _verified_by(name)


def refused(state: HostnameState) -> Condition | None:
    """Find that no page of the namespace can have the name."""
    return _false("NotAllowed", state.refusal) if state.refusal else None


def no_pages_domain(state: HostnameState) -> Condition | None:
    """Find that the installation serves no customers' host names."""
    if not state.unserved:
        return None
    message = "this installation has no domain for pages, so it serves no customers' host names"
    return _false("NoPagesDomain", message)


def too_many_pending(state: HostnameState) -> Condition | None:
    """Find that the namespace has too many unverified names for one more."""
    if not state.over_limit:
        return None
    message = "this namespace has too many unverified host names: verify or remove some"
    return _false("TooManyPending", message)


CLAIM_CHECKS: tuple[ClaimCheck, ...] = (refused, no_pages_domain, too_many_pending)


def record_lost(name: VerifiedName) -> Condition | None:
    """Find that the records of a held name are gone: it is served for a grace period."""
    verification = name.verification
    if not verification.is_held or verification.served_until is None:
        return None
    lookup = verification.preflight
    message = "the record was gone at the last answer; nothing changes before the next"
    if lookup.is_conclusive:
        until = conditions.time(verification.served_until)
        message = f"the record is gone, the name is served until {until}"
    return _false("DNSLost", f"{message}: {lookup.message}")


def no_resolver_answers(name: VerifiedName) -> Condition | None:
    """Find that no resolver answers: a held name stays verified, of another nothing is known."""
    lookup = name.verification.preflight
    if lookup.trouble is not DnsTrouble.NO_RESOLVER:
        return None
    status = TRUE if name.verification.is_held else UNKNOWN
    return Condition(DOMAIN_VERIFIED, status, lookup.trouble, lookup.message)


def unproved(name: VerifiedName) -> Condition | None:
    """Find that the DNS does not verify the name."""
    lookup = name.verification.preflight
    if lookup.proof is not None or lookup.trouble is None:
        return None
    return _false(lookup.trouble, lookup.message)


def taken(name: VerifiedName) -> Condition | None:
    """Find that another page has the name."""
    if name.verification.outcome is not ProofOutcome.TAKEN:
        return None
    message = (
        "another page serves this name; if it is yours, remove the record that verifies it there"
        f" and {name.txt_advice}"
    )
    return _false("Taken", message)


def resting(name: VerifiedName) -> Condition | None:
    """Find that a page of another namespace had the name recently."""
    if name.verification.outcome is not ProofOutcome.RESTING:
        return None
    message = f"another page served this name recently; if it is yours, {name.txt_advice}"
    return _false("Resting", message)


def not_recorded(name: VerifiedName) -> Condition | None:
    """Find that the page does not have the name yet though the DNS verifies it."""
    if name.verification.is_held:
        return None
    return _unknown("Checking", "the verification is being recorded")


def caa_forbids(name: VerifiedName) -> Condition | None:
    """Find that CAA records forbid the certificate of a held name."""
    lookup = name.verification.preflight
    if lookup.trouble is not DnsTrouble.CAA_FORBIDS:
        return None
    return _false(lookup.trouble, lookup.message)


# A held name first, then the DNS, then the page's claim, and last what the name is still short of.
LOOKUP_CHECKS: tuple[LookupCheck, ...] = (
    record_lost,
    no_resolver_answers,
    unproved,
    taken,
    resting,
    not_recorded,
    caa_forbids,
)


def _verified_by(name: VerifiedName) -> Condition:
    proof = name.verification.preflight.proof
    message = f"verified by {proof.upper()}" if proof else "verified"
    return Condition(DOMAIN_VERIFIED, TRUE, "Verified", message)


def _false(reason: str, message: str) -> Condition:
    return Condition(DOMAIN_VERIFIED, FALSE, reason, message)


def _unknown(reason: str, message: str) -> Condition:
    return Condition(DOMAIN_VERIFIED, UNKNOWN, reason, message)


def certified(state: HostnameState) -> Condition:
    """Return `CertificateReady` of a host name, also before the certificate controller saw it."""
    if state.certificate is not None:
        return state.certificate
    if verified(state).status == TRUE:
        return Condition(CERTIFICATE_READY, UNKNOWN, "Checking", "the certificate is being read")
    return WAITING_FOR_DOMAIN


def is_ready(state: HostnameState) -> bool:
    """Tell whether visitors reach the page by a host name."""
    return (
        verified(state).status == TRUE
        and state.routed
        and state.certificate is not None
        and state.certificate.status == TRUE
    )


def all_ready(states: Sequence[HostnameState]) -> Condition:
    """Decide `HostnamesReady` of all host names together."""
    unready = [state for state in states if not is_ready(state)]
    if not unready:
        return Condition(HOSTNAMES_READY, TRUE, "Serving", "every host name serves the page")
    others = f" (and {len(unready) - 1} more)" if unready[1:] else ""
    return Condition(HOSTNAMES_READY, FALSE, "Incomplete", f"{_obstacle(unready[0])}{others}")


def _obstacle(state: HostnameState) -> str:
    """Return what keeps a host name from serving the page, and what to do about it."""
    for condition in (verified(state), certified(state)):
        if condition.status != TRUE:
            return f"{state.host}: {condition.message}"
    return f"{state.host}: its route is being created"


def count(states: Sequence[HostnameState]) -> str:
    """Return how many host names serve the page and how many there are, like `2/3`."""
    return f"{sum(is_ready(state) for state in states)}/{len(states)}"


def entries(
    states: Sequence[HostnameState], before: PageStatusView, generation: int, now: datetime
) -> tuple[HostnameStatus, ...]:
    """Build `status.hostnames`; `before` is the page's status as it was."""
    reported = {entry.host: entry.conditions for entry in before.hostnames}
    return tuple(
        HostnameStatus(
            state.host,
            reported.get(state.host, Conditions()).merge(
                [verified(state), certified(state)], generation, now
            ),
            _txt_record(state.expected),
        )
        for state in states
    )


def _txt_record(expected: ExpectedProof | None) -> tuple[str, str] | None:
    if expected is None or not expected.challenge_name:
        return None
    return expected.challenge_name, expected.token


def events(before: PageStatusView, after: PageStatusView) -> tuple[ObjectEvent, ...]:
    """Return the events between two statuses: of each condition that got better or worse."""
    reported = {entry.host: entry.conditions for entry in before.hostnames}
    changes = (
        _event(entry.host, reported.get(entry.host, Conditions()).get(condition.type), condition)
        for entry in after.hostnames
        for condition in entry.conditions
    )
    return tuple(event for event in changes if event is not None)


def _event(host: str, before: DatedCondition | None, after: DatedCondition) -> ObjectEvent | None:
    if before and (before.status, before.reason) == (after.status, after.reason):
        return None
    note = f"{host}: {after.message}"
    if after.status == FALSE and after.reason != "Issuing":
        return ObjectEvent(WARNING, after.reason, note)
    if after.status == TRUE and after.reason in ("RenewalFailing", "RenewalOverdue"):
        return ObjectEvent(WARNING, after.reason, note)
    if after.status == TRUE and (before is None or before.status != TRUE):
        return ObjectEvent(NORMAL, after.reason, note)
    return None
